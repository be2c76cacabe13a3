/* A bounded pool of threads: a queue, and threads created on demand. */
#include "workers.h"
#include "base/current.h"
#include "wait.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NICE = 10, NICE_MOST = 19, SLICE_NS = 100000000, USUAL_PART = 8 };

/* On the waiting caller's stack. The pool removes it before the caller continues. */
struct worker_task {
    void (*fn)(void *arg);
    void *arg;
    const struct ctx *c; /* its unit of work, for the last log line of a process */
    bool begun;
    struct wake done;
    struct worker_task *next;
};

static struct worker_task *take(struct workers *w)
{
    struct worker_task *t = w->first;

    w->first = t->next;
    if (!w->first)
        w->last = NULL;
    w->n_queued--;
    t->begun = true;
    return t;
}

/* As in sched_setattr(2). The kernel's header conflicts with sched.h. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

/* Lowers the priority of this thread alone. A lower weight bounds its share. From Linux 6.12 on, a
 * long slice lets a waking thread run immediately, instead of after the usual slice of some
 * milliseconds. */
static void give_way(void)
{
    struct attributes a = { .size = sizeof a };

    if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) == 0 && a.policy == SCHED_OTHER) {
        a.nice = a.nice < NICE_MOST - NICE ? a.nice + NICE : NICE_MOST;
        a.runtime_ns = SLICE_NS;
        if (syscall(SYS_sched_setattr, 0, &a, 0) == 0)
            return;
    }
    (void)!nice(NICE);
}

static void note_time(struct workers *w, int64_t took_us)
{
    w->usual_us = w->usual_us ? w->usual_us + (took_us - w->usual_us) / USUAL_PART : took_us;
}

static void run_one(struct workers *w, struct worker_task *t)
{
    int64_t began_us = clock_monotonic_us();

    pthread_mutex_unlock(&w->lock);
    current_swap(t->c);
    t->fn(t->arg);
    current_swap(NULL);
    pthread_mutex_lock(&w->lock);
    note_time(w, clock_monotonic_us() - began_us);
    wake_signal(&t->done);
}

static void *run_tasks(void *arg)
{
    struct workers *w = arg;

    if (w->computes)
        give_way();
    pthread_mutex_lock(&w->lock);
    for (;;) {
        w->n_idle++;
        while (!w->first && !w->stopping)
            pthread_cond_wait(&w->work, &w->lock);
        w->n_idle--;
        if (!w->first)
            break;
        run_one(w, take(w));
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Adds a thread when all are busy and the limit allows it. Signals stay with the main thread. */
static void add_thread(struct workers *w, int slots)
{
    sigset_t all, before;
    int failed;

    if (w->n_idle > w->n_queued || w->n_threads >= slots || w->n_threads >= WORKERS_MAX)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&w->threads[w->n_threads], NULL, run_tasks, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        log_error(NULL, "workers.thread_failed", log_text("why", strerrordesc_np(failed)));
    else
        w->n_threads++;
}

/* Number of tasks that start in time, if they take about the same time. */
static int room(const struct workers *w, int slots, int64_t wait_us)
{
    int64_t most = (int64_t)slots + w->queue_max;
    int64_t in_time = w->computes && w->usual_us > 0 ? slots + slots * wait_us / w->usual_us : most;

    return (int)(in_time < most ? in_time : most);
}

static bool is_full(const struct workers *w, int slots, int64_t until_us)
{
    int64_t wait_us = until_us ? until_us - clock_monotonic_us() : INT32_MAX;

    return w->stopping || w->n_queued >= w->queue_max ||
           w->n_queued + w->n_threads - w->n_idle >= room(w, slots, wait_us);
}

static bool enqueue(struct workers *w, int slots, struct worker_task *t, int64_t until_us)
{
    if (is_full(w, slots, until_us))
        return false;
    add_thread(w, slots);
    if (!w->n_threads)
        return false;
    if (w->last)
        w->last->next = t;
    else
        w->first = t;
    w->last = t;
    w->n_queued++;
    pthread_cond_signal(&w->work);
    return true;
}

int workers_room(struct workers *w, int slots, int64_t wait_us)
{
    int n;

    pthread_mutex_lock(&w->lock);
    n = room(w, slots, wait_us);
    pthread_mutex_unlock(&w->lock);
    return n;
}

bool workers_are_full(struct workers *w, int slots, int64_t until_us)
{
    bool full;

    pthread_mutex_lock(&w->lock);
    full = is_full(w, slots, until_us);
    pthread_mutex_unlock(&w->lock);
    return full;
}

int workers_load(struct workers *w)
{
    int load;

    pthread_mutex_lock(&w->lock);
    load = w->n_threads - w->n_idle + w->n_queued;
    pthread_mutex_unlock(&w->lock);
    return load;
}

static void withdraw(struct workers *w, struct worker_task *t)
{
    struct worker_task **at = &w->first, *before = NULL;

    while (*at != t) {
        before = *at;
        at = &before->next;
    }
    *at = t->next;
    if (w->last == t)
        w->last = before;
    w->n_queued--;
}

/* Waits without the lock. */
static bool await(struct workers *w, struct worker_task *t, int64_t until_us)
{
    bool done;

    pthread_mutex_unlock(&w->lock);
    done = wake_wait(&t->done, until_us);
    pthread_mutex_lock(&w->lock);
    return done;
}

/* A queued task is withdrawn. A started one is awaited. */
static enum workers_outcome give_up(struct workers *w, struct worker_task *t)
{
    if (t->begun) {
        await(w, t, 0);
        return WORKERS_DONE;
    }
    withdraw(w, t);
    return WORKERS_LATE;
}

enum workers_outcome workers_run(
    struct workers *w, int slots, void (*fn)(void *arg), void *arg, int64_t until_us)
{
    struct worker_task t = { .fn = fn, .arg = arg, .c = current() };
    enum workers_outcome outcome = WORKERS_FULL;

    wake_init(&t.done);
    pthread_mutex_lock(&w->lock);
    if (enqueue(w, slots, &t, until_us))
        outcome = await(w, &t, until_us) ? WORKERS_DONE : give_up(w, &t);
    pthread_mutex_unlock(&w->lock);
    wake_release(&t.done);
    return outcome;
}

void workers_stop(struct workers *w)
{
    int n;

    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->work);
    n = w->n_threads;
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < n; i++)
        pthread_join(w->threads[i], NULL);
    pthread_mutex_lock(&w->lock);
    w->stopping = false;
    w->n_threads = 0;
    w->usual_us = 0;
    pthread_mutex_unlock(&w->lock);
}
