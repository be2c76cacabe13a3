/*
 * module — declaration of a business module, in one table.
 *
 * Every array ends with an empty row. Modules have no mutable globals: state is in PostgreSQL.
 *
 * Home: registry.c.
 */
#pragma once
#include "audit.h"
#include "support_view.h"
#include "command.h"
#include "config.h"
#include "crypto.h"
#include "ctx.h"
#include "db.h"
#include "entitlement.h"
#include "event.h"
#include "flag.h"
#include "job.h"
#include "metrics.h"
#include "route.h"
#include "table.h"

/* A permission and the built-in roles that have it. */
struct permission {
    const char *name;  /* "users.invite": module.verb */
    const char *roles; /* "owner|admin", of authorizer.role_names, or for staff of staff_gate's */
    const char *doc;
};

/*
 * Authentication of a credential (hook of auth). The platform hashes the presented token with
 * `purpose` and runs `identity` with $1 = hash before the tenant is known. No row: 401. `identity`
 * is a query, so that the platform can cache its row and re-check it within the request's first
 * statement.
 */
struct authenticator {
    const char *prefix;  /* of the token, "ses". NULL ends the list */
    const char *purpose; /* for token_hash */
    /* ACTOR_PERSON: the row is of identity_shape. ACTOR_KEY: of key_identity_shape, accepted only
     * as bearer token, on AUTH_SESSION_OR_KEY routes. */
    enum actor_kind becomes;
    /* Checked before the query. NULL: every token is well-formed. */
    bool (*is_well_formed)(const char *token);
    const struct query *identity;
    const struct query *touch; /* $1 = session or key: run separately when the row is `stale` */
    /* For an ACTOR_KEY without `identity` row: $1 = hash → a row if the key exists and its creator
     * is unavailable. Then, and if the creator is no member, the error is `orphaned`, a 401. Set
     * both or neither. Without them it is ERR_UNAUTHENTICATED. */
    const struct query *orphan;
    const struct error_kind *orphaned;
};
struct identity {
    struct uuid person_id;
    struct uuid session_id;
    const char *email;
    const char *factors;
    struct instant signed_in_at, reauthenticated_at;
    bool stale; /* the recorded last use is old enough to record it again */
};
PUBLIC extern const struct shape identity_shape;
struct key_identity {
    struct uuid key_id, org_id;
    struct uuid maker_id; /* person whose authority the key has: that of the current role */
    const char *scopes;   /* "users.invite|users.read", or "" */
    bool stale;
};
PUBLIC extern const struct shape key_identity_shape;

/*
 * Roles in an organisation (hook of users), inside the tenant. `grant` runs before every request
 * there, for the acting person or the key's person. Its row may be cached and is then re-checked
 * within the request's first statement. So a change takes effect on every process with the next
 * request.
 */
struct authorizer {
    const struct query *grant; /* $1 person, $2 org → one row of grant_shape, none: not a member */
    const struct query *roles; /* $1 org, $2 people, "uuid|uuid" → rows of member_role_shape, for
                                * members only */
    const struct error_kind *suspended; /* error of a suspended organisation, except on routes with
                                         * .while_suspended */
    const char *role_names; /* all role names, "owner|admin": the tables of permissions use them */
};
struct grant {
    const char *role;
    bool suspended; /* the organisation is suspended */
};
PUBLIC extern const struct shape grant_shape;
struct member_role {
    struct uuid person_id;
    const char *role;
};
PUBLIC extern const struct shape member_role_shape;

/* Authority behind work of principals that do not act now (hook of auth, see authority.h). Runs
 * inside the tenant. */
struct keyring {
    /* $1 people, $2 keys of this organisation, each "uuid|uuid" → rows of standing_shape. No row
     * for a suspended person, a revoked or expired key, or a key whose creator is suspended. */
    const struct query *standing;
    /* $1 org, $2 person → rows of access_key_shape (access.h): the keys with this authority. */
    const struct query *made_by;
};
struct standing {
    struct uuid key_id;    /* nil: the person's own authority */
    struct uuid person_id; /* of a key: person whose authority it has */
    const char *scopes;    /* NULL: no key */
};
PUBLIC extern const struct shape standing_shape;

/*
 * Staff membership (hook of admin): `grant` with $1 person, $2 session, $3 sign-in time → one row
 * of staff_grant_shape, no row: not staff. As with the identity, the row may be cached and is then
 * re-checked within the request's first statement.
 */
struct staff_gate {
    const struct query *grant;
    const struct query *touch; /* $1 session, $2 person: run separately when the row is `stale` */
    const char *role_names;    /* all staff roles: the tables of staff permissions use them */
};
struct staff_grant {
    const char *role;
    bool fresh; /* the session is young enough and was used recently enough for staff work */
    bool stale; /* the recorded last use is old enough to record it again */
};
PUBLIC extern const struct shape staff_grant_shape;

