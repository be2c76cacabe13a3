/* Changes by workers to rows of platform.job. */
#include "store.h"
#include "base/ctx_open.h"
#include "config/platform_settings.h"
#include "db/tx.h"
#include "jobs_sql.h"
#include "job_kinds.h"
#include "module/registry.h"
#include <ashlar/buf.h>
#include <ashlar/db.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>
#include <ashlar/text.h>

enum {
    DEADLINE_MS = 5000,
    KINDS_MAX = 256 * 1024,
    CLAIM_MOST = LIMIT_RESULT / (2 * LIMIT_STORED(LIMIT_PAYLOAD)), /* and their sealed copies */
    LOST_MAX = 3, /* a job that crashed three processes is dead */
    RELEASE_BITE = 1000,
    LOOK_AT = 500, /* due jobs of a kind examined in one claim */
};

static const struct field job_row_fields[] = {
    ID(job_row, id, "job"),
    TEXT(job_row, kind),
    ID(job_row, org_id, "org", .optional = true),
    TEXT(job_row, request_id, .optional = true),
    TEXT(job_row, trace, .optional = true),
    INT(job_row, attempts),
    INT(job_row, max_attempts),
    INT(job_row, fence),
    OPEN_JSON(job_row, payload),
    TEXT(job_row, sealed, .optional = true),
    ID(job_row, event_id, "evt", .optional = true),
    TEXT(job_row, event_name, .optional = true),
    INT(job_row, event_version, .optional = true),
    ID(job_row, aggregate, "", .optional = true),
    TIME(job_row, event_at, .optional = true),
    ID(job_row, death_of, "job", .optional = true),
};
static SHAPE(job_row);

struct job_row *job_row_copy(struct arena *a, const struct job_row *row)
{
    struct job_row *copy = arena_memdup(a, row, sizeof *row);

    copy->kind = arena_strdup(a, row->kind);
    copy->request_id = arena_strdup(a, row->request_id);
    copy->trace = arena_strdup(a, row->trace);
    copy->payload = arena_strdup(a, row->payload);
    copy->sealed = arena_strdup(a, row->sealed);
    copy->event_name = arena_strdup(a, row->event_name);
    return copy;
}

void store_ctx(struct ctx *c, struct arena *a, const char *operation)
{
    ctx_open_system(c, a, operation, DEADLINE_MS);
}

static err run(struct arena *a, const char *operation, tx_fn *fn, void *arg)
{
    struct ctx c;

    store_ctx(&c, a, operation);
    return tx_run_as(&c, DB_SYSTEM, TX_WRITE, fn, arg);
}

static err kinds_json(struct ctx *c, void (*write)(struct buf *), struct buf *out)
{
    buf_init(out, c->arena, KINDS_MAX);
    write(out);
    if (!buf_is_full(out))
        return NULL;
    log_error(c, "jobs.kind_limit_exceeded", log_int("most_bytes", KINDS_MAX));
    return &ERR_INTERNAL;
}

struct claim {
    void (*kinds)(struct buf *out);
    const char *worker;
    int most;
    const struct job_row *rows;
    size_t n;
    int64_t deferred;
};

static err claim(struct ctx *c, void *arg)
{
    struct claim *w = arg;
    int64_t share = setting_int(&ASHLAR_JOBS_PER_ORG);
    struct buf kinds;
    bool waited;

    TRY(kinds_json(c, w->kinds, &kinds));
    TRY(db_bool(c, &SQL_lock_claims, &waited, NO_ARGS));
    TRY(db_int(c, &SQL_defer_blocked_jobs, &w->deferred,
        ARGS(ARG(kinds.data), ARG((int)LOOK_AT), ARG(share))));
    return db_list(c, &SQL_claim_jobs, job_row, &w->rows, &w->n,
        ARGS(ARG(w->worker), ARG(kinds.data), ARG((int)LOOK_AT), ARG(share),
            ARG(w->most < CLAIM_MOST ? w->most : (int)CLAIM_MOST)));
}

