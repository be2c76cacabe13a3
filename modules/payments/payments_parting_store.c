/* What the provider must end for organisations that are gone: one query each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct field payments__parting_fields[] = {
    ID(payments__parting, id, "parting"),
    ID(payments__parting, org_id, "org"),
    TEXT(payments__parting, kind),
    TEXT(payments__parting, provider),
    TEXT(payments__parting, customer, .optional = true),
    TEXT(payments__parting, external_id),
    TEXT(payments__parting, key),
};
static SHAPE(payments__parting);

static const struct field payments__parting_due_fields[] = {
    TEXT(payments__parting_due, kind),
    TEXT(payments__parting_due, provider),
    TEXT(payments__parting_due, customer, .optional = true),
    TEXT(payments__parting_due, external_id),
};
static SHAPE(payments__parting_due);

err payments__list_partings_due(struct ctx *c, const struct payments__parting_due **rows, size_t *n)
{
    return db_list(c, &SQL_list_partings_due, payments__parting_due, rows, n, ARGS(ARG(c->org)));
}

err payments__insert_parting(
    struct ctx *c, struct uuid org, const struct payments__parting_due *what, struct uuid *id)
{
    const struct uuid made = uuid_new();
    const char *key = arena_printf(c->arena, "ashlar_part_%s", typeid_text(c->arena, "part", made));

    *id = made;
    return db_exec(c, &SQL_insert_parting,
        ARGS(ARG(made), ARG(org), ARG(what->provider), ARG(what->customer), ARG(what->kind),
            ARG(what->external_id), ARG(key)));
}

err payments__find_parting(struct ctx *c, const char *provider,
    const struct payments__remote_subscription *of, struct payments__parting *out, bool *found)
{
    return db_maybe(c, &SQL_find_parting, payments__parting, out, found,
        ARGS(ARG(provider), ARG(of->id), ARG(of->org), ARG(of->customer)));
}

err payments__list_open_partings(
    struct ctx *c, const char *provider, const struct payments__parting **rows, size_t *n)
{
    return db_list(c, &SQL_list_open_partings, payments__parting, rows, n, ARGS(ARG(provider)));
}

err payments__try_parting(struct ctx *c, struct uuid id, struct payments__parting *out, bool *open)
{
    return db_maybe(c, &SQL_try_parting, payments__parting, out, open, ARGS(ARG(id)));
}

err payments__finish_parting(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_finish_parting, ARGS(ARG(id)));
}

err payments__reopen_parting(struct ctx *c, struct uuid id, bool *reopened)
{
    int64_t touched;

    TRY(db_exec_count(c, &SQL_reopen_parting, &touched, ARGS(ARG(id))));
    *reopened = touched == 1;
    return NULL;
}

err payments__oldest_parting(struct ctx *c, int64_t *seconds)
{
    return db_int(c, &SQL_oldest_parting, seconds, NO_ARGS);
}

err payments__sweep_partings(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_partings, gone, ARGS(ARG(most)));
}

err payments__sweep_awaited(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_awaited, gone, ARGS(ARG(most)));
}

err payments__has_customer_left(
    struct ctx *c, const char *provider, const char *customer, bool *out)
{
    return db_bool(c, &SQL_has_customer_left, out, ARGS(ARG(provider), ARG(customer)));
}
