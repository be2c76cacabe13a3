/* Job handlers of payments: events, interrupted calls, reconciliation. */
#include "payments_internal.h"

enum {
    STALE_HOURS = 6,
    LOOK_BACK_DAYS = 7,
    SILENCE_ALARM_S = 3 * 86400,
    CANCELLATION_ALARM_S = 3600,
};

const struct metric PAYMENTS__METRIC_SILENCE = {
    .name = "ashlar_payments_webhook_silence_seconds",
    .help = "Time since the last event of the payment provider. 0: none was ever received.",
    .kind = METRIC_GAUGE,
};
const struct metric PAYMENTS__METRIC_DRIFT = {
    .name = "ashlar_payments_drift_total",
    .help = "Subscriptions that were found by reconciliation only.",
    .kind = METRIC_COUNTER,
};

/* With payments off, the jobs of a previous provider have nothing to do. */
static bool is_off(void)
{
    return payments__provider() == NULL;
}

JOB_HANDLER(work_webhook, payments__id_ref)
{
    return is_off() ? NULL : payments__work_webhook(c, in->id);
}

JOB_HANDLER(sync_one, payments__text_ref)
{
    err failed = is_off() ? NULL : payments__sync_subscription(c, in->id);

    if (failed == &PAYMENTS_NO_SUCH_OBJECT)
        return payments__leave_vanished(c, in->id);
    /* Logged at each check; the event about it waits as a job. */
    return failed == &PAYMENTS_UNKNOWN_PRICE ? NULL : failed;
}

/* --- Calls to the provider --- */

/* The row records the result, and payments.recover retries it. So the job succeeds: it is not a
 * dead job that waits for an operator. */
static err leave_to_its_row(struct ctx *c, const char *event, struct uuid id, err failed)
{
    if (failed != &PAYMENTS_PROVIDER_UNAVAILABLE && failed != &PAYMENTS_PROVIDER_REFUSED &&
        failed != &PAYMENTS_NO_SUCH_CUSTOMER && failed != &PAYMENTS_NO_SUCH_OBJECT &&
        failed != &ERR_NOT_FOUND)
        return failed;
    log_warn(
        c, event, log_text("id", typeid_text(c->arena, "op", id)), log_text("why", failed->title));
    return NULL;
}

JOB_HANDLER(follow, payments__operation_ref)
{
    const struct payments__operation op = { .org_id = in->org_id, .id = in->id };
    struct payments__answer answer;

    if (is_off())
        return NULL;
    return leave_to_its_row(
        c, "payments.operation_deferred", in->id, payments__follow_operation(c, &op, &answer));
}

JOB_HANDLER(cancel_pending, payments__id_ref)
{
    if (is_off())
        return NULL;
    return leave_to_its_row(
        c, "payments.cancellation_deferred", in->id, payments__cancel_pending(c, in->id));
}