static err claim_all(struct arena *a, struct claim *w, const struct job_row **rows, size_t *n)
{
    /* The examined jobs all wait for others and are now deferred: examine further ones. */
    do {
        TRY(run(a, "jobs.claim", claim, w));
    } while (w->n == 0 && w->deferred > 0);
    *rows = w->rows;
    *n = w->n;
    return NULL;
}

err store_claim(
    struct arena *a, const char *worker, int most, const struct job_row **rows, size_t *n)
{
    struct claim w = { .kinds = job_kinds_claimable, .worker = worker, .most = most };

    return claim_all(a, &w, rows, n);
}

err store_claim_quick(
    struct arena *a, const char *worker, int most, const struct job_row **rows, size_t *n)
{
    struct claim w = { .kinds = job_kinds_claimable_quick, .worker = worker, .most = most };

    return claim_all(a, &w, rows, n);
}

err store_complete(struct ctx *c, const struct job_row *row, bool *ours)
{
    return db_bool(c, &SQL_complete_job, ours, ARGS(ARG(row->id), ARG(row->fence)));
}

err store_report_death(struct ctx *c, struct uuid id, const char *kind, const char *state)
{
    struct runnable r;

    if (!job_kinds_find(kind, &r) || r.is_death || !runnable_has_on_dead(&r))
        return NULL;
    return db_exec(c, &SQL_report_death,
        ARGS(ARG(id), ARG(uuid_new()), ARG((int)DELIVERY_ATTEMPTS), ARG(state)));
}

struct settle {
    const struct job_row *row;
    enum job_end end;
    int64_t delay_us;
    const char *why;
    bool ours;
};

static err settle(struct ctx *c, void *arg)
{
    struct settle *s = arg;
    int64_t n = 0;

    switch (s->end) {
    case JOB_DONE:
        return store_complete(c, s->row, &s->ours);
    case JOB_AGAIN:
        TRY(db_exec_count(c, &SQL_retry_job_later, &n,
            ARGS(ARG(s->row->id), ARG(s->row->fence), ARG(s->delay_us), ARG(s->why))));
        break;
    case JOB_BACK:
        TRY(db_exec_count(c, &SQL_give_job_back, &n, ARGS(ARG(s->row->id), ARG(s->row->fence))));
        break;
    case JOB_DEAD:
        TRY(db_exec_count(
            c, &SQL_bury_job, &n, ARGS(ARG(s->row->id), ARG(s->row->fence), ARG(s->why))));
        break;
    }
    s->ours = n == 1;
    return s->ours && s->end == JOB_DEAD ? store_report_death(c, s->row->id, s->row->kind, "dead")
                                         : NULL;
}

err store_settle(struct arena *a, const struct job_row *row, enum job_end end, int64_t delay_us,
    const char *why, bool *ours)
{
    struct settle s = { .row = row, .end = end, .delay_us = delay_us, .why = why };

    TRY(run(a, "jobs.settle", settle, &s));
    *ours = s.ours;
    return NULL;
}

struct beat {
    const char *worker, *ids;
    int64_t n;
};

static err beat(struct ctx *c, void *arg)
{
    struct beat *b = arg;

    return db_exec_count(c, &SQL_beat_jobs, &b->n, ARGS(ARG(b->worker), ARG(b->ids)));
}

err store_beat(struct arena *a, const char *worker, const char *ids, int64_t *n)
{
    struct beat b = { .worker = worker, .ids = ids };

    TRY(run(a, "jobs.beat", beat, &b));
    *n = b.n;
    return NULL;
}

struct lost_job {
    struct uuid id;
    const char *kind, *state;
    int64_t attempts, lost;
};
static const struct field lost_job_fields[] = {
    ID(lost_job, id, "job"),
    TEXT(lost_job, kind),
    TEXT(lost_job, state),
    INT(lost_job, attempts),
    INT(lost_job, lost),
};
static SHAPE(lost_job);

struct rescue {
    int stale_s;
    const struct lost_job *rows;
    size_t n;
};

