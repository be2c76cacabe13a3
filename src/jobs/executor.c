/* Execution of one claimed job, and the record of its end. */
#include "executor.h"
#include "backoff.h"
#include "base/ctx_open.h"
#include "base/current.h"
#include "base/problem.h"
#include "db/tx.h"
#include "job_kinds.h"
#include "payload.h"
#include "runtime/bounds.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <time.h>

enum { SETTLE_TRIES = 60, SETTLE_PAUSE_MS = 500 };

const struct metric METRIC_JOBS = {
    .name = "ashlar_jobs_total",
    .help = "Runs of jobs and event deliveries by result.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "done|failed|held|dead|stale",
};

/* Another worker has claimed the job, so this run must be rolled back. Never leaves this file. */
static const struct error_kind STALE = { "job-stale", 500, "Job was claimed by another worker",
    "None. This error is internal and never leaves the server." };

/* One run. */
struct run {
    const struct job_row *row;
    struct runnable what;
    const struct event_kind *event; /* of a delivery */
    const void *payload;
};

static void open_ctx(struct ctx *c, struct arena *a, const struct run *r)
{
    ctx_open(c, a, r->row->kind);
    ctx_continue_trace(c, r->row->trace);
    if (r->row->request_id != NULL)
        c->request_id = r->row->request_id;
    c->job = typeid_text(a, "job", r->row->id);
    c->org = r->row->org_id;
    c->actor.kind = ACTOR_SYSTEM;
    c->deadline_us = clock_monotonic_us() + SECONDS(runnable_timeout_s(&r->what));
}

/* A subscription to every public event needs the event's kind. */
static err find_event(struct ctx *c, struct run *r)
{
    const struct job_row *row = r->row;

    if (r->what.delivery == NULL)
        return NULL;
    r->event = job_kinds_event(row->event_name);
    if (r->event == NULL) {
        log_error(c, "event.unknown", log_text("name", row->event_name));
        return problem(c, &ERR_INTERNAL, NULL, "This binary does not know the event.");
    }
    if (row->event_version == r->event->version)
        return NULL;
    log_error(c, "event.version_unsupported", log_int("stored", row->event_version),
        log_int("known", r->event->version));
    return problem(c, &ERR_INTERNAL, NULL, "The event has version %d, this binary knows %d.",
        (int)row->event_version, r->event->version);
}

static err read_payload(struct ctx *c, struct run *r)
{
    const struct job_row *row = r->row;
    bool is_delivery = r->what.delivery != NULL;
    const struct shape *s = is_delivery ? r->event->payload : r->what.job->payload;
    struct uuid job = r->what.is_death ? row->death_of : row->id;
    const char *bound_to = is_delivery ? typeid_text(c->arena, "evt", row->event_id)
                                       : typeid_text(c->arena, "job", job);
    struct payload_stored stored = { .text = row->payload };

    if (row->sealed != NULL &&
        !base64url_to_bytes(c->arena, row->sealed, strlen(row->sealed), &stored.sealed))
        return problem(c, &ERR_INTERNAL, NULL, "The sealed payload is damaged.");
    return payload_read(c, s, &stored, bound_to, &r->payload);
}

static err call(struct ctx *c, const struct run *r)
{
    struct event_meta meta = { r->event, r->row->event_id, r->row->aggregate, r->row->event_at };

    const struct subscription *delivery = r->what.delivery;
    const struct job_worker *worker = r->what.worker;

    if (delivery != NULL)
        return (r->what.is_death ? delivery->on_dead : delivery->handler)
            ->run(c, &meta, r->payload);
    return (r->what.is_death ? worker->on_dead : worker->handler)->run(c, worker->job, r->payload);
}

/* Effect and completion in one transaction: both or neither. */
static err call_and_complete(struct ctx *c, void *arg)
{
    const struct run *r = arg;
    bool ours;

    TRY(call(c, r));
    TRY(store_complete(c, r->row, &ours));
    return ours ? NULL : &STALE;
}

static err call_only(struct ctx *c, void *arg)
{
    return call(c, arg);
}