static err recover_pending_cancellations(struct ctx *c)
{
    const struct payments__pending_cancellation *rows;
    size_t n;

    if (is_off())
        return NULL;
    TRY(payments__list_pending_cancellations(c, payments__provider()->name, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        const struct payments__id_ref ref = { rows[i].id };
        TRY(job_enqueue(c, &payments__cancel_pending_job, &ref,
            .dedupe_key = typeid_text(c->arena, "cancellation", ref.id)));
    }
    return NULL;
}

JOB_HANDLER(recover, nothing)
{
    const struct payments__operation *rows;
    size_t n;

    (void)in;
    TRY(recover_pending_cancellations(c));
    TRY(payments__list_stuck_operations(c, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        const struct payments__operation_ref ref = { rows[i].org_id, rows[i].id };
        TRY(job_enqueue(
            c, &payments__follow_job, &ref, .dedupe_key = typeid_text(c->arena, "op", ref.id)));
    }
    return NULL;
}

/* --- Reconciliation: changes without an event --- */

struct reconciling {
    struct payments_remote_refs theirs;
    int64_t unknown;
};

static err enqueue_sync(struct ctx *c, const char *id)
{
    const struct payments__text_ref ref = { id };

    return job_enqueue(c, &payments__sync_job, &ref, .dedupe_key = id);
}

/* Another product may use the same account: without our metadata, only its customer shows that it
 * is ours. */
static err is_missing(struct ctx *c, const struct payments_remote_ref *ref, bool *out)
{
    const char *provider = payments__provider()->name;
    struct uuid org;
    bool known, ours = ref->is_marked;

    TRY(payments__is_known_subscription(c, provider, ref->id, &known));
    if (!known && !ours && ref->customer)
        TRY(payments__find_customer_org(c, provider, ref->customer, &org, &ours));
    *out = !known && ours;
    return NULL;
}

static err enqueue_unknown(struct ctx *c, struct reconciling *r)
{
    for (size_t i = 0; i < r->theirs.n; i++) {
        bool missing;
        TRY(is_missing(c, &r->theirs.refs[i], &missing));
        if (!missing)
            continue;
        r->unknown++;
        TRY(enqueue_sync(c, r->theirs.refs[i].id));
    }
    return NULL;
}

static err enqueue_all(struct ctx *c, void *arg)
{
    struct reconciling *r = arg;
    const struct payments__object *stale;
    size_t n;

    r->unknown = 0;
    TRY(payments__list_stale(c, payments__provider()->name, STALE_HOURS, &stale, &n));
    for (size_t i = 0; i < n; i++)
        TRY(enqueue_sync(c, stale[i].id));
    return enqueue_unknown(c, r);
}

JOB_HANDLER(reconcile, nothing)
{
    const struct payments_provider *provider = payments__provider();
    struct reconciling r;

    (void)in;
    if (provider == NULL)
        return NULL;
    TRY(provider->list_subscriptions(
        c, instant_add(clock_now(), -DAYS(LOOK_BACK_DAYS)), &r.theirs));
    TRY(tx_run(c, enqueue_all, &r));
    if (r.unknown > 0) {
        metric_add(&PAYMENTS__METRIC_DRIFT, NULL, r.unknown);
        log_warn(c, "payments.drift_detected", log_int("subscriptions", r.unknown),
            log_text("runbook", "docs/runbooks/payments-webhooks-silent.md"));
    }
    return NULL;
}

/* --- Checkouts without an event --- */

struct checkouts {
    const struct payments__checkout *rows;
    size_t n;
};

static err list_open(struct ctx *c, void *arg)
{
    struct checkouts *k = arg;

    return payments__list_open_checkouts(c, payments__provider()->name, &k->rows, &k->n);
}

/* One checkout that cannot be settled must not block the others. */
JOB_HANDLER(chase, nothing)
{
    struct checkouts open;
    err failed = NULL;

    (void)in;
    if (is_off())
        return NULL;
    TRY(tx_run(c, list_open, &open));
    for (size_t i = 0; i < open.n; i++) {
        err e = payments__sync_checkout(c, open.rows[i].session);
        if (e == &PAYMENTS_NO_SUCH_OBJECT)
            e = payments__leave_vanished_page(c, &open.rows[i]);
        if (e)
            failed = e;
        TRY(tx_leave_org(c));
    }
    return failed;
}

/* --- Our own clock, and missing events --- */

JOB_HANDLER(announce_ends, nothing)
{
    (void)in;
    if (is_off())
        return NULL;
    TRY(payments__announce_ends(c));
    return payments__announce_losses(c);
}

static err watch_silence(struct ctx *c)
{
    int64_t silence, live;

    TRY(payments__webhook_silence(c, payments__provider()->name, &silence));
    TRY(payments__count_live(c, &live));
    metric_set(&PAYMENTS__METRIC_SILENCE, NULL, silence);
    if (live > 0 && silence > SILENCE_ALARM_S)
        log_error(c, "payments.webhooks_missing", log_int("seconds", silence),
            log_int("live_subscriptions", live),
            log_text("runbook", "docs/runbooks/payments-webhooks-silent.md"));
    return NULL;
}

/* Also for a provider that is no longer in use: its customers may still be charged. */
static err watch_pending_cancellations(struct ctx *c)
{
    int64_t waiting;

    TRY(payments__oldest_pending_cancellation(c, &waiting));
    if (waiting > CANCELLATION_ALARM_S)
        log_error(c, "payments.cancellation_delayed", log_int("seconds", waiting),
            log_text("runbook", "docs/runbooks/payment-disputed.md"));
    return NULL;
}

JOB_HANDLER(watch, nothing)
{
    (void)in;
    TRY(watch_pending_cancellations(c));
    return is_off() ? NULL : watch_silence(c);
}

/* --- Job kinds and their handlers --- */

const struct job_worker payments__workers[] = {
    { RUNS(payments__webhook_job, work_webhook) },
    { RUNS(payments__sync_job, sync_one) },
    { RUNS(payments__follow_job, follow) },
    { RUNS(payments__cancel_pending_job, cancel_pending) },
    { RUNS(payments__recover_job, recover) },
    { RUNS(payments__reconcile_job, reconcile) },
    { RUNS(payments__chase_job, chase) },
    { RUNS(payments__ends_job, announce_ends) },
    { RUNS(payments__watch_job, watch) },
    { SWEEPS(payments__sweep_job) },
    { .job = NULL },
};

const struct table payments__tables[] = {
    { .name = "account", .kept = "with its organisation" },
    { .name = "expected_event",
        .swept = "7 days after it was requested",
        .bite = payments__sweep_expected_events,
        .by = &payments__sweep_job.kind },
    { .name = "checkout", .kept = "with its organisation" },
    { .name = "operation", .kept = "with its organisation" },
    { .name = "pending_cancellation",
        .swept = "90 days after the provider was notified",
        .bite = payments__sweep_pending_cancellations,
        .by = &payments__sweep_job.kind },
    { .name = "plan", .kept = "in every version that was offered" },
    { .name = "plan_entitlement", .kept = "with its plan" },
    { .name = "price", .kept = "with its plan" },
    { .name = "refund_dispute", .kept = "never: refunds and disputes outlive their organisation" },
    { .name = "subscription", .kept = "with its organisation" },
    { .name = "fetch_sequence", .kept = "a row for each kind of object" },
    { .name = "webhook",
        .swept = "45 days after it came; 90 where its job is dead",
        .bite = payments__sweep_webhooks,
        .by = &payments__sweep_job.kind },
    { NULL },
};
