/* Fibers and their reactor: interleaving, waiting, deadlines, letters from other threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ashlar/clock.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "runtime/fiber_switch.h"
#include "runtime/reactor.h"
#include "runtime/wait.h"

enum { MANY = 1000 };

/* A reactor on a thread of its own would do the same; here the test's thread is its loop. */
static void run_all(struct reactor *r)
{
    reactor_stop(r);
    assert_true(reactor_run(r, NULL));
    assert_int_equal(reactor_in_flight(r), 0);
}

/* cmocka's assertions jump to the test's own stack, so fibers only write down what they saw. */
struct talk {
    char said[64];
    size_t n;
    int pipe[2];
};

static void say(struct talk *t, char c)
{
    t->said[t->n++] = c;
    t->said[t->n] = '\0';
}

static void reader(void *arg)
{
    struct talk *t = arg;
    char c;

    say(t, 'a');
    say(t, wait_fd(t->pipe[0], POLLIN, 0) > 0 && read(t->pipe[0], &c, 1) == 1 ? c : '!');
}

static void writer(void *arg)
{
    struct talk *t = arg;

    say(t, 'b');
    wait_time(clock_monotonic_us() + 2000);
    say(t, 'c');
    if (write(t->pipe[1], "d", 1) != 1)
        say(t, '!');
}

static void fibers_take_turns_where_they_wait(void **state)
{
    struct reactor *r = reactor_new(10);
    struct talk t = { .n = 0 };

    (void)state;
    assert_int_equal(pipe(t.pipe), 0);
    assert_true(reactor_start_fiber(r, reader, &t));
    assert_true(reactor_start_fiber(r, writer, &t));
    assert_string_equal(t.said, "ab");
    run_all(r);
    assert_string_equal(t.said, "abcd");
    close(t.pipe[0]);
    close(t.pipe[1]);
    reactor_free(r);
}

static void waits_in_vain(void *arg)
{
    struct talk *t = arg;
    int64_t began_us = clock_monotonic_us();
    int answer = wait_fd(t->pipe[0], POLLIN, began_us + 20000);
    int64_t took_us = clock_monotonic_us() - began_us;

    say(t, answer == 0 && took_us >= 20000 && took_us < 2000000 ? 'y' : 'n');
    say(t, write(t->pipe[1], "x", 1) == 1 ? 'y' : 'n');
    say(t, wait_fd(t->pipe[0], POLLIN, began_us + SECONDS(5)) > 0 ? 'y' : 'n');
    say(t, wait_fd(t->pipe[0], POLLIN, began_us + SECONDS(5)) > 0 ? 'y' : 'n');
}

static void a_wait_ends_at_its_deadline_and_the_descriptor_can_be_waited_for_again(void **state)
{
    struct reactor *r = reactor_new(10);
    struct talk t = { .n = 0 };

    (void)state;
    assert_int_equal(pipe(t.pipe), 0);
    assert_true(reactor_start_fiber(r, waits_in_vain, &t));
    run_all(r);
    assert_string_equal(t.said, "yyyy");
    close(t.pipe[0]);
    close(t.pipe[1]);
    reactor_free(r);
}

struct sleeper {
    int ms;
    int *order, *n;
};

static void sleep_and_sign(void *arg)
{
    struct sleeper *s = arg;

    wait_time(clock_monotonic_us() + (int64_t)s->ms * 1000);
    s->order[(*s->n)++] = s->ms;
}

static void the_earliest_deadline_comes_first(void **state)
{
    static struct sleeper sleepers[MANY];
    static int order[MANY];
    struct reactor *r = reactor_new(MANY);
    int n = 0;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        sleepers[i] = (struct sleeper){ 50 + i * 7919 % 50, order, &n };
        assert_true(reactor_start_fiber(r, sleep_and_sign, &sleepers[i]));
    }
    assert_false(reactor_start_fiber(r, sleep_and_sign, &sleepers[0])); /* `most` are in flight */
    run_all(r);
    assert_int_equal(n, MANY);
    reactor_free(r);
}

/* --- Letters --- */

struct post {
    pthread_mutex_t lock;
    struct wake *waiting;
    atomic_int received, late;
    bool done;
};

