/* workers — a bounded pool of threads for what blocks or burns CPU. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { WORKERS_MAX = 32 };

/* Statically: { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .queue_max = …
 * } */
struct workers {
    pthread_mutex_t lock;
    pthread_cond_t work;
    int queue_max;    /* waiting beside those at work; more are refused */
    bool computes;    /* its threads give way to others, and its tasks take about the same time */
    int64_t usual_us; /* how long a task takes; moving average, 0: not known yet */
    struct worker_task *first, *last;
    int n_queued, n_idle, n_threads;
    bool stopping;
    pthread_t threads[WORKERS_MAX];
};

/*
 * Run fn(arg) on one of at most `slots` threads and wait for it, on a fiber or a thread. FULL: the
 * queue is, or (of what computes) so much is before it that it would not begin in time. LATE: it
 * had not begun by `until_us`, and never will; what has begun is waited for, because it works in
 * the caller's memory.
 */
enum workers_outcome { WORKERS_DONE, WORKERS_FULL, WORKERS_LATE };
enum workers_outcome workers_run(
    struct workers *w, int slots, void (*fn)(void *arg), void *arg, int64_t until_us);

/* How many tasks at once, at work and waiting, of which the last begins within `wait_us`. */
int workers_room(struct workers *w, int slots, int64_t wait_us);

/* Would workers_run be refused right now? */
bool workers_are_full(struct workers *w, int slots, int64_t until_us);
/* Tasks at work and in line. */
int workers_load(struct workers *w);

/* Finish what was begun and queued, end the threads; a later workers_run starts new ones. */
void workers_stop(struct workers *w);
