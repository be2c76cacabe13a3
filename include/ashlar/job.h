/*
 * job — background work that cannot be lost: rows in PostgreSQL, enqueued only inside the caller's
 * transaction, run at least once.
 *
 * A claim burns an attempt. A job that died with its process is found within 30 s and run again,
 * but after three processes it is dead: it takes them down. A failed one runs again after attempt^4
 * seconds +-10 %, at most a day; after its last attempt it is dead: kept for 30 days, visible
 * (`ashlar jobs`), retryable. A shutdown gives the attempt back.
 * TX_WRITE jobs record their completion in the transaction of their effect, so the effect happens
 * exactly once; TX_MANUAL jobs (which talk to third parties) must be idempotent. A worker that was
 * frozen and given up cannot complete any more: each claim raises a fence its completion must name.
 * A job that takes more memory than a unit of work may have (arena.h) fails like any other, with
 * "too-much-at-once", and the process goes on. One that loops over tx_run has back what each round
 * allocated (tx.h, "Memory"), so the number of its rounds is not bounded.
 * The payload's shape may gain optional members; a worker of an older binary then fails the job,
 * and a later attempt lands on a newer one.
 *
 * Home: enqueue.c, hold.c and job_admin.c.
 */
#pragma once
#include "page.h"
#include "shape.h"
#include "tx.h"

/* What is to be done, and by which rules. Enqueuing needs no more; who does it stands in a row of
 * its own (struct job_worker), so that a kind is below the rules and its worker above them. */
struct job_kind {
    const char *name; /* "notifications.send_mail" */
    const char *doc;
    const struct shape *payload; /* secret fields are encrypted at rest, wiped when done */
    const char *queue;           /* NULL: "default" */
    enum tx_kind tx;             /* TX_DEFAULT: TX_MANUAL */
    bool system;                 /* its transactions run as ashlar_system, across tenants */
    int max_attempts;            /* 0: 20 */
    int timeout_s;               /* 0: 60; the ctx deadline */
    int priority;    /* lower runs first; 0 is ordinary; above it a due job gives way to ordinary
                        ones for as many minutes at most */
    int concurrency; /* at most so many at once over all processes; 0: no cap of its own */
    int every_s;     /* > 0: scheduled, one run per period across all processes; a missed
                        run is made up once */
    bool while_held; /* also for an organisation on hold (job_hold_org): what must go on, such as
                        billing, telling owners, purging */
};

/*
 * JOB_OF(mail_ref); beside the struct makes JOB(mail_ref): the type of the kinds that carry it.
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

/* What runs a job: made by JOB_HANDLER and by nothing else. */
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
 * A module's row: who does the jobs of a kind. Each kind in .jobs has one, of the same module: the
 * start refuses a kind without, a second one, and one of a kind that is not in .jobs.
 *
 *     { RUNS(SEND_MAIL, send_mail) },
 *     { RUNS(IMPORT, import), ON_DEAD(IMPORT, import_died) },
 *     { .job = NULL },
 *
 * What a kind's rows wait for must not wait for ever: ON_DEAD names the function (a JOB_HANDLER of
 * the same struct) that tells the module that a job is dead. It is called once for each death: the
 * last attempt failed, JOB_GIVE_UP, a third process lost, or an operator discarded the job while it
 * waited (discarding a dead one is no second death). It is queued in the transaction in which the
 * job dies, so it cannot be lost, and runs as a job of its own ("dead:acme.import") in one
 * transaction, in the job's organisation, as ashlar_system for kinds that are. It may fail and is
 * tried like any other, 20 times, and holds nobody up; then it is dead itself. Retrying the job
 * before it ran takes it back; afterwards the job may run again although its module was told, and
 * dies anew.
 */
