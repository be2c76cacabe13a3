/* What workers do to rows of platform.job, each in a short transaction as ashlar_system. All
 * functions: ERR_UNAVAILABLE and ERR_TIMEOUT when the database is away. */
#pragma once
#include <ashlar/ctx.h>
#include <ashlar/shape.h>

/* A claimed job, everything in the caller's arena. */
struct job_row {
    struct uuid id;
    const char *kind;
    struct uuid org_id;
    const char *request_id, *trace;
    int64_t attempts, max_attempts;
    int64_t fence;
    const char *payload; /* of the event, when it is a delivery */
    const char *sealed;  /* base64url; NULL: none */
    struct uuid event_id;
    const char *event_name;
    int64_t event_version;
    struct uuid aggregate;
    struct instant event_at;
    struct uuid death_of; /* whose death it tells; nil: it is no such job */
};
struct job_row *job_row_copy(struct arena *a, const struct job_row *row);

/* Begin a unit of work of the platform's own: the system acts, 5 s are enough. */
void store_ctx(struct ctx *c, struct arena *a, const char *operation);

/* At most `most` due jobs now belong to `worker`; each claim burns an attempt. */
CHECKED err store_claim(
    struct arena *a, const char *worker, int most, const struct job_row **rows, size_t *n);
/* The same, of kinds that wait for nobody else's server. */
CHECKED err store_claim_quick(
    struct arena *a, const char *worker, int most, const struct job_row **rows, size_t *n);

/* In the caller's open transaction: the job is done. `*ours` false: another worker has it since;
 * the caller must roll back. */
CHECKED err store_complete(struct ctx *c, const struct job_row *row, bool *ours);

/* JOB_BACK: without burning the attempt. */
enum job_end { JOB_DONE, JOB_AGAIN, JOB_BACK, JOB_DEAD };

/* How the run ended, in a transaction of its own; `delay_us` for JOB_AGAIN, `why` for both
 * failures. `*ours` as above. */
CHECKED err store_settle(struct arena *a, const struct job_row *row, enum job_end end,
    int64_t delay_us, const char *why, bool *ours);

/* The jobs named in `ids` ([{"id": …}, …]) are alive; `*n` are still ours. */
CHECKED err store_beat(struct arena *a, const char *worker, const char *ids, int64_t *n);

/* In the open transaction in which `id`, of this kind and now in this state, dies: its module will
 * be told, if it wants to be. */
CHECKED err store_tell_death(struct ctx *c, struct uuid id, const char *kind, const char *state);

/* Give back jobs of workers that stopped beating; logs each. */
CHECKED err store_rescue(struct arena *a, int stale_s);

/* Give back all of `worker`'s but those named in `held` without burning the attempt; how many. */
CHECKED err store_release(struct arena *a, const char *worker, const char *held, int64_t *n);

/* Enqueue the scheduled kinds whose period began; how many. */
CHECKED err store_schedule(struct arena *a, int64_t *n);

/* Call back one bite of the jobs of released organisations; `*more`: there may be others. */
CHECKED err store_release_parked(struct arena *a, bool *more);

CHECKED err store_notify(struct arena *a);
/* `topics` as topics_take wrote it. */
CHECKED err store_notify_topics(struct arena *a, const char *topics);

struct job_counts {
    int64_t ready, running, dead, held, oldest_ready_s;
};
CHECKED err store_count(struct arena *a, struct job_counts *out);
/* The gauges of modules: each one's measure. */
void store_measure(struct arena *a);
