/*
 * job — durable background work: rows in PostgreSQL, enqueued only inside the caller's transaction,
 * run at least once.
 *
 * A claim uses an attempt. The job of a crashed process is found within 30 s and run again. After
 * three crashed processes it is dead, because it crashes them. A failed job runs again after
 * attempt^4 seconds +-10 %, at most a day. After its last attempt it is dead: kept for 30 days,
 * visible (`ashlar jobs`), retryable. A shutdown returns the attempt.
 *
 * TX_WRITE jobs record their completion in the transaction of their effect, so the effect happens
 * exactly once. TX_MANUAL jobs (which call third parties) must be idempotent. A worker that was
 * frozen and replaced cannot complete its job: each claim increments a fencing token, which the
 * completion must present. A job above the memory limit of a unit of work (arena.h) fails like any
 * other, with "too-much-at-once", and the process continues. A job that loops over tx_run frees the
 * memory of each round (tx.h, "Memory"), so the number of its rounds is not bounded.
 *
 * The payload's shape may gain optional members. A worker of an older binary then fails the job,
 * and a later attempt runs on a newer one.
 *
 * Home: enqueue.c, hold.c and job_admin.c.
 */
#pragma once
#include "page.h"
#include "shape.h"
#include "tx.h"

/* A type of job with its rules. Enqueuing requires only this. The worker has a separate row (struct
 * job_worker), so that a kind is below the business rules and its worker above them. */
struct job_kind {
    const char *name; /* "notifications.send_mail" */
    const char *doc;
    const struct shape *payload; /* secret fields are encrypted at rest, wiped when done */
    const char *queue;           /* NULL: "default" */
    enum tx_kind tx;             /* TX_DEFAULT: TX_MANUAL */
    bool system;                 /* its transactions run as ashlar_system, across tenants */
    int max_attempts;            /* 0: 20 */
    int timeout_s;               /* the ctx deadline. 0: 60 */
    int priority;    /* the lowest runs first. 0 is ordinary. Above 0 it is also the maximum delay
                      * in minutes behind ordinary jobs */
    int concurrency; /* maximum number running over all processes. 0: no separate limit */
    int every_s;     /* > 0: scheduled, one run per period across all processes. Missed runs are
                      * replaced by one */
    bool while_held; /* also for a suspended organisation (job_hold_org): work that must continue,
                      * such as billing, notifying owners, purging */
};

/*
 * JOB_OF(mail_ref) next to the struct declares JOB(mail_ref), the type of the kinds with this
 * payload.
 *
 *     JOB_OF(mail_ref);
 *     extern const JOB(mail_ref) SEND_MAIL;
 *
 *     JOB_KIND(SEND_MAIL, mail_ref, .name = "notifications.send_mail", …);
 *     … .jobs = (const struct job_kind *const[]){ &SEND_MAIL.kind, NULL },
 */
