/* Changes by workers to rows of platform.job, each in a short transaction as ashlar_system. All
 * functions: ERR_UNAVAILABLE and ERR_TIMEOUT when the database is unreachable. */
#pragma once
#include <ashlar/ctx.h>
#include <ashlar/shape.h>

/* A claimed job, in the caller's arena. */
struct job_row {
    struct uuid id;
    const char *kind;
    struct uuid org_id;
    const char *request_id, *trace;
    int64_t attempts, max_attempts;
    int64_t fence;
    const char *payload; /* of the event, for a delivery */
    const char *sealed;  /* base64url; NULL: none */
    struct uuid event_id;
    const char *event_name;
    int64_t event_version;
    struct uuid aggregate;
    struct instant event_at;
    struct uuid death_of; /* the dead job of an on_dead job; nil: another kind */
};
struct job_row *job_row_copy(struct arena *a, const struct job_row *row);

/* Starts a unit of work of the platform, as the system, with a deadline of 5 s. */
void store_ctx(struct ctx *c, struct arena *a, const char *operation);

/* Claims at most `most` due jobs for `worker`. Each claim uses an attempt. */
CHECKED err store_claim(
    struct arena *a, const char *worker, int most, const struct job_row **rows, size_t *n);
/* The same for kinds that do not wait for another server. */
CHECKED err store_claim_quick(
    struct arena *a, const char *worker, int most, const struct job_row **rows, size_t *n);

/* Completes the job in the caller's open transaction. `*ours` false: another worker has claimed it,
 * and the caller must roll back. */
CHECKED err store_complete(struct ctx *c, const struct job_row *row, bool *ours);

/* JOB_BACK: without using the attempt. */
enum job_end { JOB_DONE, JOB_AGAIN, JOB_BACK, JOB_DEAD };

/* Records the end of a run in a separate transaction. `delay_us` for JOB_AGAIN, `why` for both
 * failures. `*ours` as above. */
CHECKED err store_settle(struct arena *a, const struct job_row *row, enum job_end end,
    int64_t delay_us, const char *why, bool *ours);

/* Records a heartbeat of the jobs in `ids` ([{"id": …}, …]). `*n` is the number that still belongs
 * to `worker`. */
CHECKED err store_beat(struct arena *a, const char *worker, const char *ids, int64_t *n);

/* Enqueues the on_dead job, if there is one, in the open transaction in which `id`, of this kind
 * and now in this state, becomes dead. */
CHECKED err store_report_death(struct ctx *c, struct uuid id, const char *kind, const char *state);

/* Releases jobs of workers without heartbeats. Logs each. */
CHECKED err store_rescue(struct arena *a, int stale_s);

/* Releases all jobs of `worker` except those in `held`, without using the attempt. `*n` is their
 * number. */
CHECKED err store_release(struct arena *a, const char *worker, const char *held, int64_t *n);

/* Enqueues the scheduled kinds whose period started. `*n` is their number. */
CHECKED err store_schedule(struct arena *a, int64_t *n);

/* Makes one bite of the jobs of released organisations due. `*more`: there may be others. */
CHECKED err store_release_parked(struct arena *a, bool *more);

CHECKED err store_notify(struct arena *a);
/* `topics` as written by topics_take. */
CHECKED err store_notify_topics(struct arena *a, const char *topics);

struct job_counts {
    int64_t ready, running, dead, held, oldest_ready_s;
};
CHECKED err store_count(struct arena *a, struct job_counts *out);
/* Calls each module's measure, which sets its gauges. */
void store_measure(struct arena *a);