static err rescue(struct ctx *c, void *arg)
{
    struct rescue *r = arg;

    TRY(db_list(
        c, &SQL_rescue_jobs, lost_job, &r->rows, &r->n, ARGS(ARG(r->stale_s), ARG((int)LOST_MAX))));
    for (size_t i = 0; i < r->n; i++)
        if (text_equal(r->rows[i].state, "dead"))
            TRY(store_report_death(c, r->rows[i].id, r->rows[i].kind, "dead"));
    return NULL;
}

err store_rescue(struct arena *a, int stale_s)
{
    struct rescue r = { .stale_s = stale_s };
    const struct lost_job *job;

    TRY(run(a, "jobs.rescue", rescue, &r));
    job = r.rows;
    for (size_t i = 0; i < r.n; i++)
        log_error(NULL, "job.process_lost", log_text("job", typeid_text(a, "job", job[i].id)),
            log_text("kind", job[i].kind), log_text("state", job[i].state),
            log_int("attempts", job[i].attempts), log_int("lost", job[i].lost));
    return NULL;
}

struct release {
    const char *worker, *held;
    int64_t n;
};

static err release(struct ctx *c, void *arg)
{
    struct release *r = arg;

    return db_exec_count(c, &SQL_release_jobs, &r->n, ARGS(ARG(r->worker), ARG(r->held)));
}

err store_release(struct arena *a, const char *worker, const char *held, int64_t *n)
{
    struct release r = { .worker = worker, .held = held };

    TRY(run(a, "jobs.release", release, &r));
    *n = r.n;
    return NULL;
}

static err schedule(struct ctx *c, void *arg)
{
    int64_t *n = arg;
    struct buf kinds;

    TRY(kinds_json(c, job_kinds_scheduled, &kinds));
    *n = 0;
    if (text_equal(kinds.data, "[]"))
        return NULL;
    return db_exec_count(c, &SQL_schedule_jobs, n, ARGS(ARG(kinds.data)));
}

err store_schedule(struct arena *a, int64_t *n)
{
    return run(a, "jobs.schedule", schedule, n);
}

static err release_parked(struct ctx *c, void *arg)
{
    bool *more = arg, waited;
    int64_t n;

    TRY(db_bool(c, &SQL_lock_claims, &waited, NO_ARGS));
    TRY(db_int(c, &SQL_release_parked, &n, ARGS(ARG((int)RELEASE_BITE))));
    *more = n > 0;
    return NULL;
}

err store_release_parked(struct arena *a, bool *more)
{
    return run(a, "jobs.release_parked", release_parked, more);
}

static err notify(struct ctx *c, void *arg)
{
    bool sent;

    (void)arg;
    return db_bool(c, &SQL_notify_workers, &sent, NO_ARGS);
}

err store_notify(struct arena *a)
{
    return run(a, "jobs.notify", notify, NULL);
}

static err notify_topics(struct ctx *c, void *arg)
{
    bool sent;

    return db_bool(c, &SQL_notify_topics, &sent, ARGS(ARG((const char *)arg)));
}

err store_notify_topics(struct arena *a, const char *topics)
{
    return run(a, "streams.notify", notify_topics, (void *)(uintptr_t)topics);
}

static const struct field job_counts_fields[] = {
    INT(job_counts, ready),
    INT(job_counts, running),
    INT(job_counts, dead),
    INT(job_counts, held),
    INT(job_counts, oldest_ready_s),
};
static SHAPE(job_counts);

static err count(struct ctx *c, void *arg)
{
    struct job_counts *out = arg;

    return db_one(c, &SQL_count_jobs, job_counts, out, NO_ARGS);
}

err store_count(struct arena *a, struct job_counts *out)
{
    return run(a, "jobs.count", count, out);
}

static err measure(struct ctx *c, void *arg)
{
    const struct module *m = arg;

    return m->measure(c);
}

/* Failures of modules are independent: each is logged, and the next module is measured. */
void store_measure(struct arena *a)
{
    for (const struct module *const *m = registry_modules(); *m; m++) {
        if ((*m)->measure != NULL && run(a, "jobs.measure", measure, (void *)(uintptr_t)*m) != NULL)
            log_warn(NULL, "jobs.measure_failed", log_text("module", (*m)->name));
    }
}
