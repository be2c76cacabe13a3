/* offload and sleep_ms: bounded, refused in transactions, ended by deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "base/log_start.h"
#include "runtime/offload.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include <ashlar/runtime.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static struct arena *a;
static struct ctx c;

static int begin(void **state)
{
    const struct module *const none[] = { NULL };
    char *list[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "ASHLAR_PASSWORD_SLOTS=2" }, NULL };
    struct buf problems;
    (void)state;
    log_start(LOG_ERROR, LOG_JSON);
    a = arena_new(0);
    ctx_open(&c, a, "test");
    buf_init(&problems, a, 10000);
    return config_load(none, list, &problems) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    runtime_stop();
    arena_free(a);
    return 0;
}

static void add_one(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
}

static void work_is_done_in_another_thread_before_it_returns(void **state)
{
    (void)state;
    _Atomic int n = 0;
    for (int i = 0; i < 100; i++)
        assert_null(offload(&c, add_one, &n));
    assert_int_equal(n, 100);
}

static void note_thread(void *arg)
{
    *(pthread_t *)arg = pthread_self();
}

static void the_callers_thread_is_not_used(void **state)
{
    (void)state;
    pthread_t ran = pthread_self();
    assert_null(offload(&c, note_thread, &ran));
    assert_false(pthread_equal(ran, pthread_self()));
}

static void waiting_in_a_transaction_is_refused(void **state)
{
    (void)state;
    _Atomic int n = 0;
    c.in_transaction = true;
    assert_ptr_equal(offload(&c, add_one, &n), &ERR_INTERNAL);
    assert_ptr_equal(sleep_ms(&c, 1), &ERR_INTERNAL);
    assert_int_equal(n, 0);
}

static sem_t gate;

static void wait_at_gate(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
    while (sem_wait(&gate) != 0 && errno == EINTR)
        ;
}

/* One request in a thread of its own. */
struct request {
    pthread_t thread;
    struct arena *arena;
    struct ctx c;
    void (*fn)(void *arg);
    void *arg;
    bool at_once;
    err result;
};

static _Atomic int n_finished;
static pthread_barrier_t together; /* of those with .at_once */

static void *run_request(void *arg)
{
    struct request *q = arg;
    if (q->at_once)
        pthread_barrier_wait(&together);
    q->result = offload(&q->c, q->fn, q->arg);
    atomic_fetch_add(&n_finished, 1);
    return NULL;
}

static void request_start(struct request *q, void (*fn)(void *arg), void *arg)
{
    q->arena = arena_new(0);
    ctx_open(&q->c, q->arena, "test");
    q->fn = fn;
    q->arg = arg;
    assert_int_equal(pthread_create(&q->thread, NULL, run_request, q), 0);
}

static void request_join(struct request *q)
{
    pthread_join(q->thread, NULL);
    arena_free(q->arena);
}

static void await(_Atomic int *n, int wanted)
{
    for (int i = 0; i < 30000 && atomic_load(n) < wanted; i++)
        usleep(1000);
    assert_true(atomic_load(n) >= wanted);
}

static struct request blockers[2];
static _Atomic int n_blocked;

/* Both slots are taken until release(). */
static void occupy(void)
{
    sem_init(&gate, 0, 0);
    n_blocked = 0;
    for (int i = 0; i < 2; i++)
        request_start(&blockers[i], wait_at_gate, &n_blocked);
    await(&n_blocked, 2);
}

static void release(void)
{
    for (int i = 0; i < 2; i++)
        sem_post(&gate);
    for (int i = 0; i < 2; i++) {
        request_join(&blockers[i]);
        assert_null(blockers[i].result);
    }
}

static void what_cannot_begin_in_time_is_withdrawn_and_never_runs(void **state)
{
    (void)state;
    _Atomic int n = 0;
    occupy();
    c.deadline_us = clock_monotonic_us() + 50000;
    assert_ptr_equal(offload(&c, add_one, &n), &ERR_TIMEOUT);
    c.deadline_us = 0;
    int64_t began = clock_monotonic_us();
    assert_ptr_equal(offload(&c, add_one, &n), &ERR_UNAVAILABLE);
    assert_in_range(clock_monotonic_us() - began, 1900000, 4000000);
    release();
    assert_null(offload(&c, add_one, &n));
    assert_int_equal(n, 1);
}

static void what_has_begun_is_waited_for_past_the_deadline(void **state)
{
    (void)state;
    struct request q = { .result = &ERR_INTERNAL };
    _Atomic int n = 0;
    sem_init(&gate, 0, 0);
    request_start(&q, wait_at_gate, &n);
    await(&n, 1);
    c.deadline_us = 1;
    assert_ptr_equal(offload(&c, add_one, &n), &ERR_TIMEOUT); /* too late from the beginning */
    usleep(20000);
    sem_post(&gate);
    request_join(&q);
    assert_null(q.result);
    assert_int_equal(n, 1);
}

