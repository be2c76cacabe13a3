/* Absolute deadlines for connections. */
#include "reaper.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { TURN_MS = 250 };

const struct metric METRIC_CONNECTIONS_CUT = {
    .name = "ashlar_http_connections_cut_total",
    .help = "Connections closed because receiving a head or a body, or sending a response, took "
            "too long.",
    .kind = METRIC_COUNTER,
};

struct watched {
    int fd; /* -1: free */
    int64_t deadline_us;
    bool asked; /* one of its requests has been read */
    struct watched *next_free;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread;
    bool running;
    struct watched *slots, *free;
    int n;
} reaper = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The first request is unread in the socket: the server thread is busy, and the client is not slow.
 * Later requests do not count: a client could cause this by pipelining without reading. */
static bool we_are_late(const struct watched *w)
{
    int unread = 0;
    return !w->asked && ioctl(w->fd, FIONREAD, &unread) == 0 && unread > 0;
}

/* Under the lock, so that the descriptor cannot be closed and reused in between. */
static int cut_late(int64_t now_us)
{
    int cut = 0;

    for (int i = 0; i < reaper.n; i++) {
        struct watched *w = &reaper.slots[i];
        if (w->fd < 0 || w->deadline_us == 0 || w->deadline_us > now_us || we_are_late(w))
            continue;
        shutdown(w->fd, SHUT_RDWR);
        w->deadline_us = 0;
        cut++;
    }
    return cut;
}

static void *reap(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&reaper.lock);
    while (reaper.running) {
        struct timespec until;
        int cut = cut_late(clock_monotonic_us());
        metric_add(&METRIC_CONNECTIONS_CUT, NULL, cut);
        if (cut)
            log_info(NULL, "http.slow_connections_cut", log_int("connections", cut));
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TURN_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&reaper.ended, &reaper.lock, &until);
    }
    pthread_mutex_unlock(&reaper.lock);
    return NULL;
}

bool reaper_start(int most)
{
    pthread_condattr_t attr;

    reaper.slots = calloc((size_t)most, sizeof *reaper.slots);
    if (reaper.slots == NULL)
        return false;
    reaper.n = most;
    reaper.free = NULL;
    for (int i = 0; i < most; i++) {
        reaper.slots[i] = (struct watched){ .fd = -1, .next_free = reaper.free };
        reaper.free = &reaper.slots[i];
    }
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&reaper.ended, &attr);
    pthread_condattr_destroy(&attr);
    reaper.running = true;
    if (pthread_create(&reaper.thread, NULL, reap, NULL) == 0)
        return true;
    reaper.running = false;
    free(reaper.slots);
    return false;
}

void reaper_stop(void)
{
    bool was_running;

    pthread_mutex_lock(&reaper.lock);
    was_running = reaper.running;
    reaper.running = false;
    if (was_running)
        pthread_cond_signal(&reaper.ended);
    pthread_mutex_unlock(&reaper.lock);
    if (!was_running)
        return;
    pthread_join(reaper.thread, NULL);
    pthread_cond_destroy(&reaper.ended);
    free(reaper.slots);
    reaper.slots = reaper.free = NULL;
    reaper.n = 0;
}

struct watched *reaper_watch(int fd, int64_t deadline_us)
{
    struct watched *w;

    pthread_mutex_lock(&reaper.lock);
    w = reaper.free;
    if (w) {
        reaper.free = w->next_free;
        *w = (struct watched){ .fd = fd, .deadline_us = deadline_us };
    }
    pthread_mutex_unlock(&reaper.lock);
    return w;
}

void reaper_forget(struct watched *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&reaper.lock);
    *w = (struct watched){ .fd = -1, .next_free = reaper.free };
    reaper.free = w;
    pthread_mutex_unlock(&reaper.lock);
}

void reaper_until(struct watched *w, int64_t deadline_us)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&reaper.lock);
    w->deadline_us = deadline_us;
    w->asked = true;
    pthread_mutex_unlock(&reaper.lock);
}

void reaper_by(struct watched *w, int64_t deadline_us)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&reaper.lock);
    if (w->deadline_us == 0 || w->deadline_us > deadline_us)
        w->deadline_us = deadline_us;
    pthread_mutex_unlock(&reaper.lock);
}
