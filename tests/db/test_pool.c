/* The pool: its cap, its line, its roles. */
#include "db_factory.h"
#include "db/conn.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "module/registry.h"
#include <pthread.h>

static struct testdb db;

static int start(void **state)
{
    (void)state;
    testdb_make(&db);
    testdb_make_shop(&db);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    testdb_drop(&db);
    return 0;
}

static int open_pool(void **state)
{
    (void)state;
    config_override(&ASHLAR_DB_CONNECTIONS, "2");
    config_override(&ASHLAR_DB_WAIT_MS, "300");
    pool_start();
    return 0;
}

static int close_pool(void **state)
{
    (void)state;
    pool_stop();
    testdb_use(&db, db.url, NULL);
    return 0;
}

static int64_t in_ms(int ms)
{
    return clock_monotonic_us() + (int64_t)ms * 1000;
}

static struct pool_stats stats(void)
{
    struct pool_stats s;
    pool_stats(&s);
    return s;
}

static int connections_seen_by_the_server(void)
{
    int64_t n = -1;
    assert_true(text_to_int(
        testdb_sql(&db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"),
        &n));
    return (int)n;
}

static void connections_are_opened_on_demand_and_reused(void **state)
{
    struct conn *first, *second;

    (void)state;
    assert_int_equal(stats().open, 0);
    first = pool_take(DB_APP, in_ms(2000));
    assert_non_null(first);
    pool_give(first);
    second = pool_take(DB_APP, in_ms(2000));
    assert_ptr_equal(first, second);
    pool_give(second);
    assert_int_equal(stats().connects, 1);
}

static void nobody_gets_past_the_cap(void **state)
{
    struct conn *a = pool_take(DB_APP, in_ms(2000)), *b = pool_take(DB_APP, in_ms(2000));
    int64_t before = clock_monotonic_us();

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_null(pool_take(DB_APP, in_ms(200)));
    assert_in_range(clock_monotonic_us() - before, 190000, 800000);
    assert_int_equal(stats().open, 2);
    assert_int_equal(stats().waits_refused, 1);
    assert_int_equal(stats().waiting, 0);
    pool_give(a);
    pool_give(b);
    assert_int_equal(connections_seen_by_the_server(), 2);
}

struct taker {
    int number;
    int *order, *next;
    pthread_mutex_t *lock;
    bool got;
};

static void *take_and_note(void *arg)
{
    struct taker *t = arg;
    struct conn *k = pool_take(DB_APP, in_ms(5000));

    t->got = k != NULL;
    pthread_mutex_lock(t->lock);
    t->order[(*t->next)++] = t->number;
    pthread_mutex_unlock(t->lock);
    if (k != NULL)
        pool_give(k);
    return NULL;
}

static void await_waiting(int n)
{
    int64_t until = in_ms(5000);

    while (stats().waiting < n && clock_monotonic_us() < until)
        usleep(1000);
    assert_int_equal(stats().waiting, n);
}

static void a_line_that_stands_refuses_newcomers_at_once(void **state)
{
    struct conn *held[2] = { pool_take(DB_APP, in_ms(2000)), pool_take(DB_APP, in_ms(2000)) };
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int order[1], next = 0;
    struct taker first = { .order = order, .next = &next, .lock = &lock };
    int64_t began;
    pthread_t thread;

    (void)state;
    pthread_create(&thread, NULL, take_and_note, &first);
    await_waiting(1);
    usleep((useconds_t)pool_wait_ms() * 1000 / 4 + 50000);
    began = clock_monotonic_us();
    assert_null(pool_take(DB_APP, in_ms(2000)));
    assert_in_range(clock_monotonic_us() - began, 0, 100000);
    pool_give(held[0]);
    pthread_join(thread, NULL);
    assert_true(first.got); /* who waited before is served */
    pool_give(held[1]);
}

struct taking {
    pthread_t thread;
    struct conn *conn;
};

static void *take_slowly(void *arg)
{
    struct taking *t = arg;

    t->conn = pool_take_slow(DB_APP, in_ms(5000));
    return NULL;
}

static void slow_work_gets_half_of_them_and_the_others_pass_it(void **state)
{
    struct conn *slow = pool_take_slow(DB_APP, in_ms(2000)), *quick;
    struct taking next = { .conn = NULL };

    (void)state;
    assert_non_null(slow);
    assert_null(pool_take_slow(DB_APP, in_ms(100)));
    pthread_create(&next.thread, NULL, take_slowly, &next);
    while (stats().waiting == 0)
        usleep(1000);
    for (int i = 0; i < 3; i++) { /* opened for it, then idle: the slow one does not get it */
        quick = pool_take(DB_APP, in_ms(2000));
        assert_non_null(quick);
        pool_give(quick);
    }
    assert_int_equal(stats().waiting, 1);
    pool_give(slow);
    pthread_join(next.thread, NULL);
    assert_non_null(next.conn);
    pool_give(next.conn);
    assert_int_equal(stats().in_use, 0);
}

static void a_standing_line_of_slow_work_refuses_slow_work_only(void **state)
{
    struct conn *slow = pool_take_slow(DB_APP, in_ms(2000)), *quick;
    struct taking next = { .conn = NULL };
    int64_t began_us;

    (void)state;
    pthread_create(&next.thread, NULL, take_slowly, &next);
    usleep(150000); /* ASHLAR_DB_WAIT_MS is 300, a quarter of it is enough */
    began_us = clock_monotonic_us();
    assert_null(pool_take_slow(DB_APP, in_ms(3000)));
    assert_true(clock_monotonic_us() - began_us < 1000000);
    quick = pool_take(DB_APP, in_ms(2000));
    assert_non_null(quick);
    pool_give(quick);
    pool_give(slow);
    pthread_join(next.thread, NULL);
    assert_non_null(next.conn);
    pool_give(next.conn);
}

static void who_came_first_is_served_first(void **state)
{
    enum { TAKERS = 8 };
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct conn *held[2] = { pool_take(DB_APP, in_ms(2000)), pool_take(DB_APP, in_ms(2000)) };
    struct taker takers[TAKERS];
    pthread_t threads[TAKERS];
    int order[TAKERS], next = 0;

    (void)state;
    for (int i = 0; i < TAKERS; i++) {
        takers[i] = (struct taker){ .number = i, .order = order, .next = &next, .lock = &lock };
        pthread_create(&threads[i], NULL, take_and_note, &takers[i]);
        await_waiting(i + 1);
    }
    pool_give(held[0]);
    for (int i = 0; i < TAKERS; i++)
        pthread_join(threads[i], NULL);
    pool_give(held[1]);
    for (int i = 0; i < TAKERS; i++) {
        assert_true(takers[i].got);
        assert_int_equal(order[i], i);
    }
}

static void an_idle_connection_of_the_other_role_makes_room(void **state)
{
    struct conn *a = pool_take(DB_APP, in_ms(2000)), *b = pool_take(DB_APP, in_ms(2000)), *s;

    (void)state;
    pool_give(a);
    pool_give(b);
    s = pool_take(DB_SYSTEM, in_ms(2000));
    assert_non_null(s);
    assert_int_equal(s->role, DB_SYSTEM);
    assert_int_equal(stats().open, 2);
    pool_give(s);
}

static void *take_system(void *arg)
{
    *(struct conn **)arg = pool_take(DB_SYSTEM, in_ms(3000));
    return NULL;
}

static void a_connection_given_back_makes_room_for_who_waits_for_the_other_role(void **state)
{
    struct conn *a = pool_take(DB_APP, in_ms(2000)), *b = pool_take(DB_APP, in_ms(2000));
    struct conn *s = NULL;
    pthread_t thread;

    (void)state;
    pthread_create(&thread, NULL, take_system, &s);
    await_waiting(1);
    pool_give(a);
    pthread_join(thread, NULL);
    assert_non_null(s);
    assert_int_equal(stats().open, 2);
    pool_give(s);
    pool_give(b);
}

static void a_broken_connection_is_never_handed_out(void **state)
{
    struct conn *a = pool_take(DB_APP, in_ms(2000));

    (void)state;
    pool_give(a);
    testdb_sql(&db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                    "current_database() AND pid <> pg_backend_pid()");
    testdb_sql(&db, "SELECT pg_sleep(0.1)");
    a = pool_take(DB_APP, in_ms(2000));
    assert_non_null(a);
    assert_true(conn_is_alive(a));
    assert_int_equal(stats().connects, 2);
    pool_give(a);
}

static void a_transaction_left_open_costs_the_connection_not_the_next_user(void **state)
{
    static const struct query begin = { "test_begin", "platform", "BEGIN" };
    struct step step = { .query = &begin };
    struct conn *a = pool_take(DB_APP, in_ms(2000));

    (void)state;
    assert_int_equal(conn_run(a, &step, 1, in_ms(1000)), CONN_OK);
    steps_clear(&step, 1);
    pool_give(a);
    assert_int_equal(stats().open, 0);
}

static void without_a_database_everybody_is_answered_at_once(void **state)
{
    int64_t before;

    (void)state;
    pool_stop();
    config_override(&DATABASE_URL, "postgresql://127.0.0.1:21299/none");
    pool_start();
    assert_null(pool_take(DB_APP, in_ms(2000)));
    before = clock_monotonic_us();
    for (int i = 0; i < 100; i++)
        assert_null(pool_take(DB_APP, in_ms(2000)));
    assert_in_range(clock_monotonic_us() - before, 0, 200000);
    assert_int_equal(stats().open, 0);
}

static void a_malformed_url_is_not_quoted_in_the_reason(void **state)
{
    struct conn_options o = { .url = "postgresql://user:s3cret%zz@host/db" };
    char why[256];

    (void)state;
    assert_null(conn_open(&o, in_ms(1000), why, sizeof(why)));
    assert_null(strstr(why, "s3cret"));
}

static void a_silent_server_is_given_up_at_the_deadline(void **state)
{
    struct conn_options o = { .url = "postgresql://192.0.2.1/none" };
    int64_t before = clock_monotonic_us();
    char why[256];

    (void)state;
    assert_null(conn_open(&o, in_ms(300), why, sizeof(why)));
    assert_in_range(clock_monotonic_us() - before, 0, 1000000);
}

static void the_sessions_settings_are_what_the_code_relies_on(void **state)
{
    static const struct query settings = { "settings", "platform",
        "SELECT current_user::text || current_setting('TimeZone') || "
        "current_setting('statement_timeout') || current_setting('search_path')" };
    struct step step = { .query = &settings };
    struct conn *a = pool_take(DB_APP, in_ms(2000));

    (void)state;
    assert_int_equal(conn_run(a, &step, 1, in_ms(1000)), CONN_OK);
    assert_string_equal(PQgetvalue(step.result, 0, 0), "ashlar_appUTC5spg_catalog");
    steps_clear(&step, 1);
    pool_give(a);
}

static void readiness_says_what_is_missing(void **state)
{
    struct arena *a = arena_new(0);

    (void)state;
    assert_null(pool_check(a, 2000, NULL));
    testdb_sql(&db, "INSERT INTO platform.migration VALUES ('shop', 9, '0009_drop_old', 'contract',"
                    " repeat('0', 64), '99.0.0', now(), 1)");
    assert_non_null(strstr(pool_check(a, 2000, NULL), "left this binary behind"));
    testdb_sql(&db, "UPDATE platform.migration SET oldest_binary = '0.0.1' WHERE module = 'shop'");
    assert_null(pool_check(a, 2000, NULL));
    testdb_sql(&db, "UPDATE platform.migration SET number = 99 WHERE name LIKE '0002%'");
    assert_non_null(strstr(pool_check(a, 2000, NULL), "0002"));
    testdb_sql(&db, "UPDATE platform.migration SET number = 2 WHERE name LIKE '0002%'");
    arena_free(a);
}

int main(void)
{
#define WITH_POOL(test) cmocka_unit_test_setup_teardown(test, open_pool, close_pool)
    const struct CMUnitTest tests[] = {
        WITH_POOL(connections_are_opened_on_demand_and_reused),
        WITH_POOL(nobody_gets_past_the_cap),
        WITH_POOL(a_line_that_stands_refuses_newcomers_at_once),
        WITH_POOL(slow_work_gets_half_of_them_and_the_others_pass_it),
        WITH_POOL(a_standing_line_of_slow_work_refuses_slow_work_only),
        WITH_POOL(who_came_first_is_served_first),
        WITH_POOL(an_idle_connection_of_the_other_role_makes_room),
        WITH_POOL(a_connection_given_back_makes_room_for_who_waits_for_the_other_role),
        WITH_POOL(a_broken_connection_is_never_handed_out),
        WITH_POOL(a_transaction_left_open_costs_the_connection_not_the_next_user),
        WITH_POOL(without_a_database_everybody_is_answered_at_once),
        cmocka_unit_test(a_malformed_url_is_not_quoted_in_the_reason),
        cmocka_unit_test(a_silent_server_is_given_up_at_the_deadline),
        WITH_POOL(the_sessions_settings_are_what_the_code_relies_on),
        WITH_POOL(readiness_says_what_is_missing),
    };
    return cmocka_run_group_tests_name("pool", tests, start, stop);
}