static void receive(void *arg)
{
    struct post *p = arg;

    for (int i = 0; i < 200; i++) {
        struct wake w;
        wake_init(&w);
        pthread_mutex_lock(&p->lock);
        p->waiting = &w;
        pthread_mutex_unlock(&p->lock);
        bool came = wake_wait(&w, clock_monotonic_us() + (i % 3 == 0 ? 50 : SECONDS(5)));
        pthread_mutex_lock(&p->lock);
        came = came || p->waiting != &w;
        p->waiting = NULL;
        pthread_mutex_unlock(&p->lock);
        wake_release(&w);
        atomic_fetch_add(came ? &p->received : &p->late, 1);
    }
    pthread_mutex_lock(&p->lock);
    p->done = true;
    pthread_mutex_unlock(&p->lock);
}

static void *deliver(void *arg)
{
    struct post *p = arg;
    bool done = false;

    while (!done) {
        pthread_mutex_lock(&p->lock);
        if (p->waiting)
            wake_signal(p->waiting);
        p->waiting = NULL;
        done = p->done;
        pthread_mutex_unlock(&p->lock);
        usleep(100);
    }
    return NULL;
}

static void letters_from_another_thread_wake_a_fiber_or_come_too_late_and_nothing_is_lost(
    void **state)
{
    struct reactor *r = reactor_new(10);
    struct post p = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t postman;

    (void)state;
    assert_int_equal(pthread_create(&postman, NULL, deliver, &p), 0);
    assert_true(reactor_start_fiber(r, receive, &p));
    run_all(r);
    pthread_join(postman, NULL);
    assert_int_equal(p.received + p.late, 200);
    assert_true(p.received >= 100);
    reactor_free(r);
}

static void *receive_on_thread(void *arg)
{
    receive(arg);
    return NULL;
}

static void the_same_wake_serves_a_plain_thread(void **state)
{
    struct post p = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t postman, reader_thread;

    (void)state;
    assert_int_equal(pthread_create(&reader_thread, NULL, receive_on_thread, &p), 0);
    assert_int_equal(pthread_create(&postman, NULL, deliver, &p), 0);
    pthread_join(reader_thread, NULL);
    pthread_join(postman, NULL);
    assert_int_equal(p.received + p.late, 200);
}

/* --- The watchdog's view --- */

struct hold {
    const char *seen;
    int64_t held_us;
    bool started;
};

static void hold(void *arg)
{
    struct hold *h = arg;
    struct reactor *r = reactor_current();
    int64_t until_us = clock_monotonic_us() + 20000;

    reactor_label("slowRoute");
    while (clock_monotonic_us() < until_us)
        ;
    h->held_us = reactor_held(r, 10000, &h->seen);
}

static int hold_once(void *arg)
{
    struct reactor *r = reactor_current();
    struct hold *h = arg;

    if (!h->started)
        reactor_start_fiber(r, hold, h);
    h->started = true;
    reactor_stop(r);
    return 0;
}

static void a_fiber_that_holds_its_reactor_is_named(void **state)
{
    struct reactor *r = reactor_new(10);
    struct hold h = { .seen = NULL };
    int pipe_fds[2];
    struct reactor_guest guest = { .turn = hold_once, .arg = &h };

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    guest.fd = pipe_fds[0];
    assert_int_equal(write(pipe_fds[1], "x", 1), 1);
    assert_true(reactor_run(r, &guest));
    assert_string_equal(h.seen, "slowRoute");
    assert_true(h.held_us >= 10000);
    assert_true(reactor_lag_us(r) >= 20000);
    assert_int_equal(reactor_held(r, 1, &h.seen), 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    reactor_free(r);
}

/* --- Overruns --- */

static int devour(volatile char *before, int depth)
{
    volatile char here[4096];

    here[0] = before ? before[0] : 1;
    return depth == 0 ? here[0] : devour(here, depth - 1) + here[4095];
}

static void overrun(void *arg)
{
    (void)arg;
    (void)devour(NULL, 1000);
}

static void a_stack_that_overruns_hits_its_guard_and_not_its_neighbour(void **state)
{
    const struct rlimit no_core = { 0, 0 };
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        close(STDERR_FILENO);
        signal(SIGSEGV, SIG_DFL);
        reactor_start_fiber(reactor_new(1), overrun, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fibers_take_turns_where_they_wait),
        cmocka_unit_test(a_wait_ends_at_its_deadline_and_the_descriptor_can_be_waited_for_again),
        cmocka_unit_test(the_earliest_deadline_comes_first),
        cmocka_unit_test(
            letters_from_another_thread_wake_a_fiber_or_come_too_late_and_nothing_is_lost),
        cmocka_unit_test(the_same_wake_serves_a_plain_thread),
        cmocka_unit_test(a_fiber_that_holds_its_reactor_is_named),
        cmocka_unit_test(a_stack_that_overruns_hits_its_guard_and_not_its_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
