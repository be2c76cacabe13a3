/* Entitlements of a plan, read in the transaction of the change that requires them. */
#include "payments_internal.h"

/* A limit that the plan does not mention is unlimited: a new module must not lock out customers
 * with older plans. A feature that the plan does not mention is not included. */
static struct entitlement_grant grant_of(
    const struct entitlement *e, const struct payments__stated *stated)
{
    return (struct entitlement_grant){
        .plan = stated->plan,
        .unlimited = stated->stated ? !stated->is_limited : e->kind == ENTITLEMENT_LIMIT,
        .limit = stated->most,
    };
}

err payments__check_entitlement(
    struct ctx *c, const struct entitlement *e, struct entitlement_grant *out)
{
    const int64_t grace_days = setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS);
    const struct payments__subscription *rows, *paid;
    const struct instant now = clock_now();
    struct payments__stated stated;
    bool sells;
    size_t n;

    TRY(payments__default_grant(c, e->name, &stated, &sells));
    if (!sells) {
        *out = (struct entitlement_grant){ .unlimited = true };
        return NULL;
    }
    TRY(payments__list_subscriptions(c, &rows, &n));
    paid = payments__effective(rows, n, now, grace_days);
    if (paid)
        TRY(payments__plan_grant(c, paid->plan_id, e->name, &stated));
    *out = grant_of(e, &stated);
    out->frozen = paid && payments__access_of(paid, now, grace_days) == PAYMENTS__LIMITED;
    return NULL;
}