static err attempt(struct ctx *c, struct run *r)
{
    enum db_role role = runnable_is_system(&r->what) ? DB_SYSTEM : DB_APP;

    TRY(find_event(c, r));
    TRY(read_payload(c, r));
    tx_set_role(c, role);
    switch (runnable_tx(&r->what)) {
    case TX_WRITE:
        return tx_run_as(c, role, TX_WRITE, call_and_complete, r);
    case TX_READ:
        return tx_run_as(c, role, TX_READ, call_only, r);
    case TX_DEFAULT:
    case TX_MANUAL:
        break;
    }
    tx_give_back(c);
    return call(c, r);
}

static err attempt_contained(struct ctx *c, void *arg)
{
    return attempt(c, arg);
}

/* A job above its memory limit fails alone. */
static err attempt_within_bounds(struct ctx *c, struct run *r)
{
    err e = ctx_contain(c, attempt_contained, r);

    tx_rollback(c); /* of a function that was abandoned */
    if (e == &ERR_OUTGROWN)
        metric_add(&METRIC_BOUND_REFUSED, "memory", 1);
    return e;
}

static enum job_end end_of(const struct job_row *row, err e)
{
    if (e == NULL)
        return JOB_DONE;
    if (e == &JOB_HELD)
        return JOB_BACK;
    return e == &JOB_GIVE_UP || row->attempts >= row->max_attempts ? JOB_DEAD : JOB_AGAIN;
}

static const char *describe(struct ctx *c, err e)
{
    const char *detail = c->problem != NULL && c->problem->kind == e ? c->problem->detail : NULL;

    if (e == NULL)
        return NULL;
    return arena_printf(c->arena, "%s: %s", e->code, detail != NULL ? detail : e->title);
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L }, NULL);
}

/* Records the result, waiting while the database is unreachable. True when the job still belonged
 * to this worker. */
static bool record(
    struct ctx *c, const struct job_row *row, enum job_end end, err e, bool (*may_wait)(void))
{
    uint32_t random;
    bool ours = false;

    random_bytes(&random, sizeof random);
    for (int i = 0; i < SETTLE_TRIES; i++) {
        if (store_settle(c->arena, row, end, backoff_us(row->attempts, random), describe(c, e),
                &ours) == NULL)
            return ours;
        if (!may_wait())
            break;
        pause_ms(SETTLE_PAUSE_MS);
    }
    log_error(c, "job.record_failed", log_text("then", "found as lost within 30 s and run again"));
    return false;
}

static void report(struct ctx *c, const struct job_row *row, const char *outcome, err e, int64_t us)
{
    const char *why = describe(c, e);
    enum log_level level = LOG_INFO;

    if (e != NULL && e != &JOB_HELD)
        level = text_equal(outcome, "dead") ? LOG_ERROR : LOG_WARN;
    metric_add(&METRIC_JOBS, outcome, 1);
    log_write(c, level, "job.ended",
        (const struct log_field[]){
            log_text("outcome", outcome),
            log_int("attempt", row->attempts),
            log_int("ms", us / 1000),
            log_int("round_trips", c->round_trips),
            log_text("why", why != NULL ? why : ""),
            { .kind = LOG_NONE },
        });
}

static const char *finish(struct ctx *c, const struct run *r, err e, bool (*may_wait)(void))
{
    static const char *const words[] = {
        [JOB_DONE] = "done", [JOB_AGAIN] = "failed", [JOB_BACK] = "held", [JOB_DEAD] = "dead"
    };
    enum job_end end = end_of(r->row, e);
    bool recorded = end == JOB_DONE && runnable_tx(&r->what) == TX_WRITE;

    if (e == &STALE || (!recorded && !record(c, r->row, end, e, may_wait)))
        return "stale";
    return words[end];
}

void executor_run(struct arena *a, const struct job_row *row, bool (*may_wait)(void))
{
    int64_t began_us = clock_monotonic_us();
    struct run r = { .row = row };
    const struct ctx *before;
    struct ctx c;
    err e;

    if (!job_kinds_find(row->kind, &r.what)) { /* claims name the kinds of this process */
        log_error(NULL, "job.kind_unknown", log_text("kind", row->kind));
        return;
    }
    open_ctx(&c, a, &r);
    before = current_swap(&c);
    e = attempt_within_bounds(&c, &r);
    tx_run_what_is_apart(&c);
    report(&c, row, finish(&c, &r, e, may_wait), e, clock_monotonic_us() - began_us);
    current_swap(before);
}
