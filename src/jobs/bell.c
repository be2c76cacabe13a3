/* One thread waits, any thread rings. Knows nothing. */
#include "bell.h"
#include <errno.h>
#include <stdint.h>
#include <time.h>

void bell_init(struct bell *b)
{
    pthread_condattr_t monotonic; /* a clock that is set must not stop or flood the waiting */

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->rung_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    b->rung = false;
}

void bell_release(struct bell *b)
{
    pthread_cond_destroy(&b->rung_changed);
    pthread_mutex_destroy(&b->lock);
}

void bell_ring(struct bell *b)
{
    pthread_mutex_lock(&b->lock);
    b->rung = true;
    pthread_cond_signal(&b->rung_changed);
    pthread_mutex_unlock(&b->lock);
}

static struct timespec from_now(int ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

bool bell_wait(struct bell *b, int ms)
{
    struct timespec until = from_now(ms < 0 ? 0 : ms);
    int late = 0;
    bool rang;

    pthread_mutex_lock(&b->lock);
    while (!b->rung && late != ETIMEDOUT)
        late = ms < 0 ? pthread_cond_wait(&b->rung_changed, &b->lock)
                      : pthread_cond_timedwait(&b->rung_changed, &b->lock, &until);
    rang = b->rung;
    b->rung = false;
    pthread_mutex_unlock(&b->lock);
    return rang;
}
