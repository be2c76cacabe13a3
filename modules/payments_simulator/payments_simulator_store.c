/* The development provider's own tables: one query each. No rules here. */
#include "payments_simulator_internal.h"
#include "payments_simulator_sql.h"

static const struct field payments_simulator__session_fields[] = {
    TEXT(payments_simulator__session, id),
    TEXT(payments_simulator__session, org),
    TEXT(payments_simulator__session, checkout),
    TEXT(payments_simulator__session, price),
    TEXT(payments_simulator__session, label),
    TEXT(payments_simulator__session, period),
    TEXT(payments_simulator__session, customer, .optional = true),
    TEXT(payments_simulator__session, success_url),
    TEXT(payments_simulator__session, cancel_url),
    TEXT(payments_simulator__session, status),
    TEXT(payments_simulator__session, subscription, .optional = true),
    TIME(payments_simulator__session, expires_at),
    INT(payments_simulator__session, amount_minor),
    TEXT(payments_simulator__session, currency),
    TEXT(payments_simulator__session, provider_price, .optional = true),
};
static SHAPE(payments_simulator__session);

static const struct field payments_simulator__subscription_fields[] = {
    TEXT(payments_simulator__subscription, id),
    TEXT(payments_simulator__subscription, customer),
    TEXT(payments_simulator__subscription, org),
    TEXT(payments_simulator__subscription, checkout),
    TEXT(payments_simulator__subscription, price),
    TEXT(payments_simulator__subscription, period),
    TEXT(payments_simulator__subscription, status),
    BOOL(payments_simulator__subscription, card_fails),
    BOOL(payments_simulator__subscription, cancel_at_period_end),
    TIME(payments_simulator__subscription, created_at),
    TIME(payments_simulator__subscription, period_start),
    TIME(payments_simulator__subscription, period_end),
    TIME(payments_simulator__subscription, cancel_at, .optional = true),
    TIME(payments_simulator__subscription, ended_at, .optional = true),
    INT(payments_simulator__subscription, amount_minor),
    TEXT(payments_simulator__subscription, currency),
    TEXT(payments_simulator__subscription, provider_price, .optional = true),
};
static SHAPE(payments_simulator__subscription);

static const struct field payments_simulator__event_fields[] = {
    ID(payments_simulator__event, id, "evt"),
    TEXT(payments_simulator__event, body, .max = 20000),
};
static SHAPE(payments_simulator__event);

static const struct field payments_remote_refund_dispute_fields[] = {
    TEXT(payments_remote_refund_dispute, id),
    TEXT(payments_remote_refund_dispute, kind),
    TEXT(payments_remote_refund_dispute, customer),
    INT(payments_remote_refund_dispute, amount_minor),
    TEXT(payments_remote_refund_dispute, currency),
    TEXT(payments_remote_refund_dispute, status),
    TEXT(payments_remote_refund_dispute, reason, .optional = true),
    TIME(payments_remote_refund_dispute, made_at),
    TIME(payments_remote_refund_dispute, respond_by, .optional = true),
};
static SHAPE(payments_remote_refund_dispute);

static const struct field payments_simulator__decline_fields[] = {
    TEXT(payments_simulator__decline, id),
    TEXT(payments_simulator__decline, org, .empty = true),
    TEXT(payments_simulator__decline, checkout, .empty = true),
    TEXT(payments_simulator__decline, customer, .optional = true),
    TEXT(payments_simulator__decline, code),
    TIME(payments_simulator__decline, made_at),
};
static SHAPE(payments_simulator__decline);

struct moment {
    struct instant at;
};
static const struct field moment_fields[] = { TIME(moment, at) };
static SHAPE(moment);

err payments_simulator__now(struct ctx *c, struct instant *out)
{
    struct moment now;

    TRY(db_one(c, &SQL_now, moment, &now, NO_ARGS));
    *out = now.at;
    return NULL;
}

err payments_simulator__move_clock(struct ctx *c, int64_t days)
{
    return db_exec(c, &SQL_move_clock, ARGS(ARG(days)));
}

err payments_simulator__insert_session(
    struct ctx *c, const char *key, const struct payments_simulator__session *row)
{
    return db_exec(c, &SQL_insert_session,
        ARGS(ARG(row->id), ARG(key), ARG(row->org), ARG(row->checkout), ARG(row->price),
            ARG(row->label), ARG(row->period), ARG(row->customer), ARG(row->success_url),
            ARG(row->cancel_url), ARG(row->expires_at), ARG(row->amount_minor), ARG(row->currency),
            ARG(row->provider_price)));
}

