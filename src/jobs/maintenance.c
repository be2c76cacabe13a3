/* Heartbeats, rescue, flags, schedules. */
#include "maintenance.h"
#include "base/signal_flag.h"
#include "worker_pool.h"
#include "flags/flags.h"
#include "store.h"
#include "topics.h"
#include <ashlar/log.h>
#include <stdatomic.h>

enum {
    BEAT_MS = 10000,
    BEAT_AGAIN_MS = 1000, /* after a heartbeat that could not be written */
    RESCUE_MS = 5000,
    STALE_S = 25,     /* with RESCUE_MS: found within 30 s, after two missed heartbeats */
    TRUST_MS = 15000, /* after an outage every process first sends a heartbeat */
    TEND_MS = 1000,
    FLAGS_MS = 400, /* every process applies a change within a second */
    NOTIFY_MS = 50, /* wake-ups within this time are one NOTIFY */
    COUNT_EVERY_S = 15,
};

const struct metric METRIC_JOBS_WAITING = {
    .name = "ashlar_jobs",
    .help = "Jobs in the table by state.",
    .kind = METRIC_GAUGE,
    .label = "state",
    .values = "ready|running|dead|held",
};
const struct metric METRIC_JOBS_OLDEST_S = {
    .name = "ashlar_jobs_oldest_ready_seconds",
    .help = "Waiting time of the oldest due job.",
    .kind = METRIC_GAUGE,
};

static struct {
    pthread_t keeper, tender, listener;
    struct signal_flag heartbeat_signal, scheduler_signal, listener_signal;
    atomic_bool stopping, must_notify;
} maintenance;

/* --- The keeper --- */

static bool beat(void)
{
    struct arena *a = arena_new(0);
    struct buf ids;
    int64_t still_ours = 0;
    int held;
    err e;

    buf_init(&ids, a, WORKERS_HELD_SIZE);
    held = worker_pool_held(&ids);
    e = store_beat(a, worker_pool_name(), ids.data, &still_ours);
    if (e == NULL && still_ours < held) /* jobs that ended during the statement are not counted */
        log_debug(
            NULL, "jobs.heartbeat_incomplete", log_int("held", held), log_int("ours", still_ours));
    arena_free(a);
    return e == NULL;
}

/* A process without access to the database must not rescue the jobs of others: after an outage no
 * process has sent heartbeats. */
static bool rescue(void)
{
    struct arena *a = arena_new(0);
    err e = store_rescue(a, STALE_S);

    arena_free(a);
    return e == NULL;
}

static void *heartbeat(void *arg)
{
    int64_t now, beat_at = 0, rescue_at, away_at = clock_monotonic_us();

    (void)arg;
    rescue_at = away_at;
    while (!atomic_load(&maintenance.stopping)) {
        now = clock_monotonic_us();
        if (now >= beat_at) {
            bool written = beat();
            beat_at = now + (written ? BEAT_MS : BEAT_AGAIN_MS) * 1000;
            away_at = written ? away_at : now;
        }
        if (now >= rescue_at && now - away_at >= TRUST_MS * 1000) {
            rescue_at = now + RESCUE_MS * 1000;
            away_at = rescue() ? away_at : now;
        }
        signal_flag_wait(&maintenance.heartbeat_signal, BEAT_AGAIN_MS);
    }
    return NULL;
}

/* --- The tender --- */

static void count(struct arena *a)
{
    struct job_counts n;

    if (store_count(a, &n) != NULL)
        return;
    metric_set(&METRIC_JOBS_WAITING, "ready", n.ready);
    metric_set(&METRIC_JOBS_WAITING, "running", n.running);
    metric_set(&METRIC_JOBS_WAITING, "dead", n.dead);
    metric_set(&METRIC_JOBS_WAITING, "held", n.held);
    metric_set(&METRIC_JOBS_OLDEST_S, NULL, n.oldest_ready_s);
    store_measure(a);
}

