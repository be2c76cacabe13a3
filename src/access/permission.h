/* Checks of a permission whose row is known: the router compiles it into its own. */
#pragma once
#include <ashlar/authority.h>
#include <ashlar/module.h>

/* authority_may and, of the actor in c->org, ctx_may, of members' permissions. Never of a NULL `p`,
 * but for the system. Threads: any. */
bool authority_holds(const struct authority *a, const struct permission *p);
bool ctx_holds(const struct ctx *c, const struct permission *p);
