/* Units of work whose link breaks, whose transaction collides, whose time is up or whose plan no
 * longer fits. */
#include "shop_factory.h"
#include <pthread.h>

#define Q(n, text) static const struct query n = { #n, "shop", text }
Q(sleep_long, "SELECT pg_sleep(30)");
Q(deallocate, "DEALLOCATE ALL");
Q(prepare_taken, "PREPARE \"shop.taken\" AS SELECT 1::bigint");
Q(taken, "SELECT 1::bigint");
Q(item_names, "SELECT * FROM shop.plan_target");

/* --- Broken links and retries --- */

static void kill_backend(int64_t pid)
{
    testdb_sql(&shop_db, arena_printf(shop_db.arena, "SELECT pg_terminate_backend(%d)", (int)pid));
    testdb_sql(&shop_db, "SELECT pg_sleep(0.05)");
}

static err die_before_commit(struct ctx *c, void *arg)
{
    int64_t pid;

    TRY(insert_one(c, arg));
    TRY(db_int(c, &SHOP_own_pid, &pid, NO_ARGS));
    kill_backend(pid);
    return NULL;
}

static void a_link_lost_at_commit_is_not_success(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, die_before_commit, &w), &ERR_UNAVAILABLE);
    assert_int_equal(w.runs, 1);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static err die_once_in_the_middle(struct ctx *c, void *arg)
{
    struct world *w = arg;
    int64_t pid;

    TRY(insert_one(c, arg));
    TRY(db_int(c, &SHOP_own_pid, &pid, NO_ARGS));
    if (w->runs == 1)
        kill_backend(pid);
    return shop_insert(c, "two");
}

static void a_link_lost_before_commit_runs_the_function_again(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, die_once_in_the_middle, &w));
    assert_int_equal(w.runs, 2);
    assert_int_equal(shop_items(), 2);
    testdb_close_ctx(w.c);
}

static err enter_and_die_once(struct ctx *c, void *arg)
{
    struct world *w = arg;

    if (!uuid_is_nil(c->actor.person) || !uuid_equal(c->org, w->org))
        return &ERR_CONFLICT; /* it began as somebody else than who came */
    TRY(tx_enter_person(c, uuid_new()));
    return die_once_in_the_middle(c, w);
}

static void what_was_entered_is_undone_with_the_transaction(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, enter_and_die_once, &w));
    assert_int_equal(w.runs, 2);
    assert_false(uuid_is_nil(w.c->actor.person));
    testdb_close_ctx(w.c);
}

static void idle_connections_that_died_are_not_noticed_by_anyone(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    testdb_sql(&shop_db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                         "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    testdb_sql(&shop_db, "SELECT pg_sleep(0.05)");
    assert_ptr_equal(tx_run(w.c, insert_one, &w), &NAME_TAKEN);
    testdb_close_ctx(w.c);
}

static err never_succeed(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return db_exec(c, &SHOP_fail_some_times, ARGS(ARG(100)));
}

static void a_serialisation_failure_runs_the_function_again(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, need_three_tries, &w));
    assert_int_equal(w.runs, 3);
    assert_int_equal(shop_items(), 1);
    testdb_close_ctx(w.c);
}

static void after_five_attempts_it_is_given_up(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, never_succeed, &w), &ERR_UNAVAILABLE);
    assert_int_equal(w.runs, 5);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

struct locker {
    int first, second;
    pthread_barrier_t *meet;
    bool met;
    err result;
    int runs;
};

static err lock_both(struct ctx *c, void *arg)
{
    struct locker *l = arg;

    l->runs++;
    TRY(db_exec(c, &SHOP_bump, ARGS(ARG(l->first), ARG(100 + l->first))));
    if (!l->met)
        pthread_barrier_wait(l->meet);
    l->met = true;
    return db_exec(c, &SHOP_bump, ARGS(ARG(l->second), ARG(100 + l->second)));
}

static void *run_locker(void *arg)
{
    struct locker *l = arg;
    struct ctx *c = testdb_ctx();

    l->result = tx_run(c, lock_both, l);
    testdb_close_ctx(c);
    return NULL;
}

static void two_that_deadlock_both_succeed(void **state)
{
    pthread_barrier_t meet;
    struct locker l[2] = { { 1, 2, &meet, false, NULL, 0 }, { 2, 1, &meet, false, NULL, 0 } };
    pthread_t threads[2];

    (void)state;
    pthread_barrier_init(&meet, NULL, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_locker, &l[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&meet);
    assert_null(l[0].result);
    assert_null(l[1].result);
    assert_int_equal(l[0].runs + l[1].runs, 3);
    testdb_sql(&shop_db, "UPDATE shop.counter SET n = id");
}

static err lose_the_link_between_two_reads(struct ctx *c, void *arg)
{
    struct world *w = arg;
    int64_t pid;

    w->runs++;
    TRY(db_int(c, &SHOP_own_pid, &pid, NO_ARGS));
    kill_backend(pid);
    return db_int(c, &SHOP_own_pid, &pid, NO_ARGS);
}

static void a_link_lost_between_two_reads_is_not_noticed_by_anyone(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_read(w.c, lose_the_link_between_two_reads, &w));
    assert_int_equal(w.runs, 1);
    testdb_close_ctx(w.c);
}

/* --- Deadlines --- */

static err sleep_in_database(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &sleep_long, NO_ARGS);
}

static void a_statement_past_its_limit_is_a_timeout(void **state)
{
    struct world w = shop_world();
    int64_t before = clock_monotonic_us();
    (void)state;
    assert_ptr_equal(tx_run(w.c, sleep_in_database, NULL), &ERR_TIMEOUT);
    assert_in_range(clock_monotonic_us() - before, 900000, 2500000);
    testdb_close_ctx(w.c);
}

