/* Fibers: their stacks, and the calls that sanitizers require. */
#include "fiber.h"
#include "base/current.h"
#include "base/poison.h"
#include "fiber_switch.h"
#include <stdlib.h>
#include <sys/mman.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif

#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif

enum { GUARD = 4096 };

/* The thread's stack, as needed by its fibers. */
static _Thread_local struct {
    struct fiber *current;
    void *stack_pointer;
    const void *bottom;
    size_t size;
    void *fake_stack, *tsan_fiber;
} thread;

/* --- Sanitizers --- */

#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

static void annotate_new(struct fiber *f)
{
    /* Memory that only a parked fiber points to is not leaked. */
    __lsan_register_root_region(f->stack, FIBER_STACK);
}

static void annotate_freed(struct fiber *f)
{
    __lsan_unregister_root_region(f->stack, FIBER_STACK);
}

/* The frames of the previous run were never left, and their red zones are still marked. */
static void annotate_reused(struct fiber *f)
{
    UNPOISON(f->stack, FIBER_STACK);
}

static void annotate_entering(struct fiber *f)
{
    __sanitizer_start_switch_fiber(&thread.fake_stack, f->stack, FIBER_STACK);
}

static void annotate_back(void)
{
    __sanitizer_finish_switch_fiber(thread.fake_stack, NULL, NULL);
}

static void annotate_leaving(struct fiber *f)
{
    __sanitizer_start_switch_fiber(f->ended ? NULL : &f->fake_stack, thread.bottom, thread.size);
}

static void annotate_arrived(struct fiber *f)
{
    __sanitizer_finish_switch_fiber(f->fake_stack, &thread.bottom, &thread.size);
    f->fake_stack = NULL;
}
#elif defined(WITH_TSAN)
#include <sanitizer/tsan_interface.h>

static void annotate_new(struct fiber *f)
{
    f->tsan_fiber = __tsan_create_fiber(0);
}

static void annotate_freed(struct fiber *f)
{
    __tsan_destroy_fiber(f->tsan_fiber);
}

static void annotate_reused(struct fiber *f)
{
    (void)f;
}

static void annotate_entering(struct fiber *f)
{
    if (!thread.tsan_fiber)
        thread.tsan_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->tsan_fiber, 0);
}

static void annotate_back(void)
{
}

static void annotate_leaving(struct fiber *f)
{
    (void)f;
    __tsan_switch_to_fiber(thread.tsan_fiber, 0);
}

static void annotate_arrived(struct fiber *f)
{
    (void)f;
}
#else
static void annotate_new(struct fiber *f)
{
#ifdef VALGRIND_STACK_REGISTER
    f->valgrind_id = VALGRIND_STACK_REGISTER(f->stack, f->stack + FIBER_STACK);
#else
    (void)f;
#endif
}

static void annotate_freed(struct fiber *f)
{
#ifdef VALGRIND_STACK_DEREGISTER
    VALGRIND_STACK_DEREGISTER(f->valgrind_id);
#else
    (void)f;
#endif
}

static void annotate_reused(struct fiber *f)
{
    (void)f;
}

static void annotate_entering(struct fiber *f)
{
    (void)f;
}

static void annotate_back(void)
{
}

static void annotate_leaving(struct fiber *f)
{
    (void)f;
}

static void annotate_arrived(struct fiber *f)
{
    (void)f;
}
#endif

/* --- Lifetime --- */

struct fiber *fiber_new(void)
{
    struct fiber *f = calloc(1, sizeof *f);
    char *low;

    if (!f)
        return NULL;
    low = mmap(NULL, GUARD + FIBER_STACK, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (low == MAP_FAILED || mprotect(low, GUARD, PROT_NONE) != 0) {
        if (low != MAP_FAILED)
            munmap(low, GUARD + FIBER_STACK);
        free(f);
        return NULL;
    }
    f->stack = low + GUARD;
    f->ended = true;
    annotate_new(f);
    return f;
}

void fiber_free(struct fiber *f)
{
    if (!f)
        return;
    annotate_freed(f);
    munmap(f->stack - GUARD, GUARD + FIBER_STACK);
    free(f);
}

/* The first frame of every run. */
static void begin(void)
{
    struct fiber *f = thread.current;

    annotate_arrived(f);
    f->fn(f->arg);
    f->ended = true;
    fiber_park();
    abort(); /* an ended fiber is not resumed */
}

void fiber_prepare(struct fiber *f, void (*fn)(void *arg), void *arg)
{
    annotate_reused(f);
    f->fn = fn;
    f->arg = arg;
    f->label = NULL;
    f->c = NULL;
    f->ended = false;
    f->fake_stack = NULL;
    f->stack_pointer = fiber_first_frame(f->stack, FIBER_STACK, begin);
}

void fiber_resume(struct fiber *f)
{
    const struct ctx *own = current_swap(f->c);

    thread.current = f;
    annotate_entering(f);
    fiber_switch(&thread.stack_pointer, f->stack_pointer);
    annotate_back();
    thread.current = NULL;
    f->c = current_swap(own);
}

void fiber_park(void)
{
    struct fiber *f = thread.current;

    annotate_leaving(f);
    fiber_switch(&f->stack_pointer, thread.stack_pointer);
    annotate_arrived(f);
}

struct fiber *fiber_current(void)
{
    return thread.current;
}
