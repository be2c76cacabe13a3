/* The job threads of this process and their jobs. */
#include "worker_pool.h"
#include "base/signal_flag.h"
#include "job_kinds.h"
#include "executor.h"
#include "store.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <stdatomic.h>

enum {
    POLL_MS = 1000,     /* delay by a lost wake-up */
    AWAY_MAX_MS = 5000, /* between attempts while the database is unreachable */
    NAME_SIZE = 128,
};

/* One job thread. The claimer sets `row`, and the thread clears it, under pool.lock. */
struct pool_worker {
    pthread_t thread;
    struct signal_flag given;
    struct arena *arena; /* of its job; used by this thread only while it runs */
    const struct job_row *row;
    bool calls_others; /* its job may wait for a third party's server */
    bool started;
};

static struct {
    pthread_mutex_t lock;
    struct pool_worker workers[WORKERS_MAX];
    int n, busy;
    pthread_t claimer;
    struct signal_flag claim; /* jobs may be due, or a worker is free */
    struct signal_flag idle;  /* a worker became free: for worker_pool_drain */
    atomic_bool stopping;
    char name[NAME_SIZE];
} pool;

static bool may_wait(void)
{
    return !atomic_load(&pool.stopping);
}

static void put_down(struct pool_worker *h)
{
    struct arena *a = h->arena;

    pthread_mutex_lock(&pool.lock);
    h->row = NULL;
    h->arena = NULL;
    pool.busy--;
    pthread_mutex_unlock(&pool.lock);
    arena_free(a);
    signal_flag_set(&pool.claim);
    signal_flag_set(&pool.idle);
}

static const struct job_row *given_job(struct pool_worker *h)
{
    const struct job_row *row;

    pthread_mutex_lock(&pool.lock);
    row = h->row;
    pthread_mutex_unlock(&pool.lock);
    return row;
}

static void *work(void *arg)
{
    struct pool_worker *h = arg;
    const struct job_row *row;

    for (;;) {
        signal_flag_wait(&h->given, -1);
        row = given_job(h);
        if (row != NULL) {
            executor_run(h->arena, row, may_wait);
            put_down(h);
        } else if (atomic_load(&pool.stopping)) {
            return NULL;
        }
    }
}

static void give(const struct job_row *row)
{
    struct pool_worker *h = pool.workers;

    pthread_mutex_lock(&pool.lock);
    while (h->row != NULL)
        h++; /* a claim never takes more jobs than workers are free */
    h->arena = arena_new(0);
    h->row = job_row_copy(h->arena, row);
    h->calls_others = job_kinds_calls_others(row->kind);
    pool.busy++;
    pthread_mutex_unlock(&pool.lock);
    signal_flag_set(&h->given);
}

static int idle_workers(void)
{
    int idle;

    pthread_mutex_lock(&pool.lock);
    idle = pool.n - pool.busy;
    pthread_mutex_unlock(&pool.lock);
    return idle;
}

/* Number of further jobs that may wait for other servers. With several workers one never does, so
 * that mail servers and webhook receivers that hang only delay calls to them. */
static int workers_for_calls(void)
{
    int n = pool.n > 1 ? pool.n - 1 : pool.n;

    pthread_mutex_lock(&pool.lock);
    for (int i = 0; i < pool.n; i++)
        n -= pool.workers[i].row != NULL && pool.workers[i].calls_others;
    pthread_mutex_unlock(&pool.lock);
    return n;
}

static err claim_for(struct arena *a, int idle, const struct job_row **rows, size_t *n)
{
    int most = workers_for_calls();

    if (most <= 0)
        return store_claim_quick(a, pool.name, idle, rows, n);
    return store_claim(a, pool.name, idle < most ? idle : most, rows, n);
}

/* A failed claim may have been committed. Its jobs belong to no thread. */
static err give_back_unknown(struct arena *a)
{
    struct buf held;
    int64_t n;

    buf_init(&held, a, WORKERS_HELD_SIZE);
    worker_pool_held(&held);
    TRY(store_release(a, pool.name, held.data, &n));
    if (n > 0)
        log_warn(NULL, "jobs.claim_lost", log_int("given_back", n));
    return NULL;
}

static err claim_once(int idle, bool failed_before, int *claimed)
{
    struct arena *a = arena_new(0);
    const struct job_row *rows;
    size_t n = 0;
    err e = failed_before ? give_back_unknown(a) : NULL;

    if (e == NULL)
        e = claim_for(a, idle, &rows, &n);
    for (size_t i = 0; e == NULL && i < n; i++)
        give(&rows[i]);
    arena_free(a);
    *claimed = e == NULL ? (int)n : 0;
    return e;
}