static int count_in(int fd, const char *wanted)
{
    static char text[256 * 1024];
    ssize_t size = read(fd, text, sizeof text - 1);
    int n = 0;
    text[size > 0 ? size : 0] = '\0';
    for (const char *at = text; (at = strstr(at, wanted)); at++)
        n++;
    return n;
}

static void a_full_queue_is_refused_at_once(void **state)
{
    (void)state;
    enum { MORE = OFFLOAD_QUEUE + 8 };
    static struct request waiting[MORE];
    _Atomic int n = 0;
    int done = 0, refused = 0, log_pipe[2];
    assert_int_equal(pipe(log_pipe), 0);
    log_start(LOG_WARN, LOG_JSON);
    log_redirect(log_pipe[1]);
    occupy();
    n_finished = 0;
    pthread_barrier_init(&together, NULL, MORE);
    for (int i = 0; i < MORE; i++) {
        waiting[i].at_once = true;
        request_start(&waiting[i], add_one, &n);
    }
    await(&n_finished, MORE - OFFLOAD_QUEUE); /* those that found it full */
    release();
    for (int i = 0; i < MORE; i++) {
        request_join(&waiting[i]);
        done += waiting[i].result == NULL;
        refused += waiting[i].result == &ERR_UNAVAILABLE;
    }
    pthread_barrier_destroy(&together);
    log_redirect(-1);
    close(log_pipe[1]);
    /* On a machine that stalls, others give up as well. */
    int full = count_in(log_pipe[0], "\"why\":\"full\"");
    close(log_pipe[0]);
    assert_in_range(full, 1, MORE - OFFLOAD_QUEUE);
    assert_true(refused >= MORE - OFFLOAD_QUEUE);
    assert_int_equal(done + refused, MORE);
    assert_int_equal(n, done);
}

static void take_300_ms(void *arg)
{
    (void)arg;
    usleep(300000);
}

/* Of 300 ms each two threads can begin 13 more within two seconds. */
static void who_would_come_too_late_is_refused_before_it_queues(void **state)
{
    (void)state;
    int64_t began;
    int n = 0;

    assert_null(offload(&c, take_300_ms, NULL));
    began = clock_monotonic_us();
    while (n < 100 && offload_enter())
        n++;
    assert_true(clock_monotonic_us() - began < 1000000);
    assert_in_range(n, 2, 15); /* fewer on a machine that stalls */
    for (int i = 0; i < n; i++)
        offload_leave();
    assert_true(offload_enter());
    offload_leave();
}

static void many_threads_get_all_their_work_done(void **state)
{
    (void)state;
    static struct request many[32];
    _Atomic int n = 0;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < COUNT(many); i++)
            request_start(&many[i], add_one, &n);
        for (size_t i = 0; i < COUNT(many); i++) {
            request_join(&many[i]);
            assert_null(many[i].result);
        }
    }
    assert_int_equal(n, 20 * COUNT(many));
}

static void after_a_stop_it_starts_again(void **state)
{
    (void)state;
    _Atomic int n = 0;
    assert_null(offload(&c, add_one, &n));
    runtime_stop();
    runtime_stop();
    assert_null(offload(&c, add_one, &n));
    assert_int_equal(n, 2);
}

static void sleeping_ends_at_the_deadline(void **state)
{
    (void)state;
    int64_t began = clock_monotonic_us();
    assert_null(sleep_ms(&c, 20));
    assert_in_range(clock_monotonic_us() - began, 20000, 500000);
    assert_null(sleep_ms(&c, 0));
    assert_null(sleep_ms(&c, -5));
    began = clock_monotonic_us();
    c.deadline_us = began + 20000;
    assert_ptr_equal(sleep_ms(&c, 10000), &ERR_TIMEOUT);
    assert_in_range(clock_monotonic_us() - began, 15000, 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            work_is_done_in_another_thread_before_it_returns, begin, end),
        cmocka_unit_test_setup_teardown(the_callers_thread_is_not_used, begin, end),
        cmocka_unit_test_setup_teardown(waiting_in_a_transaction_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(
            what_cannot_begin_in_time_is_withdrawn_and_never_runs, begin, end),
        cmocka_unit_test_setup_teardown(what_has_begun_is_waited_for_past_the_deadline, begin, end),
        cmocka_unit_test_setup_teardown(a_full_queue_is_refused_at_once, begin, end),
        cmocka_unit_test_setup_teardown(
            who_would_come_too_late_is_refused_before_it_queues, begin, end),
        cmocka_unit_test_setup_teardown(many_threads_get_all_their_work_done, begin, end),
        cmocka_unit_test_setup_teardown(after_a_stop_it_starts_again, begin, end),
        cmocka_unit_test_setup_teardown(sleeping_ends_at_the_deadline, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
