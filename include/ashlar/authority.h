/*
 * authority — what somebody may do in an organisation at this moment, also somebody who does not
 * act now: who made an API key, who sent an invitation. Computed when it is used and never kept, so
 * whoever was demoted, removed or suspended is so in everything they left behind. Knows no module:
 * who belongs where and which key is whose are queries of theirs (module.h).
 *
 * For who acts now there are ctx_may and ctx_lacks (ctx.h).
 */
#pragma once
#include "error.h"
#include "id.h"

struct ctx;

/* A person, or an API key; the other one is nil. Both nil: nobody. */
struct principal {
    struct uuid person, key;
};

/* Zeroed: none at all. */
struct authority {
    struct uuid person; /* whose it is: of a key, who made or adopted it; nil: nobody's */
    const char *role;   /* theirs in the organisation; NULL: no member, suspended, or erased */
    const char *scopes; /* of a key: these and no more, "users.invite|users.read"; NULL: no bound */
};

/*
 * The authority in c->org of each of n ≤ 200 principals, out[i] of who[i], in c's arena: two
 * statements in the open transaction, whatever n is. A key that is revoked, expired or another
 * organisation's has none. Errors: those of db_list.
 */
PUBLIC CHECKED err authority_of(
    struct ctx *c, const struct principal *who, size_t n, struct authority *out);

/* Does it hold this permission, by the modules' tables? Threads: any. */
PUBLIC bool authority_may(const struct authority *a, const char *permission);

/* The first permission of `role` that it does not hold; NULL: it holds them all. Threads: any. */
PUBLIC const char *authority_lacks(const struct authority *a, const char *role);
