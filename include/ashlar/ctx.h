/*
 * ctx — one unit of work: a request, a job, a command, a test. Never an HTTP object, so the same
 * service function runs from any of them.
 *
 * A ctx belongs to one thread or fiber at a time. Everything reachable from it lives in
 * its arena and dies with it; copy what must stay.
 */
#pragma once
#include "clock.h"
#include "error.h"
#include "id.h"

enum actor_kind {
    ACTOR_NONE,   /* nobody is signed in */
    ACTOR_PERSON, /* a person's session */
    ACTOR_KEY,    /* an organisation's API key: no person, no role; of what its maker may do now,
                     its scopes */
    ACTOR_SYSTEM, /* the platform itself: jobs, commands */
};

/* Who acts. Filled by the dispatcher from the authenticator's row (module.h); modules only read it.
 */
struct actor {
    enum actor_kind kind;
    struct uuid person;
    struct uuid session;
    const char *email;           /* verified, lower-cased; NULL when not a person */
    struct instant signed_in_at; /* when this session began */
    struct instant proved_at;    /* when it last proved its credentials: for sudo */
    const char *factors;         /* space-separated, e.g. "password totp" */
    struct uuid key, key_org;    /* ACTOR_KEY: which, and whose */
    struct uuid maker;           /* ACTOR_KEY: whose authority it has */
    const char *scopes;          /* ACTOR_KEY: permissions, "users.invite|users.read" */
    const char *network;         /* client's /24 or /64, as text; NULL outside requests */
};

struct ctx {
    struct arena *arena;
    struct actor actor;
    struct uuid org;        /* the tenant of this unit of work; nil when there is none */
    const char *role;       /* actor's role in `org`; NULL when there is none */
    const char *maker_role; /* ACTOR_KEY: its maker's role in `org` now */
    const char *staff_role; /* on a staff route; NULL elsewhere */
    const char *request_id; /* "req_…"; jobs carry the id of the request that enqueued them */
    const char *trace_id;   /* 32 hex digits (W3C trace context) */
    const char *span_id;    /* 16 hex digits */
    const char *job;        /* "job_…" while one runs; NULL elsewhere */
    const char *operation;  /* route id, job kind or command: for logs and metrics */
    int64_t deadline_us;    /* on clock_monotonic_us's scale; 0: none */
    int round_trips;        /* to PostgreSQL, so far */
    bool in_transaction;    /* one is open: waiting for anything else is refused */

    /* The platform's own halves; modules leave them alone. */
    struct problem *problem;
    struct tx *tx;
    struct response *response;
    bool told_outgrown; /* its log line was written */
};

/* Milliseconds until the deadline, never below 0; a large number when there is none. */
PUBLIC int ctx_left_ms(const struct ctx *c);

/* ERR_OUTGROWN once the unit of work's memory came past its soft ceiling (arena.h): it has to end.
 * Whatever takes in data asks this first (db_, net_, storage_, shape_…); a loop that only computes
 * and allocates may as well. Logs `unit.outgrown`, once. */
PUBLIC CHECKED err ctx_fits(struct ctx *c);
