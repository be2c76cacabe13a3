/*
 * module — what a business module is, in one table.
 *
 * Every array ends with an empty row. Modules hold no mutable globals: state lives in PostgreSQL.
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

/* What may be done, and which built-in roles may. */
struct permission {
    const char *name;  /* "users.invite": module.verb */
    const char *roles; /* "owner|admin", of authorizer.role_names; staff's of staff_gate's */
    const char *doc;
};

/*
 * How a credential becomes an actor (hook of auth). The platform hashes the presented token with
 * `purpose` and runs `identity` with $1 = hash before the tenant is known. No row: 401. Because it
 * is a query and not a function, the platform may cache its row and send it along with the
 * request's first statement as the check that it still stands.
 */
struct authenticator {
    const char *prefix;  /* of the token, "ses"; NULL ends the list */
    const char *purpose; /* for token_hash */
    /* ACTOR_PERSON: the row is of identity_shape. ACTOR_KEY: of key_identity_shape; comes as bearer
     * only and counts on AUTH_SESSION_OR_KEY routes only. */
    enum actor_kind becomes;
    /* Asked before the database is; NULL: any token may be one. */
    bool (*is_well_formed)(const char *token);
    const struct query *identity;
    const struct query *touch; /* $1 = session or key: run apart when the row said `stale` */
    /* ACTOR_KEY whose `identity` gave no row: $1 = hash → a row when the key is there and it is its
     * maker who is not. Then, and when the maker is no member, the answer is `orphaned`, a 401.
     * Both or neither; without them it is ERR_UNAUTHENTICATED. */
    const struct query *orphan;
    const struct error_kind *orphaned;
};
struct identity {
    struct uuid person_id;
    struct uuid session_id;
    const char *email;
    const char *factors;
    struct instant signed_in_at, proved_at;
    bool stale; /* last use was noted long enough ago to note it again */
};
PUBLIC extern const struct shape identity_shape;
struct key_identity {
    struct uuid key_id, org_id;
    struct uuid maker_id; /* whose authority it has: that of the role this person has now */
    const char *scopes;   /* "users.invite|users.read"; may be "" */
    bool stale;
};
PUBLIC extern const struct shape key_identity_shape;

/*
 * How roles in an organisation are found (hook of users), inside the tenant: `grant` before every
 * request there, for the person who acts or whose authority a key has. As with the identity, the
 * row may be remembered and then travels as a check with the request's first statement: what it
 * says holds on every process from the next request on.
 */
struct authorizer {
    const struct query *grant; /* $1 person, $2 org → one row of grant_shape, none: not a member */
    const struct query *roles; /* $1 org, $2 people, "uuid|uuid" → rows of member_role_shape, none
                                  of those who are no members */
    const struct error_kind *suspended; /* what a suspended organisation answers, but on routes with
                                           .while_suspended */
    const char *role_names; /* all there are, "owner|admin": the tables of permissions name them */
};
struct grant {
    const char *role;
    bool suspended; /* the organisation is */
};
PUBLIC extern const struct shape grant_shape;
struct member_role {
    struct uuid person_id;
    const char *role;
};
PUBLIC extern const struct shape member_role_shape;

/* Who stands for what was done by somebody who does not act now (hook of auth; authority.h). Runs
 * inside the tenant. */
struct keyring {
    /* $1 people, $2 keys of this organisation, each "uuid|uuid" → rows of standing_shape: none of
     * who is suspended, of a key that is revoked or expired, or whose maker is suspended. */
    const struct query *standing;
    /* $1 org, $2 person → rows of access_key_shape (access.h): the keys with this authority. */
    const struct query *made_by;
};
struct standing {
    struct uuid key_id;    /* nil: of the person themselves */
    struct uuid person_id; /* of a key: whose authority it has */
    const char *scopes;    /* NULL: no key */
};
PUBLIC extern const struct shape standing_shape;

/*
 * Who is staff (hook of admin): `grant` with $1 person, $2 session, $3 when it signed in → one row
 * of staff_grant_shape, none: not staff. As with the identity, the row may be remembered and then
 * travels as a check with the request's first statement.
 */
struct staff_gate {
    const struct query *grant;
    const struct query *touch; /* $1 session, $2 person: run apart when the row said `stale` */
    const char *role_names;    /* all of staff's: the tables of staff's permissions name them */
};
struct staff_grant {
    const char *role;
    bool fresh; /* the session is young enough, and was used lately enough, for staff work */
    bool stale; /* its last use was noted long enough ago to note it again */
};
PUBLIC extern const struct shape staff_grant_shape;

/* Whom demo data belongs to: a person, and an organisation they own. */
struct demo {
    struct uuid person, org;
    const char *email;
};

/* A table one module hands to another, which declares its type (notifications_kind); the platform
 * carries it unread. */
