/*
 * entitlement — what an organisation's plan lets it have: how many of something, or whether at all.
 * Knows no plan and no price: who sells plans answers through a hook (module.h).
 *
 * A module declares its own and asks in the transaction of the change it protects:
 *
 *     const struct entitlement USERS_SEATS = {
 *         .name = "users.seats",
 *         .doc = "Members; open invitations do not count",
 *         .kind = ENTITLEMENT_LIMIT,
 *     };
 *
 *     TRY(lock_org(c));
 *     TRY(count_seats(c, &used));                            a second statement: it sees the rows
 *     TRY(entitlement_require(c, &USERS_SEATS, used + 1));   others committed while we waited
 */
#pragma once
#include "ctx.h"

struct entitlement {
    const char *name; /* "users.seats": module, then what; the plans file uses it */
    const char *doc;
    enum { ENTITLEMENT_LIMIT, ENTITLEMENT_FEATURE } kind;
};

/* What the plan of c->org says of one. */
struct entitlement_grant {
    bool unlimited;   /* LIMIT: as many as wanted; FEATURE: included */
    int64_t limit;    /* LIMIT unless unlimited: at most so many, 0 or more */
    bool frozen;      /* nothing may be added, whatever the limit: a payment is long overdue */
    const char *plan; /* its key, "team"; NULL: nobody sells plans here */
};

/*
 * NULL, or ENTITLEMENT_EXCEEDED: `needed` is the total there would be after the change (seats used
 * and the new one), 1 for a feature. Inside the organisation (c->org) and the transaction of the
 * change. Without a module that sells plans, and while its catalogue is empty, everything is
 * allowed. A route that may answer it lists it in .errors.
 */
PUBLIC CHECKED err entitlement_require(struct ctx *c, const struct entitlement *e, int64_t needed);

/* The grant itself, for showing it. */
PUBLIC CHECKED err entitlement_read(
    struct ctx *c, const struct entitlement *e, struct entitlement_grant *out);

/* All that the enabled modules declare, in their order; NULL-terminated. */
PUBLIC const struct entitlement *const *entitlements_declared(struct arena *a, size_t *n);

PUBLIC extern const struct error_kind ENTITLEMENT_EXCEEDED; /* 409 entitlement-exceeded */
