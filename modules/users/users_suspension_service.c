/* Suspension of an organisation and its end, for staff. */
#include "users_internal.h"

err users__org_is_suspended(struct ctx *c)
{
    return problem(c, &USERS_ORG_SUSPENDED, NULL,
        "The organisation is suspended. Paying, exporting its data and leaving stay available.");
}

err users_require_open_org(struct ctx *c)
{
    bool suspended;

    TRY(users__is_org_suspended(c, &suspended));
    return suspended ? users__org_is_suspended(c) : NULL;
}

static const EVENT(users_suspension_event) * kind_of(bool suspend)
{
    return suspend ? &USERS_ORG_WAS_SUSPENDED : &USERS_ORG_WAS_RESTORED;
}

/* In the organisation. `*changed`: the state differs from before. */
static err change(struct ctx *c, const char *reason, bool suspend, bool *changed)
{
    const struct uuid org = c->org;
    struct users_org_summary before, after;
    bool was;

    TRY(users__lock_org(c, &was));
    *changed = was != suspend;
    if (!was && !suspend)
        return NULL;
    TRY(users_find_org(c, org, &before));
    TRY(suspend ? users__suspend_org(c, reason) : users__restore_org(c));
    TRY(users_find_org(c, org, &after));
    TRY(audit(c, kind_of(suspend)->kind.name, "org", org, users_org_summary, &before, &after));
    if (suspend)
        stream_wake_org(c, org);
    if (!*changed)
        return NULL;
    TRY(modules_hold_org(c, suspend));
    return job_hold_org(c, org, suspend);
}

static err set_suspended(struct ctx *c, struct uuid org, const char *reason, bool suspend)
{
    const struct users_suspension_event event = { .org_id = org, .reason = reason };
    bool changed;

    TRY(tx_enter_org(c, org));
    TRY(change(c, reason, suspend, &changed));
    TRY(tx_leave_org(c));
    if (!changed)
        return NULL;
    return event_publish(c, kind_of(suspend), org, &event);
}

err users_suspend_org(struct ctx *c, struct uuid org, const char *reason)
{
    return set_suspended(c, org, reason, true);
}

err users_restore_org(struct ctx *c, struct uuid org, const char *reason)
{
    return set_suspended(c, org, reason, false);
}
