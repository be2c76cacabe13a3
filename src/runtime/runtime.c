/* Waiting without holding anything, on the blocking runtime: a bounded pool. Knows no database. */
#include "runtime/offload.h"
#include "runtime/wait.h"
#include "config/platform_settings.h"
#include <ashlar/log.h>
#include <ashlar/runtime.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

enum { SLOTS_MAX = 16 };

/* On the waiting caller's stack; the pool forgets it before the caller goes on. */
struct task {
    void (*fn)(void *arg);
    void *arg;
    enum { TASK_QUEUED, TASK_RUNNING, TASK_DONE } state;
    struct wake done;
    struct task *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static struct task *first, **last = &first;
static int n_queued, n_idle, n_threads;
static bool stopping;
static pthread_t threads[SLOTS_MAX];

const struct metric METRIC_OFFLOADS = {
    .name = "ashlar_offloads_total",
    .help = "Blocking computations (password hashes): done, refused at once because the queue was "
            "full, or given up because none of the threads became free in time.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "done|full|late",
};

static struct task *take(void)
{
    struct task *t = first;
    first = t->next;
    if (!first)
        last = &first;
    n_queued--;
    t->state = TASK_RUNNING;
    return t;
}

static void *run_tasks(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        n_idle++;
        while (!first && !stopping)
            pthread_cond_wait(&work, &lock);
        n_idle--;
        if (!first)
            break;
        struct task *t = take();
        pthread_mutex_unlock(&lock);
        t->fn(t->arg);
        pthread_mutex_lock(&lock);
        t->state = TASK_DONE;
        wake_signal(&t->done);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* A thread more when all are busy and the setting allows it. Signals stay with the main thread. */
static void add_thread(void)
{
    sigset_t all, before;
    int slots = (int)setting_int(&ASHLAR_PASSWORD_SLOTS);
    if (n_idle > n_queued || n_threads >= slots || n_threads >= SLOTS_MAX)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&threads[n_threads], NULL, run_tasks, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        log_error(NULL, "offload.no_thread", log_text("why", strerrordesc_np(failed)));
    else
        n_threads++;
}

static bool enqueue(struct task *t)
{
    if (stopping || n_queued >= OFFLOAD_QUEUE)
        return false;
    add_thread();
    if (!n_threads)
        return false;
    t->next = NULL;
    *last = t;
    last = &t->next;
    n_queued++;
    pthread_cond_signal(&work);
    return true;
}

static void withdraw(struct task *t)
{
    struct task **at = &first;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    if (!*at)
        last = at;
    n_queued--;
}

/* What has not begun by `until_us` never will; what has begun is waited for, because it works in
 * the caller's memory. Called and left with the lock held. */
static bool wait_done(struct task *t, int64_t until_us)
{
    pthread_mutex_unlock(&lock);
    bool done = wake_wait(&t->done, until_us);
    pthread_mutex_lock(&lock);
    if (done)
        return true;
    if (t->state == TASK_QUEUED) {
        withdraw(t);
        return false;
    }
    pthread_mutex_unlock(&lock);
    wake_wait(&t->done, 0);
    pthread_mutex_lock(&lock);
    return true;
}

/* A value of METRIC_OFFLOADS. */
static const char *run_in_pool(struct task *t, int64_t until_us)
{
    wake_init(&t->done);
    pthread_mutex_lock(&lock);
    const char *outcome = !enqueue(t) ? "full" : wait_done(t, until_us) ? "done" : "late";
    pthread_mutex_unlock(&lock);
    wake_release(&t->done);
    return outcome;
}

static err refuse_in_transaction(struct ctx *c, const char *what)
{
    log_error(c, "runtime.wait_in_transaction", log_text("call", what),
        log_text("repair", "make the route or job TX_MANUAL and call it between two tx_run"));
    return &ERR_INTERNAL;
}

static err timed_out(struct ctx *c)
{
    return problem(c, &ERR_TIMEOUT, NULL, "The time allowed for this request is used up.");
}

err offload(struct ctx *c, void (*fn)(void *arg), void *arg)
{
    if (c->in_transaction)
        return refuse_in_transaction(c, "offload");
    int left_ms = ctx_left_ms(c);
    if (!left_ms)
        return timed_out(c);
    int wait_ms = left_ms < OFFLOAD_WAIT_MS ? left_ms : OFFLOAD_WAIT_MS;
    struct task t = { .fn = fn, .arg = arg };
    const char *outcome = run_in_pool(&t, clock_monotonic_us() + (int64_t)wait_ms * 1000);
    metric_add(&METRIC_OFFLOADS, outcome, 1);
    if (t.state == TASK_DONE)
        return NULL;
    log_warn(c, "offload.refused", log_text("why", outcome), log_int("wait_ms", wait_ms),
        log_int("slots", setting_int(&ASHLAR_PASSWORD_SLOTS)));
    if (!ctx_left_ms(c))
        return timed_out(c);
    return problem(c, &ERR_UNAVAILABLE, NULL, "Too much is going on; try again in a moment.");
}

err sleep_ms(struct ctx *c, int ms)
{
    if (c->in_transaction)
        return refuse_in_transaction(c, "sleep_ms");
    int left_ms = ctx_left_ms(c);
    bool enough = ms <= left_ms;
    if (ms > 0)
        wait_time(clock_monotonic_us() + (int64_t)(enough ? ms : left_ms) * 1000);
    return enough ? NULL : timed_out(c);
}

void runtime_stop(void)
{
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_broadcast(&work);
    int n = n_threads;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_lock(&lock);
    stopping = false;
    n_threads = 0;
    pthread_mutex_unlock(&lock);
}
