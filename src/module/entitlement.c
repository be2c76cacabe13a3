/* Entitlement checks through the module that sells plans. */
#include "registry.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

const struct error_kind ENTITLEMENT_EXCEEDED = { "entitlement-exceeded", 409,
    "Not included in the plan",
    "Upgrade the plan as an owner: GET /v1/plans, then POST /v1/orgs/{org_id}/billing/checkout. "
    "The detail names the entitlement, its limit and the number needed." };

static const struct module *seller(void)
{
    for (const struct module *const *m = registry_modules(); *m; m++) {
        if ((*m)->check_entitlement)
            return *m;
    }
    return NULL;
}

err entitlement_read(struct ctx *c, const struct entitlement *e, struct entitlement_grant *out)
{
    const struct module *asked = seller();

    if (asked)
        return asked->check_entitlement(c, e, out);
    *out = (struct entitlement_grant){ .unlimited = true };
    return NULL;
}

static err refuse(struct ctx *c, const struct entitlement *e, const struct entitlement_grant *grant,
    int64_t needed)
{
    const char *org = typeid_text(c->arena, "org", c->org), *plan = grant->plan;

    log_info(c, "entitlement.exceeded", log_text("entitlement", e->name),
        log_int("limit", grant->limit), log_int("needed", needed),
        log_bool("frozen", grant->frozen));
    if (grant->frozen)
        return problem(c, &ENTITLEMENT_EXCEEDED, NULL,
            "A payment is overdue, so nothing can be added to %s (%s). See /v1/orgs/%s/billing.",
            e->name, e->doc, org);
    if (e->kind == ENTITLEMENT_FEATURE)
        return problem(c, &ENTITLEMENT_EXCEEDED, NULL,
            "The plan \"%s\" does not include %s (%s). See /v1/orgs/%s/billing.", plan, e->name,
            e->doc, org);
    return problem(c, &ENTITLEMENT_EXCEEDED, NULL,
        "The plan \"%s\" allows %lld of %s (%s); this needs %lld. See /v1/orgs/%s/billing.", plan,
        (long long)grant->limit, e->name, e->doc, (long long)needed, org);
}

err entitlement_require(struct ctx *c, const struct entitlement *e, int64_t needed)
{
    struct entitlement_grant grant;

    TRY(entitlement_read(c, e, &grant));
    if (!grant.frozen &&
        (grant.unlimited || (e->kind == ENTITLEMENT_LIMIT && needed <= grant.limit)))
        return NULL;
    return refuse(c, e, &grant, needed);
}

const struct entitlement *const *entitlements_declared(struct arena *a, size_t *n)
{
    const struct entitlement **all;
    size_t count = 0;

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct entitlement *const *e = (*m)->entitlements; e && *e; e++)
            count++;
    all = arena_array(a, count + 1, sizeof *all);
    *n = count;
    count = 0;
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct entitlement *const *e = (*m)->entitlements; e && *e; e++)
            all[count++] = *e;
    return all;
}
