/*
 * Refunds and disputes of customers' banks. Stored for staff, published to the organisation's
 * subscribers, and logged for operators when a response is due. They change no access: to remove
 * access, end the subscription.
 */
#include "payments_internal.h"

const struct metric PAYMENTS__METRIC_REFUNDS_DISPUTES = {
    .name = "ashlar_payments_refunds_disputes_total",
    .help = "Refunds and disputes reported by the payment provider.",
    .kind = METRIC_COUNTER,
    .label = "kind",
    .values = "dispute|refund",
};

struct take {
    struct payments__refund_dispute row;
    struct payments_refund_dispute now;
    const char *before; /* its previous status; NULL: new */
    bool applied, has_left;
};

static err next_fetch_sequence(struct ctx *c, void *arg)
{
    struct payments__refund_dispute *row = arg;

    return payments__next_fetch_sequence(c, row->provider, row->remote->id, &row->fetch_sequence);
}

/* Serialised for each known customer, so that a change is announced once. */
static err enter_its_org(struct ctx *c, struct payments__refund_dispute *row)
{
    struct payments__account account;
    bool found = false;

    if (row->remote->customer)
        TRY(payments__find_customer_org(
            c, row->provider, row->remote->customer, &row->org_id, &found));
    if (!found)
        return NULL;
    TRY(tx_enter_org(c, row->org_id));
    return payments__lock_account(c, &account);
}

static err take(struct ctx *c, void *arg)
{
    struct take *t = arg;

    t->row.org_id = UUID_NIL;
    TRY(enter_its_org(c, &t->row));
    if (uuid_is_nil(t->row.org_id) && t->row.remote->customer)
        TRY(payments__has_customer_left(c, t->row.provider, t->row.remote->customer, &t->has_left));
    TRY(payments__refund_dispute_status(c, t->row.provider, t->row.remote->id, &t->before));
    TRY(payments__upsert_refund_dispute(c, &t->row, &t->now, &t->applied));
    if (!t->applied || uuid_is_nil(t->row.org_id) || text_equal(t->before, t->now.status))
        return NULL;
    TRY(audit(c, PAYMENTS_REFUND_DISPUTE_UPDATED.kind.name, "refund_dispute", t->now.id,
        payments_refund_dispute, NULL, &t->now));
    return event_publish(c, &PAYMENTS_REFUND_DISPUTE_UPDATED, t->now.id, &t->now);
}

/* A dispute that needs a response is an error: a person must respond before its date. */
static void log_for_operators(struct ctx *c, const struct take *t)
{
    const struct payments_refund_dispute *r = &t->now;
    const bool is_ours = t->has_left || !uuid_is_nil(t->row.org_id);
    bool waits = text_equal(r->kind, "dispute") && strstr(r->status, "needs_response") != NULL;

    if (!t->applied || text_equal(t->before, r->status))
        return;
    if (!is_ours) { /* stored anyway, so that it can be found later */
        log_info(c, "payments.object_ignored", log_text("kind", r->kind),
            log_text("object", r->external_id));
        return;
    }
    if (t->before == NULL)
        metric_add(&PAYMENTS__METRIC_REFUNDS_DISPUTES, r->kind, 1);
    LOG_LINE_(c, waits ? LOG_ERROR : LOG_WARN,
        waits ? "payments.disputed" : "payments.refund_dispute_changed", log_text("kind", r->kind),
        log_text("object", r->external_id), log_text("status", r->status),
        log_int("amount_minor", r->amount_minor), log_text("currency", r->currency),
        log_text("reason", r->reason ? r->reason : ""),
        log_text("runbook", "docs/runbooks/payment-disputed.md"));
}

err payments__sync_refund_dispute(struct ctx *c, const char *kind, const char *external_id)
{
    const struct payments_provider *provider = payments__provider();
    struct payments_remote_refund_dispute remote = { .id = external_id };
    struct take t = { .row = { .provider = provider->name, .remote = &remote } };

    TRY(tx_run(c, next_fetch_sequence, &t.row));
    TRY(provider->fetch_refund_dispute(c, kind, external_id, &remote));
    TRY(tx_run(c, take, &t));
    log_for_operators(c, &t);
    return NULL;
}
