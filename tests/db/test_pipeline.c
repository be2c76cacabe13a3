/* Reads of many fibers on a few shared connections: right rows, broken links, passed deadlines.
 * cmocka's assertions jump to the test's own stack, so fibers only count what went wrong. */
#include "config/load.h"
#include "config/platform_settings.h"
#include "db/pipeline.h"
#include "runtime/reactor.h"
#include "runtime/wait.h"
#include "shop_factory.h"
#include <pthread.h>
#include <signal.h>

enum { MANY = 200, EACH = 20 };

#define Q(n, text) static const struct query n = { #n, "shop", text }
Q(echo, "SELECT $1::bigint AS n, coalesce(platform.current_org()::text, '') AS org,"
        " pg_backend_pid()::bigint AS pid");
Q(nap, "SELECT pg_sleep($1)");
Q(target, "SELECT * FROM shop.plan_target");
Q(large_rows, "SELECT $1::bigint AS n, repeat('x', 100000) AS org, g AS pid FROM "
              "generate_series(1, 45) g ORDER BY pid");
Q(counter, "SELECT n FROM shop.counter WHERE id = $1");

struct echoed {
    int64_t n, pid;
    const char *org;
};
static const struct field echoed_fields[] = {
    INT(echoed, n),
    TEXT(echoed, org, .max = 1000000),
    INT(echoed, pid),
};
static SHAPE(echoed);

struct reader {
    int number, reads, nap_ms, deadline_ms;
    bool owns; /* does not share */
    int good, wrong, late, failed;
    int64_t pid; /* of the last read */
    int64_t took_us;
    bool stopped; /* the server's process was stopped */
};

/* --- What fibers do --- */

struct question {
    int64_t n;
    struct echoed answer;
};

static err ask(struct ctx *c, void *arg)
{
    struct question *q = arg;
    return db_one(c, &echo, echoed, &q->answer, ARGS(ARG(q->n)));
}

static bool is_right(const struct ctx *c, const struct question *q)
{
    char org[UUID_TEXT_SIZE + 1];

    uuid_format(c->org, org);
    return q->answer.n == q->n && strcmp(q->answer.org, org) == 0;
}

static void count(struct reader *r, err e, bool right)
{
    r->good += e == NULL && right;
    r->wrong += e == NULL && !right;
    r->late += e == &ERR_TIMEOUT;
    r->failed += e != NULL && e != &ERR_TIMEOUT;
}

static struct ctx *open_ctx(const struct reader *r)
{
    struct ctx *c = testdb_ctx();

    c->org = uuid_new();
    if (!r->owns)
        tx_share(c);
    if (r->deadline_ms)
        c->deadline_us = clock_monotonic_us() + r->deadline_ms * INT64_C(1000);
    return c;
}

static void read_much(void *arg)
{
    struct reader *r = arg;

    for (int i = 0; i < r->reads; i++) {
        struct ctx *c = open_ctx(r);
        struct question q = { .n = r->number * 1000 + i };
        err e = tx_read(c, ask, &q);
        count(r, e, is_right(c, &q));
        r->pid = q.answer.pid;
        arena_free(c->arena);
    }
}

static err take_nap(struct ctx *c, void *arg)
{
    return db_exec(c, &nap, ARGS(ARG(*(double *)arg)));
}

static void sleep_there(void *arg)
{
    struct reader *r = arg;
    struct ctx *c = open_ctx(r);
    int64_t began_us = clock_monotonic_us();
    double seconds = r->nap_ms / 1000.0;

    count(r, tx_read(c, take_nap, &seconds), true);
    r->took_us = clock_monotonic_us() - began_us;
    arena_free(c->arena); /* what still comes for it must not be written here */
}

struct look {
    int64_t n;
    const struct echoed *rows;
    size_t n_rows;
    bool more;
};