/* Logged once at the start and once at the end. An unreachable database differs from a claim that
 * does not complete, which is caused by a lock, a plan or a missing right. */
static void note_failing(err before, err e)
{
    if (e == before)
        return;
    if (e == NULL)
        log_info(
            NULL, before == &ERR_UNAVAILABLE ? "jobs.database_recovered" : "jobs.claims_resumed");
    else if (e == &ERR_UNAVAILABLE)
        log_error(
            NULL, "jobs.database_unreachable", log_text("then", "retries until it is reachable"));
    else
        log_error(NULL, "jobs.claim_failing", log_text("code", e->code),
            log_text("why", e == &ERR_TIMEOUT
                                ? "the database did not end the claim in time: a lock or its plan"
                                : "see db.batch_failed"),
            log_text("then", "this process claims no job until a claim succeeds"));
}

static int pause_after(err e, int pause_ms)
{
    if (e == NULL)
        return POLL_MS;
    return pause_ms < AWAY_MAX_MS / 2 ? pause_ms * 2 : AWAY_MAX_MS;
}

static void *claim_for_all(void *arg)
{
    int pause_ms = POLL_MS, idle, claimed = 0;
    err before = NULL, e;

    (void)arg;
    while (!atomic_load(&pool.stopping)) {
        idle = idle_workers();
        if (idle == 0) {
            signal_flag_wait(&pool.claim, -1); /* until a worker is free */
            continue;
        }
        e = claim_once(idle, before != NULL, &claimed);
        note_failing(before, e);
        pause_ms = pause_after(e, pause_ms);
        before = e;
        if (claimed == 0) /* otherwise further jobs may be due immediately */
            signal_flag_wait(&pool.claim, pause_ms);
    }
    return NULL;
}

static void make_name(void)
{
    char host[64] = "?";
    uint32_t random;

    gethostname(host, sizeof host - 1);
    random_bytes(&random, sizeof random);
    snprintf(pool.name, sizeof pool.name, "%s:%d:%08x", host, (int)getpid(), random);
}

static bool start_worker(struct pool_worker *h)
{
    signal_flag_init(&h->given);
    h->started = pthread_create(&h->thread, NULL, work, h) == 0;
    return h->started;
}

bool worker_pool_start(int n)
{
    pthread_mutex_init(&pool.lock, NULL);
    signal_flag_init(&pool.claim);
    signal_flag_init(&pool.idle);
    make_name();
    atomic_store(&pool.stopping, false);
    pool.n = n > WORKERS_MAX ? WORKERS_MAX : n;
    for (int i = 0; i < pool.n; i++) {
        if (!start_worker(&pool.workers[i])) {
            log_error(NULL, "jobs.thread_failed", log_int("started", i));
            return false;
        }
    }
    if (pool.n > 0 && pthread_create(&pool.claimer, NULL, claim_for_all, NULL) != 0) {
        log_error(NULL, "jobs.thread_failed", log_int("started", pool.n));
        return false;
    }
    return true;
}

void worker_pool_wake(void)
{
    signal_flag_set(&pool.claim);
}

const char *worker_pool_name(void)
{
    return pool.name;
}

int worker_pool_held(struct buf *out)
{
    char id[UUID_TEXT_SIZE + 1];
    int n = 0;

    buf_char(out, '[');
    pthread_mutex_lock(&pool.lock);
    for (int i = 0; i < pool.n; i++) {
        if (pool.workers[i].row == NULL)
            continue;
        uuid_format(pool.workers[i].row->id, id);
        buf_printf(out, "%s{\"id\":\"%s\"}", n++ > 0 ? "," : "", id);
    }
    pthread_mutex_unlock(&pool.lock);
    buf_char(out, ']');
    return n;
}

void worker_pool_drain(int grace_ms)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)grace_ms * 1000, left_us;

    atomic_store(&pool.stopping, true);
    signal_flag_set(&pool.claim);
    if (pool.n > 0)
        pthread_join(pool.claimer, NULL);
    while (idle_workers() < pool.n && (left_us = until_us - clock_monotonic_us()) > 0)
        signal_flag_wait(&pool.idle, (int)(left_us / 1000) + 1);
}

int worker_pool_stop(void)
{
    int still_running = 0;

    for (int i = 0; i < pool.n; i++) {
        struct pool_worker *h = &pool.workers[i];

        if (!h->started)
            continue;
        signal_flag_set(&h->given);
        if (given_job(h) == NULL) {
            pthread_join(h->thread, NULL);
        } else {
            pthread_detach(h->thread);
            still_running++;
        }
        h->started = false;
    }
    return still_running;
}
