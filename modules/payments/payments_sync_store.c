/* Queries of subscriptions, fetch sequences and webhooks, one function each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct field payments__subscription_fields[] = {
    ID(payments__subscription, id, "sub"),
    TEXT(payments__subscription, provider),
    TEXT(payments__subscription, external_id),
    TEXT(payments__subscription, customer),
    ID(payments__subscription, plan_id, "plan"),
    TEXT(payments__subscription, plan),
    ID(payments__subscription, price_id, "price"),
    TEXT(payments__subscription, status),
    BOOL(payments__subscription, cancel_at_period_end),
    TIME(payments__subscription, started_at),
    TIME(payments__subscription, period_start),
    TIME(payments__subscription, period_end),
    TIME(payments__subscription, cancel_at, .optional = true),
    TIME(payments__subscription, ended_at, .optional = true),
    TIME(payments__subscription, unpaid_since, .optional = true),
    TEXT(payments__subscription, provider_price, .optional = true),
    TEXT(payments__subscription, unknown_price, .optional = true),
    INT(payments__subscription, fetch_sequence),
    TIME(payments__subscription, fetched_at),
};
static SHAPE(payments__subscription);

static const struct field payments__object_fields[] = {
    ID(payments__object, org_id, "org"),
    TEXT(payments__object, id),
};
static SHAPE(payments__object);

static const struct field payments__webhook_fields[] = {
    ID(payments__webhook, id, "webhook"),
    TEXT(payments__webhook, provider),
    TEXT(payments__webhook, external_id),
    TEXT(payments__webhook, type),
    TEXT(payments__webhook, subject_kind),
    TEXT(payments__webhook, subject),
    TIME(payments__webhook, done_at, .optional = true),
};
static SHAPE(payments__webhook);

struct org_ref {
    struct uuid org_id;
};
static const struct field org_ref_fields[] = { ID(org_ref, org_id, "org") };
static SHAPE(org_ref);

err payments__next_fetch_sequence(
    struct ctx *c, const char *provider, const char *external_id, int64_t *out)
{
    return db_int(c, &SQL_next_fetch_sequence, out, ARGS(ARG(provider), ARG(external_id)));
}

static err find_org(struct ctx *c, const struct query *q, const char *provider, const char *id,
    struct uuid *out, bool *found)
{
    struct org_ref ref;

    TRY(db_maybe(c, q, org_ref, &ref, found, ARGS(ARG(provider), ARG(id))));
    if (*found)
        *out = ref.org_id;
    return NULL;
}

err payments__find_subscription_org(
    struct ctx *c, const char *provider, const char *external_id, struct uuid *out, bool *found)
{
    return find_org(c, &SQL_find_subscription_org, provider, external_id, out, found);
}

err payments__is_known_subscription(
    struct ctx *c, const char *provider, const char *external_id, bool *known)
{
    return db_bool(c, &SQL_is_known_subscription, known, ARGS(ARG(provider), ARG(external_id)));
}

err payments__find_customer_org(
    struct ctx *c, const char *provider, const char *customer, struct uuid *out, bool *found)
{
    return find_org(c, &SQL_find_customer_org, provider, customer, out, found);
}

err payments__get_subscription(struct ctx *c, const char *provider, const char *external_id,
    struct payments__subscription *out, bool *found)
{
    return db_maybe(c, &SQL_get_subscription, payments__subscription, out, found,
        ARGS(ARG(c->org), ARG(provider), ARG(external_id)));
}

err payments__list_subscriptions(
    struct ctx *c, const struct payments__subscription **rows, size_t *n)
{
    return db_list(c, &SQL_list_subscriptions, payments__subscription, rows, n, ARGS(ARG(c->org)));
}

err payments__upsert_subscription(
    struct ctx *c, const struct payments__subscription *s, bool *applied)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_upsert_subscription, &touched,
        ARGS(ARG(c->org), ARG(s->id), ARG(s->provider), ARG(s->external_id), ARG(s->customer),
            ARG(s->plan_id), ARG(s->price_id), ARG(s->status), ARG(s->cancel_at_period_end),
            ARG(s->started_at), ARG(s->period_start), ARG(s->period_end), ARG(s->cancel_at),
            ARG(s->ended_at), ARG(s->unpaid_since), ARG(s->provider_price), ARG(s->unknown_price),
            ARG(s->fetch_sequence))));
    *applied = touched == 1;
    return NULL;
}

err payments__end_vanished(struct ctx *c, const struct payments__subscription *s,
    int64_t fetch_sequence, struct instant at, bool *ended)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_end_vanished, &touched,
        ARGS(ARG(c->org), ARG(s->provider), ARG(s->external_id), ARG(fetch_sequence), ARG(at))));
    *ended = touched == 1;
    return NULL;
}

err payments__note_asked(struct ctx *c, const struct payments__subscription *s)
{
    return db_exec(c, &SQL_note_asked, ARGS(ARG(c->org), ARG(s->provider), ARG(s->external_id)));
}

err payments__list_stale(struct ctx *c, const char *provider, int64_t hours,
    const struct payments__object **rows, size_t *n)
{
    return db_list(c, &SQL_list_stale_subscriptions, payments__object, rows, n,
        ARGS(ARG(provider), ARG(hours), ARG((int64_t)PAYMENTS__COMES_BACK_DAYS)));
}

err payments__list_unannounced_ends(
    struct ctx *c, const char *provider, const struct payments__object **rows, size_t *n)
{
    return db_list(c, &SQL_list_unannounced_ends, payments__object, rows, n, ARGS(ARG(provider)));
}

err payments__list_losses(struct ctx *c, const char *provider, int64_t grace_days,
    int64_t warn_days, const struct payments__object **rows, size_t *n)
{
    return db_list(c, &SQL_list_losses, payments__object, rows, n,
        ARGS(ARG(provider), ARG(grace_days), ARG(warn_days)));
}

err payments__note_limited_announced(struct ctx *c, struct uuid id, bool *first)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_note_limited_announced, &touched, ARGS(ARG(c->org), ARG(id))));
    *first = touched == 1;
    return NULL;
}

err payments__note_warned(struct ctx *c, struct uuid id, struct instant of, bool *first)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_note_warned, &touched, ARGS(ARG(c->org), ARG(id), ARG(of))));
    *first = touched == 1;
    return NULL;
}

err payments__forget_limited_announced(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_forget_limited_announced, ARGS(ARG(c->org), ARG(id)));
}

err payments__forget_end_announced(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_forget_end_announced, ARGS(ARG(c->org), ARG(id)));
}

err payments__expect_event(struct ctx *c, const char *provider, const char *subject)
{
    return db_exec(c, &SQL_expect_event_of, ARGS(ARG(provider), ARG(subject)));
}

err payments__event_came(struct ctx *c, const char *provider, const char *subject)
{
    return db_exec(c, &SQL_event_came, ARGS(ARG(provider), ARG(subject)));
}

err payments__note_end_announced(
    struct ctx *c, const char *provider, const char *external_id, bool *first)
{
    int64_t touched;

    TRY(db_exec_count(
        c, &SQL_note_end_announced, &touched, ARGS(ARG(c->org), ARG(provider), ARG(external_id))));
    *first = touched == 1;
    return NULL;
}

err payments__count_live(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_live_subscriptions, n, NO_ARGS);
}

err payments__insert_webhook(struct ctx *c, const struct payments__webhook *row, bool *is_new)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_insert_webhook, &touched,
        ARGS(ARG(row->id), ARG(row->provider), ARG(row->external_id), ARG(row->type),
            ARG(row->subject_kind), ARG(row->subject), ARG(row->body))));
    *is_new = touched == 1;
    return NULL;
}

err payments__get_webhook(struct ctx *c, struct uuid id, struct payments__webhook *out, bool *found)
{
    return db_maybe(c, &SQL_get_webhook, payments__webhook, out, found, ARGS(ARG(id)));
}

err payments__finish_webhook(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_finish_webhook, ARGS(ARG(id)));
}

err payments__webhook_silence(struct ctx *c, const char *provider, int64_t *seconds)
{
    return db_int(c, &SQL_webhook_silence, seconds, ARGS(ARG(provider)));
}

err payments__sweep_webhooks(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_webhooks, gone, ARGS(ARG(most)));
}
