/* Job handlers of integrations: delivery, monitoring of failures, retention. */
#include "integrations_internal.h"

enum {
    BATCH = 10,
    RUNS_MAX = 4,         /* concurrent runs per endpoint; one if it fails */
    BUDGET_US = 20000000, /* then the next endpoint's job runs */
    THROTTLED_MS = 60 * 1000,
};

const struct metric integrations__deliveries_metric = {
    .name = "ashlar_webhook_deliveries_total",
    .help = "Attempts to deliver an event to a customer's endpoint, by result.",
    .kind = METRIC_COUNTER,
    .label = "result",
    .values = "delivered|rejected|timeout|unreachable|refused|too_large",
};
const struct metric integrations__oldest_metric = {
    .name = "ashlar_webhook_oldest_due_seconds",
    .help = "Waiting time of the oldest due delivery.",
    .kind = METRIC_GAUGE,
};
const struct metric integrations__disabled_metric = {
    .name = "ashlar_webhook_endpoints_disabled_total",
    .help = "Automatically disabled endpoints: returned 410, or failing for five days.",
    .kind = METRIC_COUNTER,
    .label = "reason",
    .values = "gone|failing",
};

/* One run of the delivery job. */
struct run {
    struct integrations__run id;
    struct integrations__sender sender;
    const struct integrations__item *items;
    size_t n;
    bool crowded; /* enough other runs are active */
    bool held;    /* the organisation was suspended after the job was claimed */
};

/* One attempt, to be recorded. */
struct done {
    const struct run *run;
    const struct integrations__item *item;
    struct integrations__outcome outcome;
    bool disabled;
};

/* In the open transaction, once: the endpoint receives nothing from then on. */
static err disable(struct ctx *c, struct uuid endpoint, const char *reason, bool *done)
{
    struct integrations_webhook_endpoint before, after;

    TRY(integrations__lock_endpoint(c, endpoint, &before));
    TRY(integrations__disable_endpoint(c, endpoint, reason, done));
    if (!*done)
        return NULL;
    TRY(integrations__get_endpoint(c, endpoint, &after));
    TRY(audit(c, "integrations.endpoint_disabled", "endpoint", endpoint,
        integrations_webhook_endpoint, &before, &after));
    return event_publish(c, &INTEGRATIONS_WAS_DISABLED, endpoint,
        &(struct integrations_disabled_event){ .endpoint_id = endpoint, .reason = reason });
}

/* --- integrations.deliver --- */

static err begin(struct ctx *c, void *arg)
{
    struct run *r = arg;
    int64_t others, most;
    bool found;

    r->n = 0;
    r->crowded = r->held = false;
    TRY(integrations__begin_run(c, &r->id, &r->sender, &found));
    r->held = found && r->sender.held;
    if (!found || !r->sender.enabled || r->held)
        return NULL;
    TRY(integrations__count_runs(c, &r->id, &others));
    most = r->sender.failing ? 1 : RUNS_MAX;
    r->crowded = others >= most;
    if (r->crowded)
        return NULL;
    TRY(integrations__claim(c, &r->id, r->sender.failing ? 1 : BATCH, &r->items, &r->n));
    if (r->n == BATCH && others + 1 < most)
        TRY(integrations__wake(c, r->id.endpoint));
    return NULL;
}

/* Not earlier than the schedule; later if the receiver requests it, up to a limit. */
static int64_t pause_ms(const struct integrations__outcome *o, int64_t delay_ms)
{
    bool throttled = o->status == 429 || text_equal(o->result, "timeout");
    int64_t ms = throttled && delay_ms < THROTTLED_MS ? THROTTLED_MS : delay_ms;

    return o->retry_after_ms > ms ? o->retry_after_ms : ms;
}

