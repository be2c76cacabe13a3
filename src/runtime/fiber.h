/*
 * fiber — a stack that is suspended at each wait and resumed later, always on the thread that
 * started it. reactor.h schedules fibers.
 *
 * 256 KiB of reserved stack with a guard page below, so an overrun is a SIGSEGV and not a
 * corruption. AddressSanitizer, ThreadSanitizer and valgrind are informed of every stack and
 * switch.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIBER_STACK = 256 * 1024 };

struct ctx;

struct fiber {
    void *stack_pointer; /* saved while it does not run */
    char *stack;         /* lowest usable address; the guard page is below */
    struct reactor *reactor;
    struct fiber *next; /* in the pool, the ready list */
    struct fiber *previous_parked, *next_parked;
    void (*fn)(void *arg);
    void *arg;
    const char *label;   /* its work, for the watchdog and the debugger */
    const struct ctx *c; /* its unit of work, while it does not run (base/current.h) */
    bool ended;

    /* Its current wait. Private to the reactor. */
    int64_t deadline_us;
    size_t timer_at;        /* position in the timer heap + 1; 0: none */
    struct wake *parked_on; /* NULL: a descriptor, or nothing */
    int ready_events;
    bool timed_out;

    void *fake_stack, *tsan_fiber; /* the sanitizers' handles */
    unsigned valgrind_id;
};

/* A fiber with a new stack. NULL when memory is exhausted. */
struct fiber *fiber_new(void);
void fiber_free(struct fiber *f);

/* Prepares it to run fn(arg) from the start. It must have ended or be new. */
void fiber_prepare(struct fiber *f, void (*fn)(void *arg), void *arg);

/* From the thread's stack: runs it until it parks or ends. */
void fiber_resume(struct fiber *f);

/* From inside a fiber: returns to its fiber_resume. */
void fiber_park(void);

/* The running fiber of this thread. NULL on the thread's stack. */
struct fiber *fiber_current(void);