static void notify(struct arena *a)
{
    struct signal_flag none;
    const char *topics;

    if (!atomic_load(&maintenance.must_notify) && !topics_wait())
        return;
    signal_flag_init(&none);
    signal_flag_wait(&none, NOTIFY_MS);
    signal_flag_release(&none);
    /* Cleared before sending: a wake-up during the sending sends again. A lost one is harmless,
     * because workers also poll. */
    if (atomic_exchange(&maintenance.must_notify, false))
        (void)!store_notify(a);
    topics = topics_take(a);
    if (topics != NULL)
        (void)!store_notify_topics(a, topics);
}

/* Logged once when it starts to fail, and once when it has recovered. */
static bool note(bool was_good, err e)
{
    if (was_good && e != NULL)
        log_error(NULL, "jobs.upkeep_failing", log_text("code", e->code),
            log_text("then", "schedules are not run until it is resolved"));
    if (!was_good && e == NULL)
        log_info(NULL, "jobs.upkeep_resumed");
    return e == NULL;
}

static err every_second(struct arena *a)
{
    int64_t enqueued = 0;

    TRY(store_schedule(a, &enqueued));
    if (enqueued > 0) {
        worker_pool_wake();
        maintenance_notify();
    }
    return NULL;
}

/* Releases a bite of an organisation's jobs that are no longer held. True: more may follow
 * immediately. */
static bool call_back(struct arena *a)
{
    bool more = false;

    if (store_release_parked(a, &more) != NULL || !more)
        return false;
    worker_pool_wake();
    maintenance_notify();
    return true;
}

static void *schedule(void *arg)
{
    int64_t now, second_at = 0, count_at = 0;
    bool good = true, more = false;

    (void)arg;
    while (!atomic_load(&maintenance.stopping)) {
        struct arena *a = arena_new(0);

        now = clock_monotonic_us();
        notify(a);
        if (now >= second_at) {
            good = note(good, every_second(a));
            second_at = now + TEND_MS * 1000;
            more = good;
        }
        more = more && call_back(a);
        if (good && now >= count_at) {
            count(a);
            count_at = now + SECONDS(COUNT_EVERY_S);
        }
        arena_free(a);
        if (!more)
            signal_flag_wait(&maintenance.scheduler_signal, TEND_MS);
    }
    return NULL;
}

/* --- The listener for flags --- */

static void *hear_flags(void *arg)
{
    bool good = true;

    (void)arg;
    while (!atomic_load(&maintenance.stopping)) {
        err e = flags_refresh();
        if (good && e != NULL)
            log_error(NULL, "flags.refresh_failed", log_text("code", e->code),
                log_text("then", "the last snapshot is used until it is resolved"));
        good = e == NULL;
        signal_flag_wait(&maintenance.listener_signal, FLAGS_MS);
    }
    return NULL;
}

void maintenance_notify(void)
{
    atomic_store(&maintenance.must_notify, true);
    signal_flag_set(&maintenance.scheduler_signal);
}

void maintenance_notify_topics(void)
{
    signal_flag_set(&maintenance.scheduler_signal);
}

static const struct {
    pthread_t *thread;
    struct signal_flag *signal;
    void *(*body)(void *arg);
} threads[] = {
    { &maintenance.keeper, &maintenance.heartbeat_signal, heartbeat },
    { &maintenance.tender, &maintenance.scheduler_signal, schedule },
    { &maintenance.listener, &maintenance.listener_signal, hear_flags },
};

static void stop_first(size_t n)
{
    atomic_store(&maintenance.stopping, true);
    for (size_t i = 0; i < n; i++)
        signal_flag_set(threads[i].signal);
    for (size_t i = 0; i < n; i++)
        pthread_join(*threads[i].thread, NULL);
}

bool maintenance_start(void)
{
    atomic_store(&maintenance.stopping, false);
    atomic_store(&maintenance.must_notify, false);
    for (size_t i = 0; i < COUNT(threads); i++)
        signal_flag_init(threads[i].signal);
    for (size_t i = 0; i < COUNT(threads); i++) {
        if (pthread_create(threads[i].thread, NULL, threads[i].body, NULL) != 0) {
            stop_first(i);
            return false;
        }
    }
    return true;
}

void maintenance_stop(void)
{
    stop_first(COUNT(threads));
    flags_release();
}
