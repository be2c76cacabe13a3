/*
 * reactor — one thread's loop over descriptors, timers and wakeups from other threads, and the
 * fibers it runs.
 *
 * Everything but reactor_stop, reactor_nudge, reactor_lag_us and reactor_held belongs to the
 * reactor's own thread.
 */
#pragma once
#include "fiber.h"

struct reactor;

/* `most` fibers at once. NULL when there are no descriptors or no memory. */
struct reactor *reactor_new(size_t most);
void reactor_free(struct reactor *r);

/* What else the loop serves: one descriptor watched for input, and a function called once a turn
 * that says how many milliseconds the loop may sleep (-1: as long as it likes). */
struct reactor_guest {
    int fd;
    int (*turn)(void *arg);
    void *arg;
};

/* Run until reactor_stop was called and the last fiber has ended; false at once when the guest's
 * descriptor cannot be watched. */
bool reactor_run(struct reactor *r, const struct reactor_guest *guest);
void reactor_stop(struct reactor *r);
/* A turn of the loop, and of its guest, soon. Any thread. */
void reactor_nudge(struct reactor *r);

/* The reactor of this thread, or NULL. */
struct reactor *reactor_current(void);

/* Run fn(arg) on a fiber, at once, until it first waits. False when `most` are in flight. */
bool reactor_start_fiber(struct reactor *r, void (*fn)(void *arg), void *arg);

size_t reactor_in_flight(const struct reactor *r);

/*
 * What lives as long as the reactor and belongs to its thread (connections, pools): at most
 * REACTOR_KEEPS, each told apart by its `end`, which reactor_run calls with `data` on its own stack
 * after the last fiber has ended. False when there is no place left.
 */
enum { REACTOR_KEEPS = 4 };
bool reactor_keep(struct reactor *r, void (*end)(void *data), void *data);
/* NULL: nothing kept with this `end`. */
void *reactor_kept(const struct reactor *r, void (*end)(void *data));

/* Name the work of the current fiber (static text), for reactor_held; nothing on a plain thread. */
void reactor_label(const char *label);

/* Has the loop been inside one fiber for longer than `limit_us`? Then for how long, and on what
 * (static text, or NULL). Any thread. */
int64_t reactor_held(const struct reactor *r, int64_t limit_us, const char **label);
/* The longest turn since the last call. Any thread. */
int64_t reactor_lag_us(struct reactor *r);

/* --- For wait.c: the current fiber waits --- */

/* Park until `fd` is ready (its events), the deadline passed (0), or waiting is impossible (-1). */
int reactor_wait_fd(int fd, short events, int64_t deadline_us);
/* Park until reactor_post or the deadline; false: the deadline. */
struct wake;
bool reactor_wait_wake(struct wake *w, int64_t deadline_us);
/* From any thread: `w`'s fiber goes on. */
void reactor_post(struct reactor *r, struct wake *w);
/* `w` is about to end: take it out of the wakeup box. */
void reactor_forget(struct reactor *r, struct wake *w);
