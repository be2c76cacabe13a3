/* May who acts do this? By the modules' tables. Knows no module and no query. */
#include "registry.h"
#include <ashlar/text.h>

bool ctx_may(const struct ctx *c, const char *permission)
{
    if (c->actor.kind == ACTOR_SYSTEM)
        return true;
    if (c->actor.kind == ACTOR_KEY)
        return uuid_equal(c->org, c->actor.key_org) &&
               text_is_one_of(c->actor.scopes, permission, strlen(permission));
    if (c->actor.kind != ACTOR_PERSON)
        return false;
    return registry_role_may(c->role, permission) || registry_staff_may(c->staff_role, permission);
}

err ctx_require(struct ctx *c, const char *permission)
{
    if (ctx_may(c, permission))
        return NULL;
    return problem(c, &ERR_FORBIDDEN, NULL, "This needs the permission %s.", permission);
}
