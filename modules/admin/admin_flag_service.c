/* Changes of flags: no concurrent change is overwritten, and targets exist. */
#include "admin_internal.h"

static err lock_flag(struct ctx *c, const char *flag)
{
    struct flag_state before;

    TRY(flag_lock(c, flag, &before));
    return ctx_match_version(c, before.version);
}

err admin__set_flag(
    struct ctx *c, const char *flag, const struct flag_change *change, struct flag_state *out)
{
    TRY(lock_flag(c, flag));
    return flag_set(c, flag, change, out);
}

err admin__aim_flag_at_org(
    struct ctx *c, const char *flag, struct uuid org, const char *value, struct flag_state *out)
{
    struct users_org_summary known;

    if (value)
        TRY(users_find_org(c, org, &known));
    TRY(lock_flag(c, flag));
    return flag_aim(c, flag, "org", org, value, out);
}

err admin__aim_flag_at_person(
    struct ctx *c, const char *flag, struct uuid person, const char *value, struct flag_state *out)
{
    struct users_person known;

    if (value)
        TRY(users_find_person(c, person, &known));
    TRY(lock_flag(c, flag));
    return flag_aim(c, flag, "person", person, value, out);
}
