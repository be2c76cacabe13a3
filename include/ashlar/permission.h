/* permission — authorisation of the actor, computed at use from the modules' tables. */
#pragma once
#include "ctx.h"

/* Whether the actor has the permission in c->org or, on a staff route, as staff. A person has it by
 * role. A key has it if it is among its scopes and its creator's role has it. `permission` is a
 * declared one ("users.invite", "admin.suspend"). */
PUBLIC bool ctx_may(const struct ctx *c, const char *permission);

/* The first permission of `role` that the actor lacks in c->org. NULL: none. So an actor cannot
 * grant or remove a role with more permissions than the actor has. */
PUBLIC const char *ctx_lacks(const struct ctx *c, const char *role);

/* ERR_FORBIDDEN with the permission's name unless ctx_may. For rules that a route's one permission
 * cannot express. */
PUBLIC CHECKED err ctx_require(struct ctx *c, const char *permission);

/* ERR_SUDO_REQUIRED unless the actor's session proved its credentials in the last 15 minutes, or
 * the system acts. ERR_FORBIDDEN for an API key, which cannot reauthenticate. For routes that
 * require it in some requests (route.h: sudo_for_some). Routes that always require it set
 * `sudo`. */
PUBLIC CHECKED err ctx_require_sudo(struct ctx *c);
