/* The event loop: descriptors, timers, wakeups, then the fibers that became ready. */
#include "reactor.h"
#include "timers.h"
#include "wait.h"
#include <ashlar/clock.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS_PER_TURN = 64, MADE_AT_ONCE = 32, POOLED_MAX = 128, SLEEP_MAX_MS = 1000 };

struct reactor {
    int epoll_fd, wakeup_fd;
    size_t most, in_flight, n_pooled;
    struct fiber *pooled;
    struct fiber *ready, **ready_end;
    struct fiber *parked; /* for the debugger: gdb walks this list */
    struct timers timers;
    atomic_bool stopping;

    struct {
        void (*end)(void *data);
        void *data;
    } kept[REACTOR_KEEPS];
    size_t n_kept;

    pthread_mutex_t wakeups_lock;
    struct wake *wakeups;

    /* Read by the watchdog. */
    _Atomic int64_t held_since_us, longest_us;
    _Atomic(const char *) held_by;
};

static _Thread_local struct reactor *here;

struct reactor *reactor_current(void)
{
    const struct fiber *f = fiber_current();

    return f ? f->reactor : here;
}

/* --- Creation and end --- */

/* `mark` distinguishes its events from those of fibers. */
static bool watch(struct reactor *r, int fd, void *mark)
{
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = mark };
    return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* Stacks for a burst are mapped in advance: see reserve_heap of the HTTP reactors. */
static bool make_fibers(struct reactor *r)
{
    while (r->n_pooled < r->most && r->n_pooled < MADE_AT_ONCE) {
        struct fiber *f = fiber_new();
        if (!f)
            return false;
        f->next = r->pooled;
        r->pooled = f;
        r->n_pooled++;
    }
    return true;
}

struct reactor *reactor_new(size_t most)
{
    struct reactor *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->most = most;
    r->ready_end = &r->ready;
    r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    r->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&r->wakeups_lock, NULL);
    if (r->epoll_fd >= 0 && r->wakeup_fd >= 0 && timers_init(&r->timers, most) &&
        watch(r, r->wakeup_fd, r) && make_fibers(r))
        return r;
    reactor_free(r);
    return NULL;
}

void reactor_free(struct reactor *r)
{
    if (!r)
        return;
    while (r->pooled) {
        struct fiber *f = r->pooled;
        r->pooled = f->next;
        fiber_free(f);
    }
    timers_release(&r->timers);
    pthread_mutex_destroy(&r->wakeups_lock);
    if (r->epoll_fd >= 0)
        close(r->epoll_fd);
    if (r->wakeup_fd >= 0)
        close(r->wakeup_fd);
    free(r);
}

/* --- Running fibers --- */

static void make_ready(struct reactor *r, struct fiber *f)
{
    timers_remove(&r->timers, f);
    f->parked_on = NULL;
    f->next = NULL;
    *r->ready_end = f;
    r->ready_end = &f->next;
}

static void link_parked(struct reactor *r, struct fiber *f)
{
    f->previous_parked = NULL;
    f->next_parked = r->parked;
    if (r->parked)
        r->parked->previous_parked = f;
    r->parked = f;
}

static void unlink_parked(struct reactor *r, struct fiber *f)
{
    if (f->previous_parked)
        f->previous_parked->next_parked = f->next_parked;
    else
        r->parked = f->next_parked;
    if (f->next_parked)
        f->next_parked->previous_parked = f->previous_parked;
}

static void retire(struct reactor *r, struct fiber *f)
{
    r->in_flight--;
    if (r->n_pooled >= POOLED_MAX) {
        fiber_free(f);
        return;
    }
    f->next = r->pooled;
    r->pooled = f;
    r->n_pooled++;
}