static void decide(struct integrations__outcome *o, int64_t tries)
{
    uint32_t random;
    int64_t delay_ms;

    random_bytes(&random, sizeof random);
    delay_ms = integrations__delay_ms(tries, random);
    o->next_ms = 0;
    if (text_equal(o->result, "delivered")) {
        o->state = "delivered";
    } else if (o->status == 410 || delay_ms < 0) {
        o->state = "failed";
    } else {
        o->state = "pending";
        o->next_ms = pause_ms(o, delay_ms);
    }
}

/* The endpoint's row first: the lock order of all transactions. */
static err record(struct ctx *c, void *arg)
{
    struct done *d = arg;
    struct uuid endpoint = d->run->id.endpoint;
    bool ours;

    d->disabled = false;
    if (text_equal(d->outcome.result, "delivered"))
        TRY(integrations__note_success(c, endpoint));
    else
        TRY(integrations__note_failure(c, endpoint));
    TRY(integrations__record_attempt(c, &d->run->id, d->item->id, &d->outcome, &ours));
    if (!ours || d->outcome.status != 410)
        return NULL;
    return disable(c, endpoint, "gone", &d->disabled);
}

static err deliver_one(
    struct ctx *c, const struct run *r, const struct integrations__item *item, bool *arrived)
{
    struct done d = { .run = r, .item = item };

    integrations__send(c, &r->sender, item, &d.outcome);
    TRY(ctx_fits(c)); /* otherwise no request was sent: not a failure of the receiver */
    decide(&d.outcome, item->tries + 1);
    TRY(tx_run(c, record, &d));
    metric_add(&integrations__deliveries_metric, d.outcome.result, 1);
    if (d.disabled)
        metric_add(&integrations__disabled_metric, "gone", 1);
    *arrived = text_equal(d.outcome.result, "delivered");
    if (!*arrived)
        log_warn(c, "integrations.delivery_failed",
            log_text("endpoint", typeid_text(c->arena, "endpoint", r->id.endpoint)),
            log_text("delivery", typeid_text(c->arena, "delivery", item->id)),
            log_text("result", d.outcome.result), log_int("status", d.outcome.status),
            log_int("attempt", item->tries + 1), log_text("state", d.outcome.state));
    return NULL;
}

/* Locked, so that a concurrent run either sees this one's claims released or is seen by it. */
static err finish(struct ctx *c, void *arg)
{
    const struct run *r = arg;
    struct integrations_webhook_endpoint endpoint;
    struct instant at;
    bool any;
    err e = integrations__lock_endpoint(c, r->id.endpoint, &endpoint);

    if (e == &ERR_NOT_FOUND)
        return NULL;
    TRY(e);
    TRY(integrations__release(c, &r->id));
    TRY(integrations__next_due(c, r->id.endpoint, &at, &any));
    if (!any || !endpoint.enabled)
        return NULL;
    if (at.us <= clock_now().us)
        return integrations__wake(c, r->id.endpoint);
    return integrations__wake_at(c, r->id.endpoint, at);
}

struct question {
    const struct run *run;
    bool may;
};

static err ask(struct ctx *c, void *arg)
{
    struct question *q = arg;

    return integrations__may_go_on(c, &q->run->id, &q->run->sender, &q->may);
}

/* Deliveries are claimed together and checked one by one: a slow receiver may delay the first.
 * After a change of the URL or a suspension, the remaining ones must not be sent. */
static err send_all(struct ctx *c, const struct run *r)
{
    const int64_t began_us = clock_monotonic_us();
    struct question q = { .run = r, .may = true };
    bool arrived = true;

    for (size_t i = 0; i < r->n && arrived; i++) {
        if (clock_monotonic_us() - began_us > BUDGET_US)
            break;
        if (i > 0)
            TRY(tx_read(c, ask, &q));
        if (!q.may)
            break;
        TRY(deliver_one(c, r, &r->items[i], &arrived));
    }
    return NULL;
}

JOB_HANDLER(deliver, integrations__endpoint_job)
{
    struct run r = { .id = { in->endpoint_id, in->run_id } };

    TRY(tx_run(c, begin, &r));
    if (r.held)
        return &JOB_HELD;
    if (r.crowded)
        return NULL;
    TRY(send_all(c, &r));
    return tx_run(c, finish, &r);
}

