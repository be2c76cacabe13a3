/*
 * entitlement — limits and features that an organisation's plan grants. A module that sells plans
 * provides the grants through a hook (module.h).
 *
 * A module declares its entitlements and checks them in the transaction of the change:
 *
 *     const struct entitlement USERS_SEATS = {
 *         .name = "users.seats",
 *         .doc = "Members, without open invitations",
 *         .kind = ENTITLEMENT_LIMIT,
 *     };
 *
 *     TRY(lock_org(c));
 *     TRY(count_seats(c, &used));                            a second statement: it reads rows that
 *     TRY(entitlement_require(c, &USERS_SEATS, used + 1));   were committed while the lock waited
 */
#pragma once
#include "ctx.h"

struct entitlement {
    const char *name; /* "users.seats": module, then object. Key in the plans file */
    const char *doc;
    enum { ENTITLEMENT_LIMIT, ENTITLEMENT_FEATURE } kind;
};

/* Grant of one entitlement by the plan of c->org. */
struct entitlement_grant {
    bool unlimited;   /* LIMIT: no maximum. FEATURE: included */
    int64_t limit;    /* LIMIT unless unlimited: maximum, 0 or more */
    bool frozen;      /* additions are rejected at any limit: a payment is long overdue */
    const char *plan; /* its key, "team". NULL: no enabled module sells plans */
};

/*
 * NULL, or ENTITLEMENT_EXCEEDED. `needed` is the total after the change (used seats and the new
 * one), 1 for a feature. Call it in c->org and the transaction of the change. Everything is allowed
 * without a module that sells plans and while its catalogue is empty. Routes that may return the
 * error list it in .errors.
 */
PUBLIC CHECKED err entitlement_require(struct ctx *c, const struct entitlement *e, int64_t needed);

/* The grant, for display. */
PUBLIC CHECKED err entitlement_read(
    struct ctx *c, const struct entitlement *e, struct entitlement_grant *out);

/* All entitlements of the enabled modules, in the modules' order. NULL-terminated. */
PUBLIC const struct entitlement *const *entitlements_declared(struct arena *a, size_t *n);

PUBLIC extern const struct error_kind ENTITLEMENT_EXCEEDED; /* 409 entitlement-exceeded */