static void run(struct reactor *r, struct fiber *f)
{
    int64_t since_us = clock_monotonic_us(), took_us;

    atomic_store_explicit(&r->held_by, f->label, memory_order_relaxed);
    atomic_store_explicit(&r->held_since_us, since_us, memory_order_release);
    fiber_resume(f);
    atomic_store_explicit(&r->held_since_us, 0, memory_order_release);
    took_us = clock_monotonic_us() - since_us;
    if (took_us > atomic_load_explicit(&r->longest_us, memory_order_relaxed))
        atomic_store_explicit(&r->longest_us, took_us, memory_order_relaxed);
    if (f->ended)
        retire(r, f);
    else
        link_parked(r, f);
}

static struct fiber *take_fiber(struct reactor *r)
{
    struct fiber *f = r->pooled;

    if (!f)
        return fiber_new();
    r->pooled = f->next;
    r->n_pooled--;
    return f;
}

bool reactor_start_fiber(struct reactor *r, void (*fn)(void *arg), void *arg)
{
    struct fiber *f;

    if (r->in_flight >= r->most || (f = take_fiber(r)) == NULL)
        return false;
    f->reactor = r;
    r->in_flight++;
    fiber_prepare(f, fn, arg);
    run(r, f);
    return true;
}

/* Runs only the fibers that are ready now. Fibers made ready by them run after the next check of
 * the descriptors. */
static void run_ready(struct reactor *r)
{
    struct fiber *f = r->ready;

    r->ready = NULL;
    r->ready_end = &r->ready;
    while (f) {
        struct fiber *next = f->next;
        unlink_parked(r, f);
        run(r, f);
        f = next;
    }
}

/* --- Kept data --- */

bool reactor_keep(struct reactor *r, void (*end)(void *data), void *data)
{
    if (r->n_kept == REACTOR_KEEPS)
        return false;
    r->kept[r->n_kept].end = end;
    r->kept[r->n_kept++].data = data;
    return true;
}

void *reactor_kept(const struct reactor *r, void (*end)(void *data))
{
    for (size_t i = 0; i < r->n_kept; i++) {
        if (r->kept[i].end == end)
            return r->kept[i].data;
    }
    return NULL;
}

static void end_kept(struct reactor *r)
{
    while (r->n_kept > 0) {
        r->n_kept--;
        r->kept[r->n_kept].end(r->kept[r->n_kept].data);
    }
}

/* --- Wakeups from other threads --- */

static void deliver(struct reactor *r, struct wake *w)
{
    w->signalled = true;
    if (w->fiber->parked_on == w)
        make_ready(r, w->fiber);
}

void reactor_post(struct reactor *r, struct wake *w)
{
    bool first;

    if (r == here) { /* fibers of one thread need no wakeup */
        deliver(r, w);
        return;
    }
    pthread_mutex_lock(&r->wakeups_lock);
    first = r->wakeups == NULL;
    w->next = r->wakeups;
    r->wakeups = w;
    w->posted = true;
    pthread_mutex_unlock(&r->wakeups_lock);
    if (first)
        reactor_nudge(r);
}

void reactor_forget(struct reactor *r, struct wake *w)
{
    pthread_mutex_lock(&r->wakeups_lock);
    if (w->posted) {
        struct wake **at = &r->wakeups;
        while (*at != w)
            at = &(*at)->next;
        *at = w->next;
        w->posted = false;
    }
    pthread_mutex_unlock(&r->wakeups_lock);
}

static void read_letters(struct reactor *r)
{
    uint64_t count;

    (void)!read(r->wakeup_fd, &count, sizeof count);
    pthread_mutex_lock(&r->wakeups_lock);
    while (r->wakeups) {
        struct wake *w = r->wakeups;
        r->wakeups = w->next;
        w->posted = false;
        deliver(r, w);
    }
    pthread_mutex_unlock(&r->wakeups_lock);
}

/* --- Waiting, from inside a fiber --- */

static void park_until(struct fiber *f, int64_t deadline_us)
{
    f->timed_out = false;
    f->deadline_us = deadline_us;
    if (deadline_us)
        timers_add(&f->reactor->timers, f);
    fiber_park();
}

/* One-shot: after its event the descriptor stays in the set, disabled, and the next wait costs one
 * call. A wait that ends by its deadline removes it, so that no later event occurs. */