/* Owner of demo data: a person, and an organisation they own. */
struct demo {
    struct uuid person, org;
    const char *email;
};

/* A table that one module passes to another, which declares its type (notifications_kind). The
 * platform does not read it. */
struct extension {
    const char *to;   /* the reading module */
    const void *rows; /* NULL-terminated array of pointers */
};

struct module {
    const char *name; /* also its PostgreSQL schema and migrations directory */
    const char *summary;
    const struct route *const *routes; /* ROUTES(…): one table for each noun */
    const struct constraint *constraints;
    const struct permission *permissions;
    /* Of SCOPE_STAFF routes. Their roles are "support|operator|superadmin" */
    const struct permission *staff_permissions;
    const struct setting *const *settings;  /* NULL-terminated */
    const struct table *tables;             /* every table of its schema. Ends with an empty row */
    const struct job_kind *const *jobs;     /* NULL-terminated */
    const struct job_worker *workers;       /* one for each of .jobs. Ends with an empty row */
    const struct event_kind *const *events; /* published. NULL-terminated */
    const struct subscription *subscriptions;
    const struct flag *const *flags;               /* NULL-terminated */
    const struct metric *const *metrics;           /* NULL-terminated */
    const struct entitlement *const *entitlements; /* checked by its changes. NULL-terminated */
    const struct extension *extensions;            /* ends with an empty row */
    const struct command *commands; /* `ashlar <name> <command>`. Ends with an empty row */
    const char *const *requires;    /* names of required modules. NULL-terminated */

    /* This module's part of staff's page of an organisation and of a person. NULL: none. */
    const struct support_view *org_support_view, *person_support_view;

    /* Hooks. NULL: none. */
    const struct authenticator *authenticate; /* a list */
    const struct authorizer *authorize;
    const struct keyring *keyring;
    const struct staff_gate *staff;
    /* Grant of an entitlement by the plan of c->org, in the caller's transaction (hook of
     * payments). */
    err (*check_entitlement)(
        struct ctx *c, const struct entitlement *e, struct entitlement_grant *out);
    /* Removes the module's data of a person, or of the tenant c->org. Called by users in its
     * transaction, upper modules first. */
    err (*erase_person)(struct ctx *c, struct uuid person);
    err (*purge_org)(struct ctx *c);
    /* The tenant c->org is suspended (`held`) or restored. The module must stop its timers against
     * the tenant during the suspension (expiry of attempts, automatic disabling, deletion by age).
     * Jobs and events are held by the platform. Called by users in its transaction. */
    err (*hold_org)(struct ctx *c, bool held);
    /* → one integer: seconds by which the longest awaited callback of a provider is overdue. 0:
     * none is. Run every few seconds as ashlar_system, across tenants (the alert "callbacks"). */
    const struct query *callback_overdue;
    /* Creates or finds the owner of demo data (hook of auth). As the system, in no organisation. A
     * nil org: no writable one exists. TX_MANUAL. */
    err (*make_demo)(struct ctx *c, struct demo *out);
    /*
     * Creates demo data, in development and test only, lower modules first. Called as a request of
     * the demo owner: c->org is the demo organisation and c->actor.person its owner, with the role
     * "owner". So the data passes row-level security, the services' checks and the audit log. If no
     * module creates a demo owner (auth is excluded), the system calls it in no organisation.
     * TX_MANUAL.
     *
     * EVERY `deploy/dev` and `ashlar seed` calls it, so a second call must add nothing. It must
     * find its data by a key unique in the organisation, in the transaction that would create it.
     * So two concurrent calls create it once. A failure ends deploy/dev.
     */
    err (*seed)(struct ctx *c);
    /* Work that requires the owner of the schema, such as creating and dropping partitions. Called
     * by `ashlar maintain`, daily. It must be idempotent and tolerate a delay of days. Its
     * transactions run as ashlar_owner. TX_MANUAL. */
    err (*maintain)(struct ctx *c);
    /* Sets the module's gauges, every 15 s in each process with workers, as the system, across
     * tenants, in a short transaction. */
    err (*measure)(struct ctx *c);
    /* NULL, or the reason why the module cannot run with these settings. Called at start, before
     * serving. */
    const char *(*check)(enum environment env);
};

/* Called by users: every enabled module's hook in turn, upper modules first. */
PUBLIC CHECKED err modules_erase_person(struct ctx *c, struct uuid person);
PUBLIC CHECKED err modules_purge_org(struct ctx *c);
PUBLIC CHECKED err modules_hold_org(struct ctx *c, bool held);

/* The tables by which the enabled modules extend a module, one after another, then NULL: start with
 * `at` 0 and call until NULL. */
PUBLIC const void *modules_extensions(const char *to, size_t *at);

/* Whether the role has the permission, by the modules' tables. */
PUBLIC bool modules_role_may(const char *role, const char *permission);
