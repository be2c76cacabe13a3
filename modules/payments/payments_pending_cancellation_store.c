/* Queries of pending cancellations of deleted organisations, one function each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct field payments__pending_cancellation_fields[] = {
    ID(payments__pending_cancellation, id, "cancellation"),
    ID(payments__pending_cancellation, org_id, "org"),
    TEXT(payments__pending_cancellation, kind),
    TEXT(payments__pending_cancellation, provider),
    TEXT(payments__pending_cancellation, customer, .optional = true),
    TEXT(payments__pending_cancellation, external_id),
    TEXT(payments__pending_cancellation, key),
};
static SHAPE(payments__pending_cancellation);

static const struct field payments__cancellation_due_fields[] = {
    TEXT(payments__cancellation_due, kind),
    TEXT(payments__cancellation_due, provider),
    TEXT(payments__cancellation_due, customer, .optional = true),
    TEXT(payments__cancellation_due, external_id),
};
static SHAPE(payments__cancellation_due);

err payments__list_cancellations_due(
    struct ctx *c, const struct payments__cancellation_due **rows, size_t *n)
{
    return db_list(
        c, &SQL_list_cancellations_due, payments__cancellation_due, rows, n, ARGS(ARG(c->org)));
}

err payments__insert_pending_cancellation(
    struct ctx *c, struct uuid org, const struct payments__cancellation_due *what, struct uuid *id)
{
    const struct uuid made = uuid_new();
    const char *key =
        arena_printf(c->arena, "ashlar_cancel_%s", typeid_text(c->arena, "cancellation", made));

    *id = made;
    return db_exec(c, &SQL_insert_pending_cancellation,
        ARGS(ARG(made), ARG(org), ARG(what->provider), ARG(what->customer), ARG(what->kind),
            ARG(what->external_id), ARG(key)));
}

err payments__find_pending_cancellation(struct ctx *c, const char *provider,
    const struct payments_remote_subscription *of, struct payments__pending_cancellation *out,
    bool *found)
{
    return db_maybe(c, &SQL_find_pending_cancellation, payments__pending_cancellation, out, found,
        ARGS(ARG(provider), ARG(of->id), ARG(of->org), ARG(of->customer)));
}

err payments__list_pending_cancellations(struct ctx *c, const char *provider,
    const struct payments__pending_cancellation **rows, size_t *n)
{
    return db_list(c, &SQL_list_pending_cancellations, payments__pending_cancellation, rows, n,
        ARGS(ARG(provider)));
}

err payments__try_pending_cancellation(
    struct ctx *c, struct uuid id, struct payments__pending_cancellation *out, bool *open)
{
    return db_maybe(
        c, &SQL_try_pending_cancellation, payments__pending_cancellation, out, open, ARGS(ARG(id)));
}

err payments__finish_pending_cancellation(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_finish_pending_cancellation, ARGS(ARG(id)));
}

err payments__reopen_pending_cancellation(struct ctx *c, struct uuid id, bool *reopened)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_reopen_pending_cancellation, &touched, ARGS(ARG(id))));
    *reopened = touched == 1;
    return NULL;
}

err payments__oldest_pending_cancellation(struct ctx *c, int64_t *seconds)
{
    return db_int(c, &SQL_oldest_pending_cancellation, seconds, NO_ARGS);
}

err payments__sweep_pending_cancellations(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_pending_cancellations, gone, ARGS(ARG(most)));
}

err payments__sweep_expected_events(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_expected_events, gone, ARGS(ARG(most)));
}

err payments__has_customer_left(
    struct ctx *c, const char *provider, const char *customer, bool *out)
{
    return db_bool(c, &SQL_has_customer_left, out, ARGS(ARG(provider), ARG(customer)));
}
