/* Checks of a permission by its row, which the router stores in its compiled row. */
#pragma once
#include <ashlar/authority.h>
#include <ashlar/module.h>

/* authority_may and, for the actor in c->org, ctx_may, for a permission of members. False for a
 * NULL `p`, except that the system has every permission. Threads: any. */
bool authority_holds(const struct authority *a, const struct permission *p);
bool ctx_holds(const struct ctx *c, const struct permission *p);
