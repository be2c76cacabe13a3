/* workers — a bounded pool of threads for functions that block or use much CPU. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { WORKERS_MAX = 32 };

/* Static initialiser: { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,
 * .queue_max = … } */
struct workers {
    pthread_mutex_t lock;
    pthread_cond_t work;
    int queue_max;    /* queued tasks, besides the running ones; more are rejected */
    bool computes;    /* its threads have a low priority, and its tasks take about the same time */
    int64_t usual_us; /* moving average of a task's duration; 0: unknown */
    struct worker_task *first, *last;
    int n_queued, n_idle, n_threads;
    bool stopping;
    pthread_t threads[WORKERS_MAX];
};

/*
 * Runs fn(arg) on one of at most `slots` threads and waits for it, on a fiber or a thread. FULL:
 * the queue is full, or (of a pool that computes) the task would not start in time. LATE: it did
 * not start by `until_us` and is withdrawn. A started task is always awaited, because it uses the
 * caller's memory.
 */
enum workers_outcome { WORKERS_DONE, WORKERS_FULL, WORKERS_LATE };
enum workers_outcome workers_run(
    struct workers *w, int slots, void (*fn)(void *arg), void *arg, int64_t until_us);

/* Number of tasks, running and queued, of which the last starts within `wait_us`. */
int workers_room(struct workers *w, int slots, int64_t wait_us);

/* Whether workers_run would return FULL now. */
bool workers_are_full(struct workers *w, int slots, int64_t until_us);
/* Number of running and queued tasks. */
int workers_load(struct workers *w);

/* Finishes started and queued tasks and ends the threads. A later workers_run starts new ones. */
void workers_stop(struct workers *w);
