/* Arenas: alignment, growth, ceiling, cleanups, reuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "child.h"
#include "base/current.h"
#include <ashlar/buf.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ALLOCATOR_IS_SANITIZED = 1 };
#else
enum { ALLOCATOR_IS_SANITIZED = 0 };
#endif

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (size_t size = 0; size < 300; size++) {
        unsigned char *p = arena_alloc(a, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_free(a);
}

static void empty_allocations_are_distinct(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_ptr_not_equal(arena_alloc(a, 0), arena_alloc(a, 0));
    arena_free(a);
}

static void reused_memory_is_zeroed_again(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char *before = arena_alloc(a, 1000);
    memset(before, 'x', 1000);
    arena_reset(a);
    char *after = arena_alloc(a, 1000);
    assert_ptr_equal(before, after); /* the first chunk was kept */
    for (int i = 0; i < 1000; i++)
        assert_int_equal(after[i], 0);
    arena_free(a);
}

static void many_and_large_allocations_do_not_overlap(void **state)
{
    (void)state;
    enum { N = 2000 };
    struct arena *a = arena_new(0);
    static unsigned char *block[N];
    static size_t size[N];
    for (int i = 0; i < N; i++) {
        size[i] = (size_t)(i % 7 == 0 ? 20000 + i : 1 + i % 97);
        block[i] = arena_alloc(a, size[i]);
        memset(block[i], i & 0xff, size[i]);
    }
    for (int i = 0; i < N; i++)
        for (size_t j = 0; j < size[i]; j++)
            if (block[i][j] != (i & 0xff))
                fail_msg("block %d byte %zu was overwritten", i, j);
    arena_free(a);
}

static void used_counts_what_was_handed_out(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_int_equal(arena_used(a), 0);
    arena_alloc(a, 100);
    assert_in_range(arena_used(a), 100, 128);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    arena_free(a);
}

static char order[8];
static void note_a(void *arg)
{
    if (strcmp(arg, "still here") != 0)
        abort();
    order[strlen(order)] = 'a';
}
static void note_b(void *arg)
{
    (void)arg;
    order[strlen(order)] = 'b';
}

static void cleanups_run_in_reverse_order_once_and_may_read_the_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    memset(order, 0, sizeof order);
    arena_cleanup(a, note_a, arena_strdup(a, "still here"));
    arena_cleanup(a, note_b, NULL);
    arena_reset(a);
    assert_string_equal(order, "ba");
    arena_free(a);
    assert_string_equal(order, "ba");
}