/* --- integrations.replay --- */

JOB_HANDLER(replay_some, integrations__endpoint_job)
{
    return integrations__replay_some(c, in);
}

JOB_HANDLER(replay_died, integrations__endpoint_job)
{
    return integrations__end_replay(c, in);
}

/* --- integrations.watch --- */

struct watched {
    const struct integrations__watched *rows;
    size_t n;
    const struct integrations__watched *now;
    bool disabled;
};

static err list_failing(struct ctx *c, void *arg)
{
    struct watched *w = arg;
    return integrations__list_failing(c, &w->rows, &w->n);
}

static err list_stuck(struct ctx *c, void *arg)
{
    struct watched *w = arg;
    return integrations__list_stuck(c, &w->rows, &w->n);
}

/* After one day, three and five: the members in charge are notified. Then it is disabled. */
static err take_stage(struct ctx *c, void *arg)
{
    struct watched *w = arg;
    bool taken;

    w->disabled = false;
    TRY(tx_enter_org(c, w->now->org_id));
    TRY(integrations__count_notification(c, w->now, &taken));
    if (taken && w->now->stage == 3)
        TRY(disable(c, w->now->endpoint_id, "failing", &w->disabled));
    if (taken)
        TRY(integrations__notify_failing(c, w->now->endpoint_id, w->now->stage));
    return tx_leave_org(c);
}

static err wake_stuck(struct ctx *c, void *arg)
{
    struct watched *w = arg;

    TRY(tx_enter_org(c, w->now->org_id));
    TRY(integrations__wake_at(c, w->now->endpoint_id, clock_now()));
    return tx_leave_org(c);
}

static err note_oldest(struct ctx *c, void *arg)
{
    return integrations__count_waiting(c, arg);
}

JOB_HANDLER(watch, nothing)
{
    struct watched w = { .n = 0 };
    int64_t oldest_s = 0;

    (void)in;
    TRY(tx_run(c, list_failing, &w));
    for (size_t i = 0; i < w.n; i++) {
        w.now = &w.rows[i];
        TRY(tx_run(c, take_stage, &w));
        if (w.disabled)
            metric_add(&integrations__disabled_metric, "failing", 1);
    }
    TRY(tx_run(c, list_stuck, &w));
    for (size_t i = 0; i < w.n; i++) {
        w.now = &w.rows[i];
        TRY(tx_run(c, wake_stuck, &w));
        log_warn(c, "integrations.endpoint_stuck",
            log_text("endpoint", typeid_text(c->arena, "endpoint", w.now->endpoint_id)));
    }
    TRY(tx_run(c, note_oldest, &oldest_s));
    metric_set(&integrations__oldest_metric, NULL, oldest_s);
    return NULL;
}

/* --- integrations.sweep --- */

static err sweep_events(struct ctx *c, int64_t most, int64_t *gone)
{
    return integrations__delete_old_events(
        c, setting_int(&ASHLAR_WEBHOOK_RETENTION_DAYS), most, gone);
}

const struct job_worker integrations__workers[] = {
    { RUNS(integrations__deliver_job, deliver) },
    { RUNS(integrations__replay_job, replay_some), ON_DEAD(integrations__replay_job, replay_died) },
    { RUNS(integrations__watch_job, watch) },
    { SWEEPS(integrations__sweep_job) },
    { .job = NULL },
};

const struct table integrations__tables[] = {
    { .name = "attempt", .swept = "with its delivery", .with = "event" },
    { .name = "delivery", .swept = "with its event", .with = "event" },
    { .name = "endpoint", .kept = "until it is deleted, or with its organisation" },
    { .name = "event",
        .swept = "ASHLAR_WEBHOOK_RETENTION_DAYS after it came in",
        .bite = sweep_events,
        .by = &integrations__sweep_job.kind },
    { .name = "feed", .kept = "with its organisation" },
    { NULL },
};
