/* A flag on which one thread waits and which any thread sets. */
#include "base/signal_flag.h"
#include <errno.h>
#include <stdint.h>
#include <time.h>

void signal_flag_init(struct signal_flag *b)
{
    pthread_condattr_t monotonic; /* the wait must not depend on a clock that is set */

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    b->set = false;
}

void signal_flag_release(struct signal_flag *b)
{
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
}

void signal_flag_set(struct signal_flag *b)
{
    pthread_mutex_lock(&b->lock);
    b->set = true;
    pthread_cond_signal(&b->changed);
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

bool signal_flag_wait(struct signal_flag *b, int ms)
{
    struct timespec until = from_now(ms < 0 ? 0 : ms);
    int late = 0;
    bool rang;

    pthread_mutex_lock(&b->lock);
    while (!b->set && late != ETIMEDOUT)
        late = ms < 0 ? pthread_cond_wait(&b->changed, &b->lock)
                      : pthread_cond_timedwait(&b->changed, &b->lock, &until);
    rang = b->set;
    b->set = false;
    pthread_mutex_unlock(&b->lock);
    return rang;
}
