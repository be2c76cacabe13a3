/* permission — is the actor allowed to do this? Computed at use, from the modules' tables. */
#pragma once
#include "ctx.h"

/* May the actor do this in c->org (by role; a key by its scopes and its maker's role, both) or, on
 * a staff route, to whomever? `permission` is one of the declared ones ("users.invite",
 * "admin.suspend"). */
PUBLIC bool ctx_may(const struct ctx *c, const char *permission);

/* The first permission of `role` that the actor has not in c->org; NULL: all are there. Nobody
 * gives or takes a role that is more than they have. */
PUBLIC const char *ctx_lacks(const struct ctx *c, const char *role);

/* ERR_FORBIDDEN naming the permission unless ctx_may. For rules a route's one permission cannot
 * say. */
PUBLIC CHECKED err ctx_require(struct ctx *c, const char *permission);

/* ERR_SUDO_REQUIRED unless the actor's session proved its credentials in the last 15 minutes, or
 * the system acts; ERR_FORBIDDEN for an API key, which can prove nothing. For what only some
 * requests of a route need (route.h: sudo_for_some); where all do, the row says `sudo`. */
PUBLIC CHECKED err ctx_require_sudo(struct ctx *c);