int reactor_wait_fd(int fd, short events, int64_t deadline_us)
{
    struct fiber *f = fiber_current();
    struct reactor *r = f->reactor;
    struct epoll_event e = { .events = EPOLLONESHOT, .data.ptr = f };

    e.events |= (events & POLLIN ? EPOLLIN : 0) | (events & POLLOUT ? EPOLLOUT : 0);
    if (epoll_ctl(r->epoll_fd, EPOLL_CTL_MOD, fd, &e) != 0 &&
        (errno != ENOENT || epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0))
        return -1;
    f->ready_events = 0;
    park_until(f, deadline_us);
    if (f->timed_out)
        epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    return f->ready_events;
}

bool reactor_wait_wake(struct wake *w, int64_t deadline_us)
{
    if (!w->signalled) {
        w->fiber->parked_on = w;
        park_until(w->fiber, deadline_us);
    }
    return w->signalled;
}

/* --- The loop --- */

static void expire(struct reactor *r)
{
    int64_t now_us = clock_monotonic_us();
    struct fiber *f;

    while ((f = timers_first(&r->timers)) != NULL && f->deadline_us <= now_us) {
        f->timed_out = true;
        make_ready(r, f);
    }
}

static int sleep_ms_of(const struct reactor *r, int guest_ms)
{
    const struct fiber *f = timers_first(&r->timers);
    int64_t ms = guest_ms < 0 || guest_ms > SLEEP_MAX_MS ? SLEEP_MAX_MS : guest_ms;

    if (r->ready)
        return 0;
    if (f) {
        int64_t left_us = f->deadline_us - clock_monotonic_us();
        int64_t left_ms = left_us <= 0 ? 0 : left_us / 1000 + 1;
        ms = left_ms < ms ? left_ms : ms;
    }
    return (int)ms;
}

/* All events are marked before any fiber runs, so no event reaches a fiber that has continued. */
static void collect(struct reactor *r, int timeout_ms)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int n = epoll_wait(r->epoll_fd, events, EVENTS_PER_TURN, timeout_ms);

    for (int i = 0; i < n; i++) {
        struct fiber *f = events[i].data.ptr;
        if (events[i].data.ptr == r)
            read_letters(r);
        else if (f) { /* NULL: the guest, which has its own turn */
            f->ready_events = (int)events[i].events;
            make_ready(r, f);
        }
    }
    expire(r);
}

bool reactor_run(struct reactor *r, const struct reactor_guest *guest)
{
    int guest_ms = -1;

    if (guest && !watch(r, guest->fd, NULL))
        return false;
    here = r;
    while (!atomic_load(&r->stopping) || r->in_flight > 0) {
        collect(r, sleep_ms_of(r, guest_ms));
        run_ready(r);
        if (guest)
            guest_ms = guest->turn(guest->arg);
    }
    end_kept(r);
    here = NULL;
    return true;
}

void reactor_nudge(struct reactor *r)
{
    const uint64_t one = 1;

    (void)!write(r->wakeup_fd, &one, sizeof one); /* a full counter is also read */
}

void reactor_stop(struct reactor *r)
{
    atomic_store(&r->stopping, true);
    reactor_nudge(r);
}

size_t reactor_in_flight(const struct reactor *r)
{
    return r->in_flight;
}

void reactor_label(const char *label)
{
    struct fiber *f = fiber_current();

    if (!f)
        return;
    f->label = label;
    atomic_store_explicit(&f->reactor->held_by, label, memory_order_relaxed);
}

int64_t reactor_held(const struct reactor *r, int64_t limit_us, const char **label)
{
    int64_t since_us = atomic_load_explicit(&r->held_since_us, memory_order_acquire);
    int64_t held_us = since_us ? clock_monotonic_us() - since_us : 0;

    if (held_us < limit_us)
        return 0;
    *label = atomic_load_explicit(&r->held_by, memory_order_relaxed);
    return held_us;
}

int64_t reactor_lag_us(struct reactor *r)
{
    return atomic_exchange(&r->longest_us, 0);
}