err payments_simulator__session_of_key(
    struct ctx *c, const char *key, struct payments_simulator__session *out, bool *found)
{
    return db_maybe(
        c, &SQL_session_of_key, payments_simulator__session, out, found, ARGS(ARG(key)));
}

err payments_simulator__get_session(
    struct ctx *c, const char *id, struct payments_simulator__session *out, bool *found)
{
    return db_maybe(c, &SQL_get_session, payments_simulator__session, out, found, ARGS(ARG(id)));
}

err payments_simulator__settle_session(
    struct ctx *c, const char *id, const char *status, const char *subscription)
{
    return db_exec_one(c, &SQL_settle_session, ARGS(ARG(id), ARG(status), ARG(subscription)));
}

err payments_simulator__insert_subscription(
    struct ctx *c, const struct payments_simulator__subscription *row)
{
    return db_exec(c, &SQL_insert_subscription,
        ARGS(ARG(row->id), ARG(row->customer), ARG(row->org), ARG(row->checkout), ARG(row->price),
            ARG(row->period), ARG(row->status), ARG(row->card_fails), ARG(row->created_at),
            ARG(row->amount_minor), ARG(row->currency), ARG(row->provider_price)));
}

err payments_simulator__get_subscription(
    struct ctx *c, const char *id, struct payments_simulator__subscription *out, bool *found)
{
    return db_maybe(
        c, &SQL_get_subscription, payments_simulator__subscription, out, found, ARGS(ARG(id)));
}

err payments_simulator__list_subscriptions(struct ctx *c, struct instant since,
    const struct payments_simulator__subscription **rows, size_t *n)
{
    return db_list(
        c, &SQL_list_subscriptions, payments_simulator__subscription, rows, n, ARGS(ARG(since)));
}

err payments_simulator__list_due(struct ctx *c, struct instant now,
    const struct payments_simulator__subscription **rows, size_t *n)
{
    return db_list(c, &SQL_list_due, payments_simulator__subscription, rows, n, ARGS(ARG(now)));
}

err payments_simulator__update_subscription(
    struct ctx *c, const struct payments_simulator__subscription *row)
{
    return db_exec_one(c, &SQL_update_subscription,
        ARGS(ARG(row->id), ARG(row->status), ARG(row->card_fails), ARG(row->cancel_at_period_end),
            ARG(row->ended_at), ARG(row->cancel_at)));
}

err payments_simulator__next_period(struct ctx *c, const char *id)
{
    return db_exec_one(c, &SQL_next_period, ARGS(ARG(id)));
}

err payments_simulator__insert_event(struct ctx *c, const struct payments_simulator__event *row)
{
    return db_exec(c, &SQL_insert_event, ARGS(ARG(row->id), ARG(row->body)));
}

err payments_simulator__get_event(
    struct ctx *c, struct uuid id, struct payments_simulator__event *out, bool *found)
{
    return db_maybe(c, &SQL_get_event, payments_simulator__event, out, found, ARGS(ARG(id)));
}

err payments_simulator__finish_event(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_finish_event, ARGS(ARG(id)));
}

err payments_simulator__insert_refund_dispute(
    struct ctx *c, const struct payments_remote_refund_dispute *row)
{
    return db_exec(c, &SQL_insert_refund_dispute,
        ARGS(ARG(row->id), ARG(row->kind), ARG(row->customer), ARG(row->amount_minor),
            ARG(row->currency), ARG(row->status), ARG(row->reason), ARG(row->respond_by)));
}

err payments_simulator__get_refund_dispute(
    struct ctx *c, const char *id, struct payments_remote_refund_dispute *out, bool *found)
{
    return db_maybe(
        c, &SQL_get_refund_dispute, payments_remote_refund_dispute, out, found, ARGS(ARG(id)));
}

err payments_simulator__insert_decline(struct ctx *c, const struct payments_simulator__decline *row)
{
    return db_exec(c, &SQL_insert_decline,
        ARGS(ARG(row->id), ARG(row->org), ARG(row->checkout), ARG(row->customer), ARG(row->code)));
}

err payments_simulator__get_decline(
    struct ctx *c, const char *id, struct payments_simulator__decline *out, bool *found)
{
    return db_maybe(c, &SQL_get_decline, payments_simulator__decline, out, found, ARGS(ARG(id)));
}
