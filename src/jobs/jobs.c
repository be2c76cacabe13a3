/* Start and stop of the job engine, and its work without threads. */
#include "jobs.h"
#include "config/platform_settings.h"
#include "worker_pool.h"
#include "maintenance.h"
#include "executor.h"
#include "store.h"
#include "topics.h"
#include "notifier.h"
#include <ashlar/log.h>

enum { DRAIN_MAX = 100000 };

static bool is_up;

bool jobs_start(void)
{
    int n = (int)setting_int(&ASHLAR_WORKERS);

    if (!worker_pool_start(n))
        return false;
    if (!maintenance_start()) {
        log_error(NULL, "jobs.thread_failed", log_int("started", n));
        return false;
    }
    topics_start(maintenance_notify_topics);
    notifier_start(worker_pool_wake, maintenance_notify);
    is_up = true;
    log_info(NULL, "jobs.ready", log_text("worker", worker_pool_name()), log_int("threads", n));
    return true;
}

/* The last step before the process ends, because another process may claim the jobs immediately.
 * Running jobs may finish or not: because of the fencing token only the new claimant's completion
 * counts. */
static void release_rest(int still_running)
{
    struct arena *a = arena_new(0);
    int64_t released = 0;
    err e = store_release(a, worker_pool_name(), "[]", &released);

    if (e != NULL)
        log_error(NULL, "jobs.release_failed", log_text("code", e->code),
            log_text("then", "found as lost within 30 s"));
    else if (still_running > 0)
        log_warn(NULL, "jobs.released", log_int("running", still_running),
            log_int("released", released));
    arena_free(a);
}

int jobs_stop(int grace_ms)
{
    int still_running;

    if (!is_up)
        return 0;
    is_up = false;
    worker_pool_drain(grace_ms);
    notifier_stop();
    topics_stop();
    maintenance_stop();
    still_running = worker_pool_stop();
    release_rest(still_running);
    log_info(NULL, "jobs.stopped", log_int("running", still_running));
    return still_running;
}

static bool never_wait(void)
{
    return false;
}

/* False when no job is due. */
static bool run_next(void)
{
    struct arena *a = arena_new(0);
    const struct job_row *rows;
    int64_t scheduled;
    size_t n = 0;
    bool more = false;
    err e = store_schedule(a, &scheduled);

    if (e == NULL)
        e = store_release_parked(a, &more);
    if (e == NULL)
        e = store_claim(a, "drain", 1, &rows, &n);
    if (e != NULL)
        log_error(NULL, "jobs.drain_failed", log_text("code", e->code));
    else if (n == 1)
        executor_run(a, rows, never_wait);
    arena_free(a);
    return n == 1;
}

int jobs_drain(void)
{
    int n = 0;

    while (n < DRAIN_MAX && run_next())
        n++;
    return n;
}
