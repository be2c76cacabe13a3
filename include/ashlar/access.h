/*
 * access — what may be done in an organisation and what has a say in it, as lists to show: for a
 * front end's first screen and for whoever asks why. Tells, never decides: that is ctx_require and
 * entitlement_require. Knows no module: it reads their tables.
 */
#pragma once
#include "entitlement.h"
#include "shape.h"

struct permission;

/* The declared one, or NULL. Permissions of staff are not among them. */
PUBLIC const struct permission *access_permission(const char *name);

/* Names of the permissions a role holds, in the modules' order; none for a NULL role. */
PUBLIC void access_permissions(struct ctx *c, const char *role, const char *const **out, size_t *n);

/* A key that acts with somebody's authority, as whoever removes that person sees it. */
struct access_key {
    struct uuid id; /* "key_…" */
    const char *name;
    const char *hint; /* its last characters */
};
PUBLIC extern const struct shape access_key_shape;

/* Those of c->org with the authority of `person`, oldest first; at most 1,000, of which there are
 * fewer. In an open transaction. */
PUBLIC CHECKED err access_keys_of(
    struct ctx *c, struct uuid person, const struct access_key **out, size_t *n);

/* What the plan of c->org says of one entitlement. */
struct access_entitlement {
    const char *name, *doc;
    const char *kind; /* limit, feature */
    bool included;    /* FEATURE: may be used; LIMIT: there may be at least one */
    bool unlimited;
    int64_t limit;    /* at most so many; 0 when unlimited, and of features */
    bool frozen;      /* nothing may be added: a payment is long overdue */
    const char *plan; /* NULL: nobody sells plans here */
};
PUBLIC extern const struct shape access_entitlement_shape;

/* Of the module of this name, or of all (NULL). In c->org and an open transaction. */
PUBLIC CHECKED err access_entitlements(
    struct ctx *c, const char *module, const struct access_entitlement **out, size_t *n);
