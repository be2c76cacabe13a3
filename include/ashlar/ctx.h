/*
 * ctx — one unit of work: a request, a job, a command, a test. It is independent of HTTP, so that
 * all of them can call the same service function.
 *
 * A ctx belongs to one thread or fiber at a time. All objects reachable from it are in its arena
 * and are freed with it. Copy data that must outlive it.
 */
#pragma once
#include "clock.h"
#include "error.h"
#include "id.h"

enum actor_kind {
    ACTOR_NONE,   /* not authenticated */
    ACTOR_PERSON, /* a person's session */
    ACTOR_KEY,    /* an organisation's API key, without person and role: its scopes, limited to the
                   * current authority of its creator */
    ACTOR_SYSTEM, /* the platform itself: jobs, commands */
};

/* The authenticated actor. The dispatcher fills it from the authenticator's row (module.h). Modules
 * only read it. */
struct actor {
    enum actor_kind kind;
    struct uuid person;
    struct uuid session;
    const char *email;                 /* verified, lower-cased. NULL for other kinds */
    struct instant signed_in_at;       /* start of the session */
    struct instant reauthenticated_at; /* last proof of credentials: for sudo */
    const char *factors;               /* space-separated, e.g. "password totp" */
    struct uuid key, key_org;          /* ACTOR_KEY: the key and its organisation */
    struct uuid maker;                 /* ACTOR_KEY: person whose authority it has */
    const char *scopes;                /* ACTOR_KEY: permissions, "users.invite|users.read" */
    const char *network;               /* client's /24 or /64, as text. NULL outside requests */
};

struct ctx {
    struct arena *arena;
    struct actor actor;
    struct uuid org;        /* the tenant of this unit of work. Nil: none */
    const char *role;       /* actor's role in `org`. NULL: none */
    const char *maker_role; /* ACTOR_KEY: its creator's current role in `org` */
    const char *staff_role; /* on a staff route. NULL elsewhere */
    const char *request_id; /* "req_…". A job has the id of the request that enqueued it */
    const char *trace_id;   /* 32 hex digits (W3C trace context) */
    const char *span_id;    /* 16 hex digits */
    const char *job;        /* "job_…" inside a job. NULL elsewhere */
    const char *operation;  /* route id, job kind or command: for logs and metrics */
    int64_t deadline_us;    /* on clock_monotonic_us's scale. 0: none */
    int round_trips;        /* to PostgreSQL, so far */
    bool in_transaction;    /* a transaction is open: other waits are rejected */

    /* Platform state. Modules must not use it. */
    struct problem *problem;
    struct tx *tx;
    struct response *response;
    bool outgrown_logged; /* the log line was written */
};

/* Milliseconds until the deadline, at least 0. A large number without deadline. */
PUBLIC int ctx_left_ms(const struct ctx *c);

/* ERR_OUTGROWN once the memory of the unit of work exceeded its soft limit (arena.h): it must end.
 * Every function that receives data checks it first (db_, net_, storage_, shape_…). A loop that
 * only computes and allocates should check it too. Logs `unit.memory_exceeded` once. */
PUBLIC CHECKED err ctx_fits(struct ctx *c);
