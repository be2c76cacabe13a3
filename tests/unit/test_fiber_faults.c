/* What goes wrong on a fiber is reported where it went wrong: planted faults, each in a child. */
#include "child.h"
#include "runtime/fiber.h"
#include "runtime/reactor.h"
#include <ashlar/base.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { HAS_ASAN = 1 };
#else
enum { HAS_ASAN = 0 };
#endif
#if defined(__SANITIZE_THREAD__)
enum { HAS_TSAN = 1 };
#else
enum { HAS_TSAN = 0 };
#endif

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* --- The faults --- */

static volatile int sink, depth_most = 1 << 30;

/* Neither inlined nor turned into a loop: the frames must be there to be named. */
__attribute__((noinline)) static int planted_recursion(int depth)
{
    volatile char frame[512];

    frame[0] = (char)depth;
    if (depth < depth_most)
        sink += planted_recursion(depth + 1);
    return frame[0];
}

static void overflow(void *arg)
{
    (void)arg;
    sink = planted_recursion(0);
}

__attribute__((noinline)) static int planted_use_after_free(const volatile int *freed)
{
    return *freed;
}

/* Freed before the fiber waits, used after it went on. */
static void use_after_free(void *arg)
{
    int *volatile memory = calloc(4, sizeof *memory);

    (void)arg;
    free(memory);
    reactor_wait_fd(STDERR_FILENO, 0, 1);
    sink = planted_use_after_free(memory);
}

__attribute__((noinline)) static void planted_overrun(volatile char *local, int at)
{
    local[at] = 1;
}

static void overrun(void *arg)
{
    char local[32] = "";

    (void)arg;
    planted_overrun(local, 32 + sink);
    sink = local[0];
}

/* cmocka takes the signal from the sanitizer: the child gives it back. */
static struct sigaction on_overflow;

static void run_on_fiber(void *fn)
{
    struct reactor *r = reactor_new(2);

    sigaction(SIGSEGV, &on_overflow, NULL);
    if (r == NULL || !reactor_start_fiber(r, *(void (**)(void *))fn, NULL))
        _exit(9);
    reactor_stop(r);
    reactor_run(r, NULL);
    reactor_free(r);
}

static struct child_end plant(void (*fn)(void *arg))
{
    return child_run(arena, run_on_fiber, &fn);
}

#define assert_said(ended, text)                                                                   \
    do {                                                                                           \
        if (!strstr((ended).said, text))                                                           \
            fail_msg("not said \"%s\" but: %s", text, (ended).said);                               \
    } while (0)

/* --- The reports --- */

static void an_overflow_ends_at_the_guard_page(void **state)
{
    struct child_end ended;

    (void)state;
    if (HAS_TSAN)
        skip();
    ended = plant(overflow);
    if (!HAS_ASAN) {
        assert_int_equal(ended.signal, SIGSEGV);
        return;
    }
    assert_said(ended, "AddressSanitizer: stack-overflow");
    assert_said(ended, "planted_recursion");
}

static void a_use_after_free_across_a_wait_names_its_frames(void **state)
{
    struct child_end ended;

    (void)state;
    if (!HAS_ASAN)
        skip();
    ended = plant(use_after_free);
    assert_said(ended, "AddressSanitizer: heap-use-after-free");
    assert_said(ended, "in planted_use_after_free");
    assert_said(ended, "freed by thread");
    assert_said(ended, "in use_after_free");
}

static void an_overrun_of_a_local_is_seen_on_a_fibers_stack(void **state)
{
    struct child_end ended;

    (void)state;
    if (!HAS_ASAN)
        skip();
    ended = plant(overrun);
    assert_said(ended, "AddressSanitizer: stack-buffer-overflow");
    assert_said(ended, "in planted_overrun");
    assert_said(ended, "'local'");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_overflow_ends_at_the_guard_page),
        TEST(a_use_after_free_across_a_wait_names_its_frames),
        TEST(an_overrun_of_a_local_is_seen_on_a_fibers_stack),
    };
    sigaction(SIGSEGV, NULL, &on_overflow);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