static void a_passed_deadline_is_a_timeout_at_once(void **state)
{
    struct world w = shop_world();
    int64_t before = clock_monotonic_us();
    (void)state;
    w.c->deadline_us = before + 200000;
    assert_ptr_equal(tx_run(w.c, sleep_in_database, NULL), &ERR_TIMEOUT);
    assert_in_range(clock_monotonic_us() - before, 190000, 600000);
    testdb_close_ctx(w.c);
}

/* --- Plans --- */

static err read_target(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &item_names, NO_ARGS);
}

static err forget_statements(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &deallocate, NO_ARGS);
}

static void an_outgrown_plan_is_prepared_again_unnoticed(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_read(w.c, read_target, NULL));
    testdb_sql(&shop_db, "ALTER TABLE shop.plan_target ADD COLUMN b text");
    assert_null(tx_read(w.c, read_target, NULL));
    testdb_close_ctx(w.c);
}

static err outgrow_between_two_reads(struct ctx *c, void *arg)
{
    TRY(read_target(c, arg));
    testdb_sql(&shop_db, "ALTER TABLE shop.plan_target ADD COLUMN c text");
    return read_target(c, arg);
}

static void a_plan_outgrown_between_two_reads_is_prepared_again_unnoticed(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_read(w.c, outgrow_between_two_reads, NULL));
    testdb_close_ctx(w.c);
}

/* --- Outgrown in the middle of a transaction, on every connection of the pool --- */

enum { CONNECTIONS = 3 };

struct warming {
    pthread_barrier_t *meet;
    bool met;
    err result;
};

static err read_target_late(struct ctx *c, void *arg)
{
    struct world *w = arg;
    int64_t pid;

    w->runs++;
    TRY(db_int(c, &SHOP_own_pid, &pid, NO_ARGS));
    return read_target(c, arg);
}

static err read_target_together(struct ctx *c, void *arg)
{
    struct warming *w = arg;
    int64_t pid;

    TRY(db_int(c, &SHOP_own_pid, &pid, NO_ARGS));
    if (!w->met)
        pthread_barrier_wait(w->meet);
    w->met = true;
    return read_target(c, NULL);
}

static void *warm(void *arg)
{
    struct warming *w = arg;
    struct ctx *c = testdb_ctx();

    w->result = tx_run(c, read_target_together, w);
    testdb_close_ctx(c);
    return NULL;
}

static void warm_connections(void)
{
    struct warming each[CONNECTIONS];
    pthread_t threads[CONNECTIONS];
    pthread_barrier_t meet;

    pthread_barrier_init(&meet, NULL, CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++) {
        each[i] = (struct warming){ .meet = &meet };
        pthread_create(&threads[i], NULL, warm, &each[i]);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        pthread_join(threads[i], NULL);
        assert_null(each[i].result);
    }
    pthread_barrier_destroy(&meet);
}

static void plans_outgrown_in_mid_transaction_are_prepared_again_on_all_connections(void **state)
{
    struct world w = shop_world();
    (void)state;
    warm_connections();
    testdb_sql(&shop_db, "ALTER TABLE shop.plan_target ADD COLUMN d text");
    assert_null(tx_run(w.c, read_target_late, &w));
    assert_int_equal(w.runs, 2);
    testdb_sql(&shop_db, "ALTER TABLE shop.plan_target ADD COLUMN e text");
    warm_connections(); /* all at once, and each of them late */
    testdb_close_ctx(w.c);
}

static err prepare_behind_the_pools_back(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &prepare_taken, NO_ARGS);
}

static err use_taken_late(struct ctx *c, void *arg)
{
    int64_t one;

    TRY(insert_one(c, arg));
    return db_int(c, &taken, &one, NO_ARGS);
}

static void a_statement_that_exists_already_is_used_when_the_unit_runs_again(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, prepare_behind_the_pools_back, NULL));
    assert_null(tx_run(w.c, use_taken_late, &w));
    assert_int_equal(w.runs, 2);
    assert_int_equal(shop_items(), 1);
    testdb_close_ctx(w.c);
}

static void statements_the_server_forgot_are_prepared_again_unnoticed(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    assert_null(tx_read(w.c, forget_statements, NULL));
    assert_null(tx_read(w.c, read_target, NULL));
    testdb_close_ctx(w.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_lost_at_commit_is_not_success),
        cmocka_unit_test(a_link_lost_before_commit_runs_the_function_again),
        cmocka_unit_test(what_was_entered_is_undone_with_the_transaction),
        cmocka_unit_test(idle_connections_that_died_are_not_noticed_by_anyone),
        cmocka_unit_test(a_link_lost_between_two_reads_is_not_noticed_by_anyone),
        cmocka_unit_test(a_serialisation_failure_runs_the_function_again),
        cmocka_unit_test(after_five_attempts_it_is_given_up),
        cmocka_unit_test(two_that_deadlock_both_succeed),
        cmocka_unit_test(a_statement_past_its_limit_is_a_timeout),
        cmocka_unit_test(a_passed_deadline_is_a_timeout_at_once),
        cmocka_unit_test(an_outgrown_plan_is_prepared_again_unnoticed),
        cmocka_unit_test(a_plan_outgrown_between_two_reads_is_prepared_again_unnoticed),
        cmocka_unit_test(plans_outgrown_in_mid_transaction_are_prepared_again_on_all_connections),
        cmocka_unit_test(a_statement_that_exists_already_is_used_when_the_unit_runs_again),
        cmocka_unit_test(statements_the_server_forgot_are_prepared_again_unnoticed),
    };
    return cmocka_run_group_tests_name("tx_retry", tests, shop_start, shop_stop);
}
