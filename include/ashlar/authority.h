/*
 * authority — the current permissions of a person or API key in an organisation. It also covers
 * principals that do not act now: the creator of an API key, the sender of an invitation. It is
 * computed at use and never stored. So a demotion, removal or suspension also takes effect in the
 * person's keys and invitations. Modules provide the membership and key queries (module.h).
 *
 * For the current actor use ctx_may and ctx_lacks (ctx.h).
 */
#pragma once
#include "error.h"
#include "id.h"

struct ctx;

/* A person or an API key, the other id nil. Both nil: no principal. */
struct principal {
    struct uuid person, key;
};

/* Zeroed: no authority. */
struct authority {
    struct uuid person; /* of a key: its creator or adopter. Nil: none */
    const char *role;   /* role in the organisation. NULL: not a member, suspended, or erased */
    const char *scopes; /* of a key: its permissions, "users.invite|users.read". NULL:
                         * unrestricted */
};

/*
 * The authority in c->org of n ≤ 200 principals, out[i] for who[i], in c's arena. It takes two
 * statements in the open transaction, independent of n. A key that is revoked, expired or belongs
 * to another organisation has none. Errors: those of db_list.
 */
PUBLIC CHECKED err authority_of(
    struct ctx *c, const struct principal *who, size_t n, struct authority *out);

/* Whether the authority includes this permission, by the modules' tables. Threads: any. */
PUBLIC bool authority_may(const struct authority *a, const char *permission);

/* The first permission of `role` that the authority lacks. NULL: it lacks none. Threads: any. */
PUBLIC const char *authority_lacks(const struct authority *a, const char *role);