struct extension {
    const char *to;   /* the reading module */
    const void *rows; /* NULL-terminated array of pointers */
};

struct module {
    const char *name; /* also its PostgreSQL schema and migrations folder */
    const char *summary;
    const struct route *const *routes; /* ROUTES(…): one table for each noun */
    const struct constraint *constraints;
    const struct permission *permissions;
    /* Of SCOPE_STAFF routes; roles are staff's: "support|operator|superadmin" */
    const struct permission *staff_permissions;
    const struct setting *const *settings;  /* NULL-terminated */
    const struct table *tables;             /* every table of its schema; ends with an empty row */
    const struct job_kind *const *jobs;     /* NULL-terminated */
    const struct job_worker *workers;       /* one for each of .jobs; ends with an empty row */
    const struct event_kind *const *events; /* published; NULL-terminated */
    const struct subscription *subscriptions;
    const struct flag *const *flags;               /* NULL-terminated */
    const struct metric *const *metrics;           /* NULL-terminated */
    const struct entitlement *const *entitlements; /* that its changes ask for; NULL-terminated */
    const struct extension *extensions;            /* ends with an empty row */
    const struct command *commands; /* `ashlar <name> <command>`; ends with an empty row */
    const char *const *requires;    /* names of modules it needs; NULL-terminated */

    /* What staff see of an organisation and of a person from this module; NULL: nothing. */
    const struct support_view *org_support_view, *person_support_view;

    /* Hooks; NULL where a module has nothing to say. */
    const struct authenticator *authenticate; /* a list */
    const struct authorizer *authorize;
    const struct keyring *keyring;
    const struct staff_gate *staff;
    /* What the plan of c->org says of an entitlement, in the caller's transaction (hook of
     * payments). */
    err (*check_entitlement)(
        struct ctx *c, const struct entitlement *e, struct entitlement_grant *out);
    /* Remove what the module holds of a person, or of the tenant c->org. Run by users in its
     * transaction, upper modules first. */
    err (*erase_person)(struct ctx *c, struct uuid person);
    err (*purge_org)(struct ctx *c);
    /* The tenant c->org is suspended, or restored: clocks of the module's own that run against it
     * (what is given up after two days, disabled after five, deleted when old) stand still
     * meanwhile. Its jobs and events wait without being told. Run by users in its transaction. */
    err (*hold_org)(struct ctx *c, bool held);
    /* → one integer: for how many seconds the longest awaited callback of a provider is overdue; 0:
     * none is. Asked every few seconds as ashlar_system, across tenants (the alert "callbacks"). */
    const struct query *callback_overdue;
    /* Make, or find again, whom demo data belongs to (hook of auth). As the system, in no
     * organisation; a nil org: there is none that may be written to. TX_MANUAL. */
    err (*make_demo)(struct ctx *c, struct demo *out);
    /*
     * Demo data, in development and test only, lower modules first. Called as a request of the demo
     * owner's would be: c->org is the demo organisation and c->actor.person its owner, with the
     * role "owner", so that what is written passes the fences, the services' checks and the audit
     * trail; where no module makes a demo (auth is left out), the system in no organisation.
     * TX_MANUAL.
     *
     * EVERY `deploy/dev` and `ashlar seed` calls it, not only the first: a second call adds
     * nothing. It finds what it made by something that is unique in the organisation (a name, a key
     * of its own), in the transaction that would make it, so that two at once make it once. A
     * failure ends deploy/dev.
     */
    err (*seed)(struct ctx *c);
    /* What only the owner of the schema may do from time to time, such as making and dropping
     * partitions: run by `ashlar maintain`, daily; idempotent, and late by days without harm. Its
     * transactions run as ashlar_owner. TX_MANUAL. */
    err (*maintain)(struct ctx *c);
    /* Sets the module's gauges, every 15 s in each process with workers; as the system, across
     * tenants, in a short transaction. */
    err (*measure)(struct ctx *c);
    /* Why the module cannot run with these settings, or NULL. At start, before serving. */
    const char *(*check)(enum environment env);
};

/* Called by users; every enabled module's hook in turn, upper modules first. */
PUBLIC CHECKED err modules_erase_person(struct ctx *c, struct uuid person);
PUBLIC CHECKED err modules_purge_org(struct ctx *c);
PUBLIC CHECKED err modules_hold_org(struct ctx *c, bool held);

/* The tables by which the enabled modules extend a module, one after the other, NULL after the
 * last: for (size_t at = 0; (rows = modules_extensions("notifications", &at)) != NULL;) */
PUBLIC const void *modules_extensions(const char *to, size_t *at);

/* Does this role hold the permission, by the modules' tables? */
PUBLIC bool modules_role_may(const char *role, const char *permission);
