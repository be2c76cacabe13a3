/*
 * reactor — one thread's loop over descriptors, timers and wakeups from other threads, and its
 * fibers.
 *
 * Only reactor_stop, reactor_nudge, reactor_lag_us and reactor_held may be called on other threads.
 */
#pragma once
#include "fiber.h"

struct reactor;

/* A reactor of at most `most` concurrent fibers. NULL without descriptors or memory. */
struct reactor *reactor_new(size_t most);
void reactor_free(struct reactor *r);

/* Additional work of the loop: a descriptor to poll for input, and a function called once per turn.
 * It returns the milliseconds that the loop may sleep (-1: no limit). */
struct reactor_guest {
    int fd;
    int (*turn)(void *arg);
    void *arg;
};

/* Runs until reactor_stop was called and the last fiber has ended. False, immediately, when the
 * guest's descriptor cannot be polled. */
bool reactor_run(struct reactor *r, const struct reactor_guest *guest);
void reactor_stop(struct reactor *r);
/* Requests a turn of the loop and of its guest. Any thread. */
void reactor_nudge(struct reactor *r);

/* The reactor of this thread, or NULL. */
struct reactor *reactor_current(void);

/* Runs fn(arg) on a fiber, immediately, until its first wait. False when `most` fibers exist. */
bool reactor_start_fiber(struct reactor *r, void (*fn)(void *arg), void *arg);

size_t reactor_in_flight(const struct reactor *r);

/*
 * Data of the reactor's thread with the reactor's lifetime (connections, pools). Each is identified
 * by its `end`, which reactor_run calls with `data` on the thread's stack after the last fiber has
 * ended. False: there are REACTOR_KEEPS already.
 */
enum { REACTOR_KEEPS = 4 };
bool reactor_keep(struct reactor *r, void (*end)(void *data), void *data);
/* NULL: no data with this `end`. */
void *reactor_kept(const struct reactor *r, void (*end)(void *data));

/* Names the work of the current fiber (static text), for reactor_held. No effect on a plain
 * thread. */
void reactor_label(const char *label);

/* Duration for which the loop has been inside one fiber, if longer than `limit_us`, otherwise 0.
 * `label` is then its work (static text, or NULL). Any thread. */
int64_t reactor_held(const struct reactor *r, int64_t limit_us, const char **label);
/* The longest turn since the last call. Any thread. */
int64_t reactor_lag_us(struct reactor *r);

/* --- For wait.c: waits of the current fiber --- */

/* Parks until `fd` is ready. Returns its events, 0 after the deadline, -1 when waiting is
 * impossible. */
int reactor_wait_fd(int fd, short events, int64_t deadline_us);
/* Parks until reactor_post or the deadline. False: the deadline. */
struct wake;
bool reactor_wait_wake(struct wake *w, int64_t deadline_us);
/* Continues `w`'s fiber. Any thread. */
void reactor_post(struct reactor *r, struct wake *w);
/* Removes `w` from the wakeup box before its memory ends. */
void reactor_forget(struct reactor *r, struct wake *w);
