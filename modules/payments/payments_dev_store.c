/* The development provider's own tables: one query each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct field payments__dev_session_fields[] = {
    TEXT(payments__dev_session, id),
    TEXT(payments__dev_session, org),
    TEXT(payments__dev_session, checkout),
    TEXT(payments__dev_session, price),
    TEXT(payments__dev_session, label),
    TEXT(payments__dev_session, period),
    TEXT(payments__dev_session, customer, .optional = true),
    TEXT(payments__dev_session, success_url),
    TEXT(payments__dev_session, cancel_url),
    TEXT(payments__dev_session, status),
    TEXT(payments__dev_session, subscription, .optional = true),
    TIME(payments__dev_session, expires_at),
    INT(payments__dev_session, amount_minor),
    TEXT(payments__dev_session, currency),
    TEXT(payments__dev_session, provider_price, .optional = true),
};
static SHAPE(payments__dev_session);

static const struct field payments__dev_subscription_fields[] = {
    TEXT(payments__dev_subscription, id),
    TEXT(payments__dev_subscription, customer),
    TEXT(payments__dev_subscription, org),
    TEXT(payments__dev_subscription, checkout),
    TEXT(payments__dev_subscription, price),
    TEXT(payments__dev_subscription, period),
    TEXT(payments__dev_subscription, status),
    BOOL(payments__dev_subscription, card_fails),
    BOOL(payments__dev_subscription, cancel_at_period_end),
    TIME(payments__dev_subscription, created_at),
    TIME(payments__dev_subscription, period_start),
    TIME(payments__dev_subscription, period_end),
    TIME(payments__dev_subscription, cancel_at, .optional = true),
    TIME(payments__dev_subscription, ended_at, .optional = true),
    INT(payments__dev_subscription, amount_minor),
    TEXT(payments__dev_subscription, currency),
    TEXT(payments__dev_subscription, provider_price, .optional = true),
};
static SHAPE(payments__dev_subscription);

static const struct field payments__dev_event_fields[] = {
    ID(payments__dev_event, id, "evt"),
    TEXT(payments__dev_event, body, .max = 20000),
};
static SHAPE(payments__dev_event);

static const struct field payments__remote_refund_dispute_fields[] = {
    TEXT(payments__remote_refund_dispute, id),
    TEXT(payments__remote_refund_dispute, kind),
    TEXT(payments__remote_refund_dispute, customer),
    INT(payments__remote_refund_dispute, amount_minor),
    TEXT(payments__remote_refund_dispute, currency),
    TEXT(payments__remote_refund_dispute, status),
    TEXT(payments__remote_refund_dispute, reason, .optional = true),
    TIME(payments__remote_refund_dispute, made_at),
    TIME(payments__remote_refund_dispute, respond_by, .optional = true),
};
static SHAPE(payments__remote_refund_dispute);

static const struct field payments__dev_decline_fields[] = {
    TEXT(payments__dev_decline, id),
    TEXT(payments__dev_decline, org, .empty = true),
    TEXT(payments__dev_decline, checkout, .empty = true),
    TEXT(payments__dev_decline, customer, .optional = true),
    TEXT(payments__dev_decline, code),
    TIME(payments__dev_decline, made_at),
};
static SHAPE(payments__dev_decline);

struct moment {
    struct instant at;
};
static const struct field moment_fields[] = { TIME(moment, at) };
static SHAPE(moment);

err payments__dev_now(struct ctx *c, struct instant *out)
{
    struct moment now;

    TRY(db_one(c, &SQL_dev_now, moment, &now, NO_ARGS));
    *out = now.at;
    return NULL;
}

err payments__dev_move_clock(struct ctx *c, int64_t days)
{
    return db_exec(c, &SQL_dev_move_clock, ARGS(ARG(days)));
}

err payments__dev_insert_session(
    struct ctx *c, const char *key, const struct payments__dev_session *row)
{
    return db_exec(c, &SQL_dev_insert_session,
        ARGS(ARG(row->id), ARG(key), ARG(row->org), ARG(row->checkout), ARG(row->price),
            ARG(row->label), ARG(row->period), ARG(row->customer), ARG(row->success_url),
            ARG(row->cancel_url), ARG(row->expires_at), ARG(row->amount_minor), ARG(row->currency),
            ARG(row->provider_price)));
}

err payments__dev_session_of_key(
    struct ctx *c, const char *key, struct payments__dev_session *out, bool *found)
{
    return db_maybe(c, &SQL_dev_session_of_key, payments__dev_session, out, found, ARGS(ARG(key)));
}

err payments__dev_get_session(
    struct ctx *c, const char *id, struct payments__dev_session *out, bool *found)
{
    return db_maybe(c, &SQL_dev_get_session, payments__dev_session, out, found, ARGS(ARG(id)));
}

err payments__dev_settle_session(
    struct ctx *c, const char *id, const char *status, const char *subscription)
{
    return db_exec_one(c, &SQL_dev_settle_session, ARGS(ARG(id), ARG(status), ARG(subscription)));
}

err payments__dev_insert_subscription(struct ctx *c, const struct payments__dev_subscription *row)
{
    return db_exec(c, &SQL_dev_insert_subscription,
        ARGS(ARG(row->id), ARG(row->customer), ARG(row->org), ARG(row->checkout), ARG(row->price),
            ARG(row->period), ARG(row->status), ARG(row->card_fails), ARG(row->created_at),
            ARG(row->amount_minor), ARG(row->currency), ARG(row->provider_price)));
}

err payments__dev_get_subscription(
    struct ctx *c, const char *id, struct payments__dev_subscription *out, bool *found)
{
    return db_maybe(
        c, &SQL_dev_get_subscription, payments__dev_subscription, out, found, ARGS(ARG(id)));
}

err payments__dev_list_subscriptions(
    struct ctx *c, struct instant since, const struct payments__dev_subscription **rows, size_t *n)
{
    return db_list(
        c, &SQL_dev_list_subscriptions, payments__dev_subscription, rows, n, ARGS(ARG(since)));
}

err payments__dev_list_due(
    struct ctx *c, struct instant now, const struct payments__dev_subscription **rows, size_t *n)
{
    return db_list(c, &SQL_dev_list_due, payments__dev_subscription, rows, n, ARGS(ARG(now)));
}

err payments__dev_update_subscription(struct ctx *c, const struct payments__dev_subscription *row)
{
    return db_exec_one(c, &SQL_dev_update_subscription,
        ARGS(ARG(row->id), ARG(row->status), ARG(row->card_fails), ARG(row->cancel_at_period_end),
            ARG(row->ended_at), ARG(row->cancel_at)));
}

err payments__dev_next_period(struct ctx *c, const char *id)
{
    return db_exec_one(c, &SQL_dev_next_period, ARGS(ARG(id)));
}

err payments__dev_insert_event(struct ctx *c, const struct payments__dev_event *row)
{
    return db_exec(c, &SQL_dev_insert_event, ARGS(ARG(row->id), ARG(row->body)));
}

err payments__dev_get_event(
    struct ctx *c, struct uuid id, struct payments__dev_event *out, bool *found)
{
    return db_maybe(c, &SQL_dev_get_event, payments__dev_event, out, found, ARGS(ARG(id)));
}

err payments__dev_finish_event(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_dev_finish_event, ARGS(ARG(id)));
}

err payments__dev_insert_refund_dispute(
    struct ctx *c, const struct payments__remote_refund_dispute *row)
{
    return db_exec(c, &SQL_dev_insert_refund_dispute,
        ARGS(ARG(row->id), ARG(row->kind), ARG(row->customer), ARG(row->amount_minor),
            ARG(row->currency), ARG(row->status), ARG(row->reason), ARG(row->respond_by)));
}

err payments__dev_get_refund_dispute(
    struct ctx *c, const char *id, struct payments__remote_refund_dispute *out, bool *found)
{
    return db_maybe(
        c, &SQL_dev_get_refund_dispute, payments__remote_refund_dispute, out, found, ARGS(ARG(id)));
}

err payments__dev_insert_decline(struct ctx *c, const struct payments__dev_decline *row)
{
    return db_exec(c, &SQL_dev_insert_decline,
        ARGS(ARG(row->id), ARG(row->org), ARG(row->checkout), ARG(row->customer), ARG(row->code)));
}

err payments__dev_get_decline(
    struct ctx *c, const char *id, struct payments__dev_decline *out, bool *found)
{
    return db_maybe(c, &SQL_dev_get_decline, payments__dev_decline, out, found, ARGS(ARG(id)));
}
