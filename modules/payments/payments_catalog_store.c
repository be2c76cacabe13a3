/* Queries of plans, prices and entitlements, one function each. No rules here. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct field payments__plan_fields[] = {
    ID(payments__plan, id, "plan"),
    TEXT(payments__plan, key),
    INT(payments__plan, version),
    TEXT(payments__plan, name),
    TEXT(payments__plan, description, .empty = true),
    BOOL(payments__plan, is_default),
    INT(payments__plan, position),
    TEXT(payments__plan, digest),
};
static SHAPE(payments__plan);

static const struct field payments__price_fields[] = {
    ID(payments__price, id, "price"),
    ID(payments__price, plan_id, "plan"),
    TEXT(payments__price, plan),
    TEXT(payments__price, plan_name),
    TEXT(payments__price, currency),
    TEXT(payments__price, period),
    INT(payments__price, amount_minor),
    TEXT(payments__price, provider_price, .optional = true),
};
static SHAPE(payments__price);

static const struct field payments__plan_right_fields[] = {
    ID(payments__plan_right, plan_id, "plan"),
    TEXT(payments__plan_right, name),
    INT(payments__plan_right, most),
    BOOL(payments__plan_right, is_limited),
};
static SHAPE(payments__plan_right);

static const struct field payments__stated_fields[] = {
    ID(payments__stated, plan_id, "plan"),
    TEXT(payments__stated, plan),
    BOOL(payments__stated, stated),
    INT(payments__stated, most),
    BOOL(payments__stated, is_limited),
};
static SHAPE(payments__stated);

err payments__lock_catalog(struct ctx *c)
{
    return db_exec(c, &SQL_lock_catalog, NO_ARGS);
}

err payments__current_plan(struct ctx *c, const char *key, struct payments__plan *out, bool *found)
{
    return db_maybe(c, &SQL_current_plan, payments__plan, out, found, ARGS(ARG(key)));
}

err payments__list_plans(struct ctx *c, const struct payments__plan **rows, size_t *n)
{
    return db_list(c, &SQL_list_current_plans, payments__plan, rows, n, NO_ARGS);
}

err payments__list_prices(struct ctx *c, const struct payments__price **rows, size_t *n)
{
    return db_list(c, &SQL_list_current_prices, payments__price, rows, n, NO_ARGS);
}

err payments__list_rights(struct ctx *c, const struct payments__plan_right **rows, size_t *n)
{
    return db_list(c, &SQL_list_current_entitlements, payments__plan_right, rows, n, NO_ARGS);
}

err payments__retire_plan(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_retire_plan, ARGS(ARG(id)));
}

err payments__only_default(struct ctx *c, const char *key)
{
    return db_exec(c, &SQL_clear_default_plan, ARGS(ARG(key)));
}

static err insert_parts(struct ctx *c, struct uuid id, const struct payments__plan_in *plan)
{
    for (size_t i = 0; i < plan->n_prices; i++) {
        const struct payments__price_in *p = &plan->prices[i];
        TRY(db_exec(c, &SQL_insert_price,
            ARGS(ARG(uuid_new()), ARG(id), ARG(p->currency), ARG(p->period), ARG(p->amount_minor),
                ARG(p->provider_price))));
    }
    for (size_t i = 0; i < plan->n_entitlements; i++) {
        const struct payments__entitlement_in *e = &plan->entitlements[i];
        TRY(db_exec(c, &SQL_insert_plan_entitlement,
            ARGS(ARG(id), ARG(e->name), ARG(e->limit), ARG(!e->unlimited))));
    }
    return NULL;
}

err payments__insert_plan(struct ctx *c, const struct payments__plan_in *plan, const char *digest,
    int64_t position, int64_t *version)
{
    struct uuid id = uuid_new();

    TRY(db_int(c, &SQL_next_plan_version, version, ARGS(ARG(plan->key))));
    TRY(db_exec(c, &SQL_insert_plan,
        ARGS(ARG(id), ARG(plan->key), ARG(*version), ARG(plan->name), ARG(plan->description),
            ARG(plan->is_default), ARG(position), ARG(digest))));
    return insert_parts(c, id, plan);
}

err payments__describe_plan(
    struct ctx *c, struct uuid id, const struct payments__plan_in *plan, int64_t position)
{
    return db_exec(c, &SQL_describe_plan,
        ARGS(ARG(id), ARG(plan->name), ARG(plan->description), ARG(plan->is_default),
            ARG(position)));
}

err payments__find_price(struct ctx *c, const char *plan, const char *currency, const char *period,
    struct payments__price *out, bool *found)
{
    return db_maybe(c, &SQL_find_price, payments__price, out, found,
        ARGS(ARG(plan), ARG(currency), ARG(period)));
}

err payments__get_price(struct ctx *c, struct uuid id, struct payments__price *out, bool *found)
{
    return db_maybe(c, &SQL_get_price, payments__price, out, found, ARGS(ARG(id)));
}

err payments__find_provider_price(
    struct ctx *c, const char *provider_price, struct payments__price *out, bool *found)
{
    return db_maybe(
        c, &SQL_find_provider_price, payments__price, out, found, ARGS(ARG(provider_price)));
}

err payments__default_grant(
    struct ctx *c, const char *entitlement, struct payments__stated *out, bool *found)
{
    return db_maybe(c, &SQL_default_grant, payments__stated, out, found, ARGS(ARG(entitlement)));
}

err payments__plan_grant(
    struct ctx *c, struct uuid plan, const char *entitlement, struct payments__stated *out)
{
    return db_one(c, &SQL_plan_grant, payments__stated, out, ARGS(ARG(plan), ARG(entitlement)));
}
