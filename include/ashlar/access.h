/*
 * access — permissions and entitlements of an organisation, as lists to display. A front end's
 * first screen and permission explanations use it. The lists decide nothing: ctx_require and
 * entitlement_require do.
 */
#pragma once
#include "entitlement.h"
#include "shape.h"

struct permission;

/* The declared permission, or NULL. Staff permissions are excluded. */
PUBLIC const struct permission *access_permission(const char *name);

/* Names of the permissions of a role, in the modules' order. A NULL role has none. */
PUBLIC void access_permissions(struct ctx *c, const char *role, const char *const **out, size_t *n);

/* An API key that acts with the authority of a person, as shown before that person is removed. */
struct access_key {
    struct uuid id; /* "key_…" */
    const char *name;
    const char *hint; /* its last characters */
};
PUBLIC extern const struct shape access_key_shape;

/* The keys of c->org with the authority of `person`, oldest first, at most 1,000 (an organisation
 * has fewer keys). Requires an open transaction. */
PUBLIC CHECKED err access_keys_of(
    struct ctx *c, struct uuid person, const struct access_key **out, size_t *n);

/* Grant of one entitlement by the plan of c->org. */
struct access_entitlement {
    const char *name, *doc;
    const char *kind; /* limit, feature */
    bool included;    /* FEATURE: allowed. LIMIT: at least one is allowed */
    bool unlimited;
    int64_t limit;    /* maximum. 0 when unlimited and for features */
    bool frozen;      /* additions are rejected: a payment is long overdue */
    const char *plan; /* NULL: no enabled module sells plans */
};
PUBLIC extern const struct shape access_entitlement_shape;

/* Entitlements of the module of this name, or of all modules (NULL). In c->org and an open
 * transaction. */
PUBLIC CHECKED err access_entitlements(
    struct ctx *c, const char *module, const struct access_entitlement **out, size_t *n);
