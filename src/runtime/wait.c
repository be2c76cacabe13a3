/* Waits on a fiber or on a plain thread. */
#include "wait.h"
#include "reactor.h"
#include <ashlar/clock.h>
#include <errno.h>
#include <poll.h>
#include <time.h>

/* Milliseconds for poll(): -1 without a deadline. */
static int left_ms(int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_monotonic_us();

    if (deadline_us == 0)
        return -1;
    return left_us <= 0 ? 0 : (int)(left_us / 1000 < 3600000 ? left_us / 1000 + 1 : 3600000);
}

int wait_fd(int fd, short events, int64_t deadline_us)
{
    struct pollfd p = { .fd = fd, .events = events };
    int n;

    if (fiber_current())
        return reactor_wait_fd(fd, events, deadline_us);
    do
        n = poll(&p, 1, left_ms(deadline_us));
    while (n < 0 && errno == EINTR);
    return n;
}

static struct timespec timespec_of(int64_t us)
{
    return (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
}

void wait_time(int64_t at_us)
{
    const struct timespec at = timespec_of(at_us);
    struct wake never;

    if (fiber_current()) {
        wake_init(&never);
        wake_wait(&never, at_us);
        wake_release(&never);
        return;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* --- Wakes --- */

void wake_init(struct wake *w)
{
    pthread_condattr_t monotonic;

    *w = (struct wake){ .fiber = fiber_current() };
    if (w->fiber)
        return;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->signal, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static bool wait_on_thread(struct wake *w, int64_t deadline_us)
{
    const struct timespec until = timespec_of(deadline_us);
    bool signalled;
    int failed = 0;

    pthread_mutex_lock(&w->lock);
    while (!w->signalled && failed != ETIMEDOUT)
        failed = deadline_us ? pthread_cond_timedwait(&w->signal, &w->lock, &until)
                             : pthread_cond_wait(&w->signal, &w->lock);
    signalled = w->signalled;
    pthread_mutex_unlock(&w->lock);
    return signalled;
}

bool wake_wait(struct wake *w, int64_t deadline_us)
{
    return w->fiber ? reactor_wait_wake(w, deadline_us) : wait_on_thread(w, deadline_us);
}

void wake_signal(struct wake *w)
{
    if (w->fiber) {
        reactor_post(w->fiber->reactor, w);
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->signalled = true;
    pthread_cond_signal(&w->signal);
    pthread_mutex_unlock(&w->lock);
}

void wake_release(struct wake *w)
{
    if (w->fiber) {
        reactor_forget(w->fiber->reactor, w);
        return;
    }
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->signal);
}
