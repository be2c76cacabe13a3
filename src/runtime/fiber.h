/*
 * fiber — a stack of its own that stops where it waits and goes on later, always on the thread that
 * started it. Knows no event and no request; reactor.h decides who runs.
 *
 * 256 KiB of reserved stack with a guard page below: an overrun is a SIGSEGV, not a corruption.
 * AddressSanitizer, ThreadSanitizer and valgrind are told of every stack and switch.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIBER_STACK = 256 * 1024 };

struct ctx;

struct fiber {
    void *stack_pointer; /* saved while it does not run */
    char *stack;         /* lowest usable address; the guard page lies below */
    struct reactor *reactor;
    struct fiber *next; /* in the pool, the ready list */
    struct fiber *previous_parked, *next_parked;
    void (*fn)(void *arg);
    void *arg;
    const char *label;   /* what it works on, for the watchdog and the debugger */
    const struct ctx *c; /* its unit of work, while it does not run (base/current.h) */
    bool ended;

    /* What it waits for; the reactor's own. */
    int64_t deadline_us;
    size_t timer_at;        /* place in the timer heap + 1; 0: none */
    struct wake *parked_on; /* NULL: a descriptor, or nothing */
    int ready_events;
    bool timed_out;

    void *fake_stack, *tsan_fiber; /* the sanitizers' halves */
    unsigned valgrind_id;
};

/* A fiber with a fresh stack, or NULL when there is no memory. */
struct fiber *fiber_new(void);
void fiber_free(struct fiber *f);

/* Prepare it to run fn(arg) from the start; it must have ended or be new. */
void fiber_prepare(struct fiber *f, void (*fn)(void *arg), void *arg);

/* From the thread's own stack: run it until it parks or ends. */
void fiber_resume(struct fiber *f);

/* From inside a fiber: back to who resumed it. */
void fiber_park(void);

/* The fiber that runs on this thread; NULL on the thread's own stack. */
struct fiber *fiber_current(void);
