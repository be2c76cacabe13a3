/*
 * Waits for a descriptor, a time or another thread. On a fiber the wait parks it and its reactor
 * continues; on a plain thread it blocks. Deadlines are on clock_monotonic_us's scale; 0: none.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* As poll(2) on one descriptor, but not ended by signals. Returns a positive value when it is ready
 * (also when it broke), 0 after the deadline. A negative value: the descriptor cannot be polled. */
int wait_fd(int fd, short events, int64_t deadline_us);

void wait_time(int64_t at_us);

/*
 * A one-shot signal to one waiter, usually on the waiter's stack, in a list protected by a lock:
 *
 *     wake_init(&w.wake); add w to the list; unlock;
 *     wake_wait(&w.wake, deadline_us);
 *     lock; remove w from the list if it is there; wake_release(&w.wake);
 *
 * The signalling thread holds the same lock while it finds w in the list, so w's memory is valid.
 */
struct wake {
    struct fiber *fiber; /* NULL: a plain thread waits */
    struct wake *next;   /* in the reactor's wakeup box */
    pthread_mutex_t lock;
    pthread_cond_t signal;
    bool signalled, posted;
};

/* By the waiter, on its own thread or fiber. */
void wake_init(struct wake *w);
/* False when the deadline passed before the signal. */
bool wake_wait(struct wake *w, int64_t deadline_us);
/* Any thread, at most once. */
void wake_signal(struct wake *w);
/* Called when no thread can signal it any longer. */
void wake_release(struct wake *w);