#define JOB_OF(S) union S##_job_kind CARRIER_(job_kind, S)
#define JOB(S)    union S##_job_kind
#define JOB_KIND(name_, S, ...)                                                                    \
    const JOB(S) name_ = { .kind = { .payload = &S##_shape, __VA_ARGS__ } }

/* Function that runs a job. Define it only by JOB_HANDLER. */
struct job_handler {
    err (*run)(struct ctx *c, const struct job_kind *kind, const void *payload);
};

/* JOB_HANDLER(send_mail, mail_ref) { … } defines a function of `c` and `const struct mail_ref *in`.
 */
#define JOB_HANDLER(fn, S)                                                                         \
    static err fn(struct ctx *c, const struct S *in);                                              \
    static err fn##_job(struct ctx *c, const struct job_kind *kind, const void *in)                \
    {                                                                                              \
        (void)kind;                                                                                \
        return fn(c, in);                                                                          \
    }                                                                                              \
    typedef struct S fn##_takes_;                                                                  \
    static const struct job_handler fn##_job_handler = { fn##_job };                               \
    static err fn(struct ctx *c, const struct S *in)

/*
 * A module's row: the worker of a kind. Each kind in .jobs has exactly one, of the same module.
 * Start-up rejects a kind without a worker, a second worker, and a worker of a kind outside .jobs.
 *
 *     { RUNS(SEND_MAIL, send_mail) },
 *     { RUNS(IMPORT, import), ON_DEAD(IMPORT, import_died) },
 *     { .job = NULL },
 *
 * Rows that wait for a job must not wait for ever. ON_DEAD names the function (a JOB_HANDLER of the
 * same struct) that notifies the module of a dead job. It is called once for each death: a failed
 * last attempt, JOB_GIVE_UP, a third crashed process, or an operator's discard of the waiting job.
 * Discarding a dead job is not a second death. It is queued in the transaction in which the job
 * becomes dead, so it cannot be lost. It runs as a separate job ("dead:acme.import") in one
 * transaction, in the job's organisation, as ashlar_system if the kind does. It has 20 attempts,
 * blocks no other job, and is then dead itself. Retrying the dead job before ON_DEAD ran cancels
 * ON_DEAD. Afterwards the job may run again although its module was notified, and may become dead
 * again.
 */
struct job_worker {
    const struct job_kind *job;         /* NULL ends the list */
    const struct job_handler *handler;  /* RUNS */
    const struct job_handler *on_dead;  /* ON_DEAD. NULL: no notification */
    const struct job_kind *on_dead_job; /* kind that ON_DEAD names: the row's own */
};
#define RUNS(job_, fn) .job = &(job_).kind, .handler = CARRIES_(&(job_), fn, fn##_job_handler)
#define ON_DEAD(job_, fn)                                                                          \
    .on_dead = CARRIES_(&(job_), fn, fn##_job_handler), .on_dead_job = &(job_).kind

JOB_OF(nothing); /* payload of sweep jobs */

struct job_options {
    struct instant run_at; /* none: now */
    /* At most one unfinished job of this kind with this key in the organisation (and one outside
     * all organisations). Further ones are no-ops, even while the job runs and may have read older
     * data. A dead job counts as finished. */
    const char *dedupe_key;
    /* Jobs of the organisation with the same key run one after another, in the commit order of
     * their transactions. A dead job blocks only its key. A transaction that enqueues with a key
     * blocks other enqueuing transactions of the key until it commits. */
    const char *ordering_key;
};

/* Enqueues in the open transaction, with c's organisation, request id and trace. The payload has
 * the struct type of the kind: job_enqueue(c, &SEND_MAIL, &ref, .run_at = later) */
#define job_enqueue(c, job, payload, ...)                                                          \
    job_enqueue_(                                                                                  \
        c, &(job)->kind, CARRIED_(job, payload), &(const struct job_options){ __VA_ARGS__ })
PUBLIC CHECKED err job_enqueue_(struct ctx *c, const struct job_kind *kind, const void *payload,
    const struct job_options *options);

/* Returned by a run function: no further attempt, the job is dead immediately (log the reason
 * before). */
PUBLIC extern const struct error_kind JOB_GIVE_UP;

/* --- Holding jobs of a suspended organisation --- */

/*
 * From the commit until the release, no job of `org` starts, of any kind, except kinds and
 * subscriptions with `while_held`. Rows stay unchanged, no attempt is used, no other job waits for
 * them, and no alert counts them. Running jobs continue. After the release, jobs run in order as if
 * they had become due then. A large number returns by about a thousand at a time. The call is
 * idempotent. Deleting the organisation (modules_purge_org) ends its hold.
 * Requires an open transaction as ashlar_system. Errors: the database's.
 */
PUBLIC CHECKED err job_hold_org(struct ctx *c, struct uuid org, bool held);

/* Whether jobs of c->org are held. In the open transaction, otherwise in a separate one. Jobs that
 * run for long or send in batches check it between two batches, and return JOB_HELD if it is
 * set. */
PUBLIC CHECKED err job_is_held(struct ctx *c, bool *held);

/* Returned by a run function after job_is_held. The attempt is returned, and the job starts again
 * from its beginning after the release of its organisation. */
PUBLIC extern const struct error_kind JOB_HELD;

/* --- Operators' view: in an open transaction as ashlar_system (a staff route, a command). Secrets
 * are never included. A change writes its audit row. --- */

struct job_summary {
    struct uuid id; /* "job_…" */
    const char *kind, *queue;
    const char *state; /* ready|running|done|dead */
    int64_t attempts, max_attempts;
    struct uuid org_id;
    const char *request_id; /* of the request that enqueued it */
    struct instant created_at, run_at, finished_at;
    const char *last_error;
};
PUBLIC extern const struct shape job_summary_shape;
LIST_OF(job_summary);
PUBLIC extern const struct shape job_summary_list_shape;

struct job_filter { /* NULL and nil members do not filter */
    const char *state, *kind;
    struct uuid org;
};
/* Oldest first. */
PUBLIC CHECKED err job_find(struct ctx *c, const struct job_filter *filter,
    const struct page_in *page, struct job_summary_list *out);

struct job_detail {
    struct uuid id;
    const char *kind, *queue;
    int64_t priority;
    const char *state;
    int64_t attempts, max_attempts;
    int64_t lost; /* crashed processes that ran it */
    struct uuid org_id;
    const char *request_id, *trace;
    struct uuid event_id;
    const char *dedupe_key, *ordering_key;
    int64_t waiting_behind; /* jobs of its ordering key */
    bool held;              /* its organisation is suspended */
    const char *locked_by, *last_error;
    struct instant created_at, run_at, heartbeat_at, finished_at;
    const char *payload; /* JSON */
};
PUBLIC extern const struct shape job_detail_shape;
/* Errors: ERR_NOT_FOUND (finished jobs are kept for a day). */
PUBLIC CHECKED err job_get(struct ctx *c, struct uuid id, struct job_detail *out);

/* Runs a dead job again from its first attempt. Cancels its on_dead job if that has not run.
 * Errors: ERR_NOT_FOUND, JOB_NOT_DEAD: it is not dead, or a newer job with its dedupe key replaces
 * it. */
PUBLIC CHECKED err job_retry(struct ctx *c, struct uuid id);

/* Discards a dead or waiting job permanently (on_dead is called for a waiting one). Its ordering
 * key continues. Errors: ERR_NOT_FOUND, JOB_IS_RUNNING: it runs, or is done. */
PUBLIC CHECKED err job_discard(struct ctx *c, struct uuid id);

PUBLIC extern const struct error_kind JOB_NOT_DEAD;   /* 409 jobs/not-dead */
PUBLIC extern const struct error_kind JOB_IS_RUNNING; /* 409 jobs/running */