/* Looks where nobody may look any more. */
__attribute__((no_sanitize("address"))) static bool is_wiped(const volatile char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

static void what_was_handed_out_is_wiped_when_its_work_ends(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char *secret = arena_strdup(a, "ses_a bearer token");
    assert_false(is_wiped(secret, 18));
    arena_reset(a);
    assert_true(is_wiped(secret, 18));
    arena_free(a);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    arena_free(NULL);
}

static void copies_are_independent_and_terminated(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char text[] = "hello world";
    char *copy = arena_strndup(a, text, 5);
    char *all = arena_strdup(a, text);
    void *bytes = arena_memdup(a, text, sizeof text);
    text[0] = 'J';
    assert_string_equal(copy, "hello");
    assert_string_equal(all, "hello world");
    assert_memory_equal(bytes, "hello world", sizeof text);
    assert_null(arena_strdup(a, NULL));
    assert_string_equal(arena_printf(a, "%d-%s", 42, "x"), "42-x");
    arena_free(a);
}

static void pass_ceiling(void *arg)
{
    struct arena *a = arena_new(100 * 1024);
    (void)arg;
    for (;;)
        arena_alloc(a, 1000);
}

static void ask_for_everything(void *arg)
{
    (void)arg;
    arena_alloc(arena_new(0), SIZE_MAX);
}

static void overflow_product(void *arg)
{
    (void)arg;
    arena_array(arena_new(0), SIZE_MAX / 2, 3);
}

static void aborts_with_a_line(void (*fn)(void *arg), const char *wanted)
{
    struct arena *a = arena_new(0);
    struct child_end end = child_run(a, fn, NULL);
    assert_int_equal(end.signal, SIGABRT);
    assert_non_null(strstr(end.said, "\"event\":\"arena.ceiling_reached\""));
    assert_non_null(strstr(end.said, wanted));
    arena_free(a);
}

static void the_ceiling_ends_the_process_with_a_log_line(void **state)
{
    (void)state;
    aborts_with_a_line(pass_ceiling, "\"ceiling_bytes\":102400");
    aborts_with_a_line(ask_for_everything, "\"level\":\"error\"");
    aborts_with_a_line(overflow_product, "\"level\":\"error\"");
}

static void use_all_memory(void *arg)
{
    const struct rlimit little = { 256 << 20, 256 << 20 };
    (void)arg;
    setrlimit(RLIMIT_AS, &little);
    struct arena *a = arena_new(SIZE_MAX);
    for (;;)
        arena_alloc(a, 1 << 20);
}

static void memory_that_is_gone_ends_the_process_with_a_log_line(void **state)
{
    (void)state;
    /* They end the process themselves, with a report of their own. */
    if (ALLOCATOR_IS_SANITIZED || RUNNING_ON_VALGRIND)
        skip();
    struct arena *a = arena_new(0);
    struct child_end end = child_run(a, use_all_memory, NULL);
    assert_int_equal(end.signal, SIGABRT);
    assert_non_null(strstr(end.said, "\"event\":\"memory.exhausted\""));
    arena_free(a);
}

static void up_to_the_ceiling_all_is_well(void **state)
{
    (void)state;
    struct arena *a = arena_new(100 * 1024);
    for (int i = 0; i < 100; i++)
        arena_alloc(a, 1024);
    assert_int_equal(arena_used(a), 100 * 1024);
    arena_free(a);
}

static void what_is_not_allocated_is_poisoned(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    struct arena *a = arena_new(0);
    char *p = arena_alloc(a, 24);
    assert_false(__asan_address_is_poisoned(p + 23));
    assert_true(__asan_address_is_poisoned(p + 24));
    arena_alloc(a, 1);
    assert_true(__asan_address_is_poisoned(p + 24));
    arena_reset(a);
    assert_true(__asan_address_is_poisoned(p));
    arena_free(a);
#else
    skip();
#endif
}

/* --- Growing --- */

static void the_last_allocation_grows_in_place_and_what_is_new_is_zeroed(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char *at = arena_alloc(a, 100);
    memset(at, 'x', 100);
    assert_ptr_equal(arena_grow(a, at, 100, 8000), at);
    assert_int_equal(at[99], 'x');
    for (int i = 100; i < 8000; i++)
        assert_int_equal(at[i], 0);
    assert_int_equal(arena_used(a), 8000);
    arena_free(a);
}

static void what_is_not_the_last_moves_and_leaves_no_copy(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char *at = arena_strdup(a, "a bearer token");
    char *behind = arena_strdup(a, "behind");
    char *grown = arena_grow(a, at, 15, 5000);
    assert_ptr_not_equal(grown, at);
    assert_string_equal(grown, "a bearer token");
    assert_string_equal(behind, "behind");
    assert_true(is_wiped(at, 15));
    assert_ptr_equal(arena_grow(a, grown, 5000, 10), grown);
    assert_non_null(arena_grow(a, NULL, 0, 10));
    arena_free(a);
}

static void a_growing_buffer_holds_little_more_than_its_size(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct buf b;
    char block[4096];
    memset(block, 'y', sizeof block);
    buf_init(&b, a, 16 << 20);
    for (int i = 0; i < 4096; i++) {
        buf_add(&b, block, sizeof block);
        if (i % 64 == 0)
            arena_alloc(a, 24); /* somebody else's: the buffer is not the last any more */
    }
    assert_false(buf_is_full(&b));
    assert_int_equal(b.size, 16 << 20);
    assert_true(arena_used(a) < (16 << 20) + (1 << 20));
    assert_false(arena_is_outgrown(a));
    for (size_t i = 0; i < b.size; i++)
        if (b.data[i] != 'y')
            fail_msg("byte %zu", i);
    arena_free(a);
}

/* --- The soft ceiling --- */

static void past_the_soft_ceiling_it_is_outgrown_and_still_gives(void **state)
{
    (void)state;
    struct arena *a = arena_new(100 * 1024);
    arena_alloc(a, 75 * 1024);
    assert_false(arena_is_outgrown(a));
    assert_int_equal(arena_left(a), 0);
    arena_alloc(a, 1);
    assert_true(arena_is_outgrown(a));
    memset(arena_alloc(a, 20 * 1024), 1, 20 * 1024);
    arena_forgive(a, 1024);
    assert_false(arena_is_outgrown(a));
    assert_int_equal(arena_left(a), 1024);
    arena_alloc(a, 1025);
    assert_true(arena_is_outgrown(a));
    arena_reset(a);
    assert_false(arena_is_outgrown(a));
    assert_int_equal(arena_left(a), 75 * 1024);
    arena_outgrow(a);
    assert_true(arena_is_outgrown(a));
    assert_int_equal(arena_left(a), 0);
    arena_free(a);
}

/* --- Marks --- */

static void going_back_gives_back_what_came_after_the_mark_and_only_that(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char *kept = arena_strdup(a, "kept");
    memset(order, 0, sizeof order);
    arena_cleanup(a, note_a, arena_strdup(a, "still here"));
    struct arena_mark m = arena_mark(a);
    size_t used = arena_used(a);
    for (int round = 0; round < 200; round++) { /* 200 MiB, with a ceiling of 64 */
        char *secret = arena_strdup(a, "a bearer token");
        memset(arena_alloc(a, 1 << 20), 'z', 1 << 20);
        arena_cleanup(a, note_b, NULL);
        order[0] = 0;
        arena_back(a, &m);
        assert_string_equal(order, "b");
        assert_int_equal(arena_used(a), used);
        assert_true(is_wiped(secret, 15));
        memset(order, 0, sizeof order);
    }
    assert_string_equal(kept, "kept");
    arena_free(a);
    assert_string_equal(order, "a");
}

static void marks_nest_and_take_their_outgrowing_back(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct arena_mark outer = arena_mark(a);
    char *first = arena_strdup(a, "first");
    struct arena_mark inner = arena_mark(a);
    arena_alloc(a, 900 * 1024);
    assert_true(arena_is_outgrown(a));
    arena_back(a, &inner);
    assert_false(arena_is_outgrown(a));
    assert_string_equal(first, "first");
    arena_alloc(a, 700 * 1024);
    arena_back(a, &outer);
    assert_int_equal(arena_used(a), 0);
    memset(arena_alloc(a, 700 * 1024), 1, 700 * 1024);
    arena_free(a);
}

/* What it is copied out of was made before the mark: it may not be freed under the mark's feet. */
static void a_buffer_of_before_the_mark_that_grows_does_no_harm_to_the_mark(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char *big = arena_alloc(a, 3 << 20);
    struct arena_mark m = arena_mark(a);
    big = arena_grow(a, big, 3 << 20, 6 << 20);
    memset(big, 1, 6 << 20);
    arena_back(a, &m);
    memset(arena_alloc(a, 1 << 20), 1, 1 << 20);
    arena_reset(a);
    arena_free(a);
}

/* --- The hard ceiling --- */

struct greedy {
    struct arena *a;
    bool went_on;
};

static void take_for_ever(void *arg)
{
    struct greedy *g = arg;
    for (;;)
        arena_printf(g->a, "%0100000d", 1);
}

static void take_little(void *arg)
{
    struct greedy *g = arg;
    arena_alloc(g->a, 10);
    g->went_on = true;
}

static void contain_inside(void *arg)
{
    struct greedy *g = arg;
    assert_false(arena_contain(g->a, take_for_ever, g));
    g->went_on = true;
}

static void contained_work_is_left_at_the_ceiling_and_its_caller_goes_on(void **state)
{
    (void)state;
    struct arena *a = arena_new(4 << 20);
    struct greedy g = { .a = a };
    for (int i = 0; i < 3; i++) {
        assert_false(arena_contain(a, take_for_ever, &g));
        assert_true(arena_is_outgrown(a));
        memset(arena_alloc(a, 200 * 1024), 1, 200 * 1024); /* to tell it */
        arena_reset(a);
        assert_true(arena_contain(a, take_little, &g));
        assert_true(g.went_on);
        g.went_on = false;
        assert_true(arena_contain(a, contain_inside, &g));
        assert_true(g.went_on);
        g.went_on = false;
        arena_reset(a);
    }
    arena_free(a);
}

static void *take_elsewhere(void *arg)
{
    take_for_ever(arg);
    return NULL;
}

static void let_another_take(void *arg)
{
    pthread_t other;
    pthread_create(&other, NULL, take_elsewhere, arg);
    pthread_join(other, NULL);
}

static void take_on_another_thread(void *arg)
{
    struct greedy g = { .a = arena_new(4 << 20) };
    (void)arg;
    (void)!arena_contain(g.a, let_another_take, &g);
}

static void another_thread_s_work_is_not_left(void **state)
{
    (void)state;
    aborts_with_a_line(take_on_another_thread, "\"ceiling_bytes\":4194304");
}

static void take_as_somebody(void *arg)
{
    struct ctx c = { .operation = "greedy.work", .request_id = "req_one", .job = "job_two" };
    (void)arg;
    current_swap(&c);
    take_for_ever(&(struct greedy){ .a = arena_new(0) });
}

static void the_last_line_names_operation_request_and_job(void **state)
{
    (void)state;
    aborts_with_a_line(take_as_somebody,
        "\"operation\":\"greedy.work\",\"request_id\":\"req_one\",\"job\":\"job_two\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_type),
        cmocka_unit_test(empty_allocations_are_distinct),
        cmocka_unit_test(reused_memory_is_zeroed_again),
        cmocka_unit_test(many_and_large_allocations_do_not_overlap),
        cmocka_unit_test(used_counts_what_was_handed_out),
        cmocka_unit_test(cleanups_run_in_reverse_order_once_and_may_read_the_arena),
        cmocka_unit_test(what_was_handed_out_is_wiped_when_its_work_ends),
        cmocka_unit_test(freeing_nothing_is_fine),
        cmocka_unit_test(copies_are_independent_and_terminated),
        cmocka_unit_test(the_ceiling_ends_the_process_with_a_log_line),
        cmocka_unit_test(memory_that_is_gone_ends_the_process_with_a_log_line),
        cmocka_unit_test(up_to_the_ceiling_all_is_well),
        cmocka_unit_test(what_is_not_allocated_is_poisoned),
        cmocka_unit_test(the_last_allocation_grows_in_place_and_what_is_new_is_zeroed),
        cmocka_unit_test(what_is_not_the_last_moves_and_leaves_no_copy),
        cmocka_unit_test(a_growing_buffer_holds_little_more_than_its_size),
        cmocka_unit_test(past_the_soft_ceiling_it_is_outgrown_and_still_gives),
        cmocka_unit_test(going_back_gives_back_what_came_after_the_mark_and_only_that),
        cmocka_unit_test(marks_nest_and_take_their_outgrowing_back),
        cmocka_unit_test(a_buffer_of_before_the_mark_that_grows_does_no_harm_to_the_mark),
        cmocka_unit_test(contained_work_is_left_at_the_ceiling_and_its_caller_goes_on),
        cmocka_unit_test(another_thread_s_work_is_not_left),
        cmocka_unit_test(the_last_line_names_operation_request_and_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