static err look_at_page(struct ctx *c, void *arg)
{
    struct look *l = arg;

    return db_some(c, &large_rows, echoed, &l->rows, &l->n_rows, &l->more, ARGS(ARG(l->n)));
}

static bool is_beginning(const struct look *l)
{
    const struct echoed *rows = l->rows;

    for (size_t i = 0; i < l->n_rows; i++)
        if (rows[i].n != l->n || rows[i].pid != (int64_t)i + 1 || strlen(rows[i].org) != 100000)
            return false;
    return l->more && l->n_rows > 30 && l->n_rows < 45;
}

/* Every second read is a small one. */
static void read_pages(void *arg)
{
    struct reader *r = arg;

    for (int i = 0; i < r->reads; i++) {
        struct ctx *c = open_ctx(r);
        struct look l = { .n = r->number * 1000 + i };
        struct question q = { .n = l.n };
        bool large = (r->number + i) % 2 == 0;
        err e = large ? tx_read(c, look_at_page, &l) : tx_read(c, ask, &q);
        count(r, e, large ? is_beginning(&l) : is_right(c, &q));
        arena_free(c->arena);
    }
}

/* --- The reactor --- */

static struct reactor *reactor;

static void start(struct reader *readers, int n, void (*fn)(void *arg))
{
    for (int i = 0; i < n; i++)
        assert_true(reactor_start_fiber(reactor, fn, &readers[i]));
}

static void run_all(void)
{
    struct pool_stats stats;

    reactor_stop(reactor);
    assert_true(reactor_run(reactor, NULL));
    reactor_free(reactor);
    pool_stats(&stats);
    assert_int_equal(stats.shared, 0);
    assert_int_equal(stats.in_use, 0);
}

static void number(struct reader *readers, int n, int reads)
{
    reactor = reactor_new(1000);
    for (int i = 0; i < n; i++)
        readers[i] = (struct reader){ .number = i + 1, .reads = reads };
}

static void assert_all_good(const struct reader *readers, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(readers[i].wrong, 0);
        assert_int_equal(readers[i].failed, 0);
        assert_int_equal(readers[i].late, 0);
        assert_int_equal(readers[i].good, readers[i].reads);
    }
}

static int different_pids(const struct reader *readers, int n)
{
    int different = 0;

    for (int i = 0; i < n; i++) {
        bool seen = false;
        for (int j = 0; j < i; j++)
            seen = seen || readers[j].pid == readers[i].pid;
        different += !seen;
    }
    return different;
}

static void two_hundred_fibers_share_two_connections(void **state)
{
    static struct reader readers[MANY];
    (void)state;
    number(readers, MANY, EACH);
    start(readers, MANY, read_much);
    run_all();
    assert_all_good(readers, MANY);
    assert_in_range(different_pids(readers, MANY), 1, PIPELINE_CONNECTIONS);
}

static void pages_that_end_early_and_small_answers_do_not_mix(void **state)
{
    struct reader readers[3];
    (void)state;
    number(readers, 3, 4);
    start(readers, 3, read_pages);
    run_all();
    assert_all_good(readers, 3);
}

static void who_does_not_ask_to_share_does_not(void **state)
{
    struct reader readers[4];
    struct pool_stats stats;
    (void)state;
    number(readers, 4, 5);
    for (int i = 0; i < 4; i++)
        readers[i].owns = true;
    start(readers, 4, read_much);
    pool_stats(&stats);
    assert_int_equal(stats.shared, 0);
    run_all();
    assert_all_good(readers, 4);
}

/* --- Several reactors --- */

static void *run_reactor(void *arg)
{
    struct reader *readers = arg;
    struct reactor *own = reactor_new(MANY);

    for (int i = 0; i < 50; i++)
        reactor_start_fiber(own, read_much, &readers[i]);
    reactor_stop(own);
    reactor_run(own, NULL);
    reactor_free(own);
    return NULL;
}