struct job_worker {
    const struct job_kind *job;         /* NULL ends the list */
    const struct job_handler *handler;  /* RUNS */
    const struct job_handler *on_dead;  /* ON_DEAD; NULL: nobody is told */
    const struct job_kind *on_dead_job; /* that ON_DEAD names: the row's own */
};
#define RUNS(job_, fn) .job = &(job_).kind, .handler = CARRIES_(&(job_), fn, fn##_job_handler)
#define ON_DEAD(job_, fn)                                                                          \
    .on_dead = CARRIES_(&(job_), fn, fn##_job_handler), .on_dead_job = &(job_).kind

JOB_OF(nothing); /* sweeps */

struct job_options {
    struct instant run_at; /* none: now */
    /* At most one unfinished job of this kind with this key in the organisation (one more where
     * there is none); more are no-ops, also while it is running and may have read older data. A
     * dead one is finished. */
    const char *dedupe_key;
    /* Jobs of the organisation with the same key run one after the other, in the order of their
     * transactions' commits; a dead one holds back its key only. Until it commits, a transaction
     * that enqueues with a key lets others with this key wait. */
    const char *ordering_key;
};

/* Enqueue in the open transaction; c's organisation, request id and trace travel along. The payload
 * is the struct that the kind carries: job_enqueue(c, &SEND_MAIL, &ref, .run_at = later) */
#define job_enqueue(c, job, payload, ...)                                                          \
    job_enqueue_(                                                                                  \
        c, &(job)->kind, CARRIED_(job, payload), &(const struct job_options){ __VA_ARGS__ })
PUBLIC CHECKED err job_enqueue_(struct ctx *c, const struct job_kind *kind, const void *payload,
    const struct job_options *options);

/* Returned by a run function: do not try again, the job is dead at once (log why before). */
PUBLIC extern const struct error_kind JOB_GIVE_UP;

/* --- Holding back an organisation's jobs (it is suspended) --- */

/*
 * From the commit on no job of `org` begins, whatever its kind, until it is released: but kinds and
 * subscriptions with `while_held`. Rows stay as they are, no attempt is burnt, nobody else's job
 * waits for them and no alert counts them; those that run go on. Released, they run in their order
 * as if they had become due now; a large number comes back by a thousand or so at a time. Twice is
 * the same as once. Deleting the organisation (modules_purge_org) ends its hold.
 * In an open transaction as ashlar_system. Errors: the database's.
 */
PUBLIC CHECKED err job_hold_org(struct ctx *c, struct uuid org, bool held);

/* Are jobs of c->org held? Inside the open transaction, otherwise in one of its own. For jobs that
 * work for long or send in batches: asked between two batches, and answered by JOB_HELD. */
PUBLIC CHECKED err job_is_held(struct ctx *c, bool *held);

/* Returned by a run function that asked: the attempt is given back, and the job runs again, from
 * its beginning, when its organisation is released. */
PUBLIC extern const struct error_kind JOB_HELD;

/* --- What operators see and do: in an open transaction as ashlar_system (a staff route, a
 * command). Secrets are never shown; a change writes its audit row. --- */

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

struct job_filter { /* NULL and nil members say nothing */
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
    int64_t lost; /* processes that died while they ran it */
    struct uuid org_id;
    const char *request_id, *trace;
    struct uuid event_id;
    const char *dedupe_key, *ordering_key;
    int64_t waiting_behind; /* jobs of its ordering key */
    bool held;              /* waits because its organisation is on hold */
    const char *locked_by, *last_error;
    struct instant created_at, run_at, heartbeat_at, finished_at;
    const char *payload; /* JSON */
};
PUBLIC extern const struct shape job_detail_shape;
/* Errors: ERR_NOT_FOUND (done ones are kept for a day). */
PUBLIC CHECKED err job_get(struct ctx *c, struct uuid id, struct job_detail *out);

/* A dead one runs again from its first attempt; an on_dead that has not run yet does not run.
 * Errors: ERR_NOT_FOUND, JOB_NOT_DEAD: it is not, or a newer one with its dedupe key does its work.
 */
PUBLIC CHECKED err job_retry(struct ctx *c, struct uuid id);

/* A dead or waiting one is given up for good (a waiting one's on_dead is called); its ordering key
 * goes on. Errors: ERR_NOT_FOUND,
 * JOB_IS_RUNNING: it runs, or is done. */
PUBLIC CHECKED err job_discard(struct ctx *c, struct uuid id);

PUBLIC extern const struct error_kind JOB_NOT_DEAD;   /* 409 jobs/not-dead */
PUBLIC extern const struct error_kind JOB_IS_RUNNING; /* 409 jobs/running */
