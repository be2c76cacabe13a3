/* Events of the provider: stored as received, acknowledged after the commit, processed later. Each
 * is a hint that something changed, never the change itself. */
#include "payments_internal.h"

const struct metric PAYMENTS__METRIC_WEBHOOKS = {
    .name = "ashlar_payments_webhooks_total",
    .help = "Received events of the payment provider by result.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "taken|repeated|malformed|stale|forged|wrong_mode",
};

static err refuse(struct ctx *c, const char *outcome, const char *detail)
{
    metric_add(&PAYMENTS__METRIC_WEBHOOKS, outcome, 1);
    log_warn(c, "payments.webhook_refused", log_text("outcome", outcome));
    return problem(c, &PAYMENTS_BAD_SIGNATURE, NULL, "%s", detail);
}

static err check(struct ctx *c, const struct payments_provider *provider, const char *signature,
    struct bytes body)
{
    switch (payments__check_signature(
        c->arena, signature, body, provider->webhook_secrets(c), clock_now())) {
    case PAYMENTS__SIGNED:
        return NULL;
    case PAYMENTS__STALE:
        return refuse(c, "stale", "The signature's time differs from ours by more than 300 s.");
    case PAYMENTS__FORGED:
        return refuse(c, "forged", "The signature of these bytes matches no configured secret.");
    case PAYMENTS__MALFORMED:
        break;
    }
    return refuse(c, "malformed", "The request has no Stripe-Signature of the form t=…,v1=….");
}

err payments__take_webhook(
    struct ctx *c, const char *provider_name, const char *signature, struct bytes body)
{
    const struct payments_provider *provider = payments__provider();
    struct payments__envelope e;
    struct payments__webhook row;
    bool is_new;

    if (provider == NULL || !text_equal(provider->name, provider_name))
        return problem(c, &ERR_NOT_FOUND, NULL, "This server does not accept events of \"%s\".",
            provider_name);
    TRY(check(c, provider, signature, body));
    TRY(payments__read_envelope(c, body, &e));
    if (e.livemode != provider->is_live())
        return refuse(c, "wrong_mode", "Live events and test keys, or the reverse, do not mix.");
    row = (struct payments__webhook){
        .id = uuid_new(),
        .provider = provider->name,
        .external_id = e.id,
        .type = e.type,
        .subject_kind = e.subject_kind,
        .subject = e.subject,
        .body = body,
    };
    TRY(payments__insert_webhook(c, &row, &is_new));
    metric_add(&PAYMENTS__METRIC_WEBHOOKS, is_new ? "taken" : "repeated", 1);
    if (!is_new)
        return NULL;
    return job_enqueue(c, &payments__webhook_job, &(struct payments__id_ref){ row.id });
}

struct work {
    struct payments__webhook row;
    bool found;
};

static err load(struct ctx *c, void *arg)
{
    struct work *w = arg;

    return payments__get_webhook(c, w->row.id, &w->row, &w->found);
}

static err finish(struct ctx *c, void *arg)
{
    const struct work *w = arg;

    TRY(payments__event_came(c, w->row.provider, w->row.subject));
    return payments__finish_webhook(c, w->row.id);
}

static err follow(struct ctx *c, const struct payments__webhook *w)
{
    if (text_equal(w->subject_kind, "subscription"))
        return payments__sync_subscription(c, w->subject);
    if (text_equal(w->subject_kind, "checkout.session"))
        return payments__sync_checkout(c, w->subject);
    if (text_equal(w->subject_kind, "dispute") || text_equal(w->subject_kind, "refund"))
        return payments__sync_refund_dispute(c, w->subject_kind, w->subject);
    if (text_equal(w->subject_kind, "payment_intent") || text_equal(w->subject_kind, "charge"))
        return payments__sync_decline(c, w->subject_kind, w->subject);
    return NULL;
}

err payments__work_webhook(struct ctx *c, struct uuid id)
{
    struct work w = { .row.id = id };

    TRY(tx_run(c, load, &w));
    if (!w.found || w.row.done_at.us != 0)
        return NULL;
    TRY(follow(c, &w.row));
    return tx_run(c, finish, &w);
}