static void each_reactor_has_its_own(void **state)
{
    static struct reader readers[2 * 50];
    pthread_t threads[2];
    struct pool_stats stats;
    (void)state;
    for (int i = 0; i < 100; i++)
        readers[i] = (struct reader){ .number = i + 1, .reads = EACH };
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_reactor, &readers[50 * i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_all_good(readers, 100);
    pool_stats(&stats);
    assert_int_equal(stats.shared, 0);
    assert_int_equal(stats.in_use, 0);
}

/* --- What goes wrong --- */

static void kill_backends(void *arg)
{
    PGresult *r;

    wait_time(clock_monotonic_us() + 30000);
    r = PQexec(shop_db.admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                              "datname = current_database() AND pid <> pg_backend_pid()");
    *(int *)arg = PQntuples(r);
    PQclear(r);
}

static void killed_backends_are_not_noticed_by_anyone(void **state)
{
    static struct reader readers[50];
    int killed = 0;
    (void)state;
    number(readers, 50, 200);
    start(readers, 50, read_much);
    assert_true(reactor_start_fiber(reactor, kill_backends, &killed));
    run_all();
    assert_true(killed > 0);
    assert_all_good(readers, 50);
}

static void sleep_after_warming_up(void *arg)
{
    struct reader one = { .number = 7, .reads = 3 };

    read_much(&one);
    sleep_there(arg);
}

static void who_cannot_wait_leaves_and_nobody_gets_its_answer(void **state)
{
    struct reader warm[8], sleepers[6], readers[20];
    (void)state;
    number(warm, 8, 3);
    start(warm, 8, read_much);
    for (int i = 0; i < 6; i++)
        sleepers[i] = (struct reader){ .nap_ms = 400, .deadline_ms = 50 + 20 * i };
    for (int i = 0; i < 20; i++)
        readers[i] = (struct reader){ .number = 100 + i, .reads = 10 };
    start(sleepers, 6, sleep_after_warming_up);
    start(readers, 20, read_much);
    run_all();
    assert_all_good(warm, 8);
    assert_all_good(readers, 20);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(sleepers[i].late, 1);
        assert_in_range(sleepers[i].took_us, 50000, 350000);
    }
}

static void a_second_is_the_most_a_shared_statement_gets(void **state)
{
    struct reader sleepers[2];
    (void)state;
    number(sleepers, 2, 0);
    for (int i = 0; i < 2; i++)
        sleepers[i].nap_ms = 5000;
    start(sleepers, 2, sleep_after_warming_up);
    run_all();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sleepers[i].late, 1);
        assert_in_range(sleepers[i].took_us, 900000, 2800000);
    }
}

/* The server is there and says nothing. */
static void freeze_it(void *arg)
{
    struct reader *r = arg, again = { .number = 2, .reads = 1 };
    int64_t began_us;

    read_much(r);
    began_us = clock_monotonic_us();
    r->stopped = kill((pid_t)r->pid, SIGSTOP) == 0;
    read_much(&again);
    r->took_us = clock_monotonic_us() - began_us;
    r->good += again.good;
    kill((pid_t)r->pid, SIGCONT);
}

static void a_silent_link_is_given_up_and_the_read_made_elsewhere(void **state)
{
    struct reader one;
    (void)state;
    number(&one, 1, 2);
    start(&one, 1, freeze_it);
    run_all();
    assert_int_equal(one.good, 3);
    if (one.stopped) /* only the superuser of this machine may stop the server's process */
        assert_in_range(one.took_us, 2900000, 6000000);
}

static void write_there(void *arg)
{
    struct reader *r = arg;
    struct ctx *c;
    struct world w = { .runs = 0 };

    read_much(r);
    c = open_ctx(r);
    w.c = c;
    count(r, tx_read(c, insert_one, &w), true);
    arena_free(c->arena);
    read_much(r);
}

