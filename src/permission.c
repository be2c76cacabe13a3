/* May who acts do this? By the modules' tables. Knows no module and no query. */
#include "registry.h"
#include <ashlar/authority.h>
#include <ashlar/clock.h>

enum { SUDO_MINUTES = 15 };

static struct authority authority_here(const struct ctx *c)
{
    if (c->actor.kind == ACTOR_PERSON)
        return (struct authority){ .person = c->actor.person, .role = c->role };
    if (c->actor.kind == ACTOR_KEY && uuid_equal(c->org, c->actor.key_org))
        return (struct authority){
            .person = c->actor.maker, .role = c->maker_role, .scopes = c->actor.scopes
        };
    return (struct authority){ .role = NULL };
}

bool ctx_may(const struct ctx *c, const char *permission)
{
    const struct authority here = authority_here(c);

    if (c->actor.kind == ACTOR_SYSTEM || authority_may(&here, permission))
        return true;
    return c->actor.kind == ACTOR_PERSON && registry_staff_may(c->staff_role, permission);
}

const char *ctx_lacks(const struct ctx *c, const char *role)
{
    const struct authority here = authority_here(c);

    return c->actor.kind == ACTOR_SYSTEM ? NULL : authority_lacks(&here, role);
}

/* Whoever finds a browser signed in must not be able to take the account over. */
err ctx_require_sudo(struct ctx *c)
{
    if (c->actor.kind == ACTOR_SYSTEM)
        return NULL;
    if (c->actor.kind == ACTOR_KEY)
        return problem(c, &ERR_FORBIDDEN, NULL, "An API key cannot do this; sign in.");
    if (instant_add(c->actor.proved_at, MINUTES(SUDO_MINUTES)).us > clock_now().us)
        return NULL;
    return problem(c, &ERR_SUDO_REQUIRED, NULL,
        "Prove your password or second factor once more, then send this again.");
}

err ctx_require(struct ctx *c, const char *permission)
{
    if (ctx_may(c, permission))
        return NULL;
    return problem(c, &ERR_FORBIDDEN, NULL, "This needs the permission %s.", permission);
}