static void nothing_is_written_on_it_and_a_failure_is_only_its_own(void **state)
{
    struct reader writers[10];
    (void)state;
    testdb_sql(&shop_db, "DELETE FROM shop.item");
    number(writers, 10, 10);
    start(writers, 10, write_there);
    run_all();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(writers[i].failed, 1);
        assert_int_equal(writers[i].good, 20);
        assert_int_equal(writers[i].wrong, 0);
    }
    assert_int_equal(shop_items(), 0);
}

static err read_target(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &target, NO_ARGS);
}

static void read_across_a_migration(void *arg)
{
    struct reader *r = arg;

    for (int i = 0; i < r->reads; i++) {
        struct ctx *c = open_ctx(r);
        if (i == r->reads / 2 && r->number == 1)
            PQclear(PQexec(shop_db.admin, "ALTER TABLE shop.plan_target ADD COLUMN lane text"));
        count(r, tx_read(c, read_target, NULL), true);
        arena_free(c->arena);
    }
}

static void an_outgrown_plan_is_not_noticed_by_anyone(void **state)
{
    struct reader readers[10];
    (void)state;
    number(readers, 10, 20);
    start(readers, 10, read_across_a_migration);
    run_all();
    assert_all_good(readers, 10);
}

/* --- Checks --- */

struct believer {
    struct bytes row;
    bool outdated_before, outdated_after, read;
};

static err look(struct ctx *c, void *arg)
{
    struct believer *b = arg;
    return precondition_ask(c, &counter, ARGS(ARG(1)), &b->row);
}

static void believe(void *arg)
{
    struct believer *b = arg;
    struct ctx *c = testdb_ctx();
    struct question q = { .n = 1 };
    err e;

    tx_share(c);
    e = tx_read(c, look, b);
    precondition_add(c, &counter, b->row, ARGS(ARG(1)));
    e = e ? e : tx_read(c, ask, &q);
    b->read = e == NULL && q.answer.n == 1;
    b->outdated_before = preconditions_failed(c);
    PQclear(PQexec(shop_db.admin, "UPDATE shop.counter SET n = 55 WHERE id = 1"));
    e = tx_read(c, ask, &q);
    b->outdated_after = e != NULL && preconditions_failed(c);
    PQclear(PQexec(shop_db.admin, "UPDATE shop.counter SET n = 1 WHERE id = 1"));
    arena_free(c->arena);
}

static void what_was_taken_for_granted_is_checked_here_too(void **state)
{
    struct believer b = { .read = false };
    (void)state;
    reactor = reactor_new(10);
    assert_true(reactor_start_fiber(reactor, believe, &b));
    run_all();
    assert_true(b.read);
    assert_false(b.outdated_before);
    assert_true(b.outdated_after);
}

static int pipeline_start(void **state)
{
    shop_start(state);
    pool_stop();
    config_override(&ASHLAR_DB_CONNECTIONS, "20"); /* all fit into their line */
    config_override(&ASHLAR_DB_WAIT_MS, "20000");
    config_override(&ASHLAR_DB_STATEMENT_MS, "5000");
    pool_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hundred_fibers_share_two_connections),
        cmocka_unit_test(pages_that_end_early_and_small_answers_do_not_mix),
        cmocka_unit_test(who_does_not_ask_to_share_does_not),
        cmocka_unit_test(each_reactor_has_its_own),
        cmocka_unit_test(killed_backends_are_not_noticed_by_anyone),
        cmocka_unit_test(who_cannot_wait_leaves_and_nobody_gets_its_answer),
        cmocka_unit_test(a_second_is_the_most_a_shared_statement_gets),
        cmocka_unit_test(a_silent_link_is_given_up_and_the_read_made_elsewhere),
        cmocka_unit_test(nothing_is_written_on_it_and_a_failure_is_only_its_own),
        cmocka_unit_test(an_outgrown_plan_is_not_noticed_by_anyone),
        cmocka_unit_test(what_was_taken_for_granted_is_checked_here_too),
    };
    return cmocka_run_group_tests_name("lane", tests, pipeline_start, shop_stop);
}
