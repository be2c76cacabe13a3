/* Units of work: what is committed, what is not, and what never leaks. */
#include "db_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "base/problem.h"
#include "registry.h"
#include <pthread.h>

#define Q(n, text) static const struct query n = { #n, "shop", text }
Q(insert_item, "INSERT INTO shop.item (org_id, id, name) VALUES ($1, $2, $3)");
Q(count_items, "SELECT count(*) FROM shop.item");
Q(count_named, "SELECT count(*) FROM shop.item WHERE name = $1");
Q(take_stock, "UPDATE shop.item SET stock = stock - 1 WHERE name = $1");
Q(divide_by_zero, "SELECT 1 / 0");
Q(own_pid, "SELECT pg_backend_pid()::bigint");
Q(has_org, "SELECT platform.current_org() IS NOT NULL");
Q(has_person, "SELECT platform.current_person() IS NOT NULL");
Q(bump, "UPDATE shop.counter SET n = $2 WHERE id = $1");
Q(sleep_long, "SELECT pg_sleep(30)");
Q(fail_some_times, "SELECT shop.fail_until($1)");
Q(epoch, "SELECT extract(epoch FROM platform.now())::bigint");
Q(deallocate, "DEALLOCATE ALL");
Q(item_names, "SELECT * FROM shop.plan_target");

static const struct error_kind NAME_TAKEN = { "shop/name-taken", 409, "Name taken", "" };
static const struct error_kind NO_STOCK = { "shop/no-stock", 409, "No stock", "" };
static const struct constraint constraints[] = {
    { "item_org_name_key", &NAME_TAKEN, "name" },
    { "item_stock_check", &NO_STOCK, NULL },
    { NULL },
};
static const struct module shop = { .name = "shop", .constraints = constraints };
static const struct module *const modules[] = { &shop, NULL };

static struct testdb db;

static int start(void **state)
{
    (void)state;
    testdb_make(&db);
    testdb_make_shop(&db);
    testdb_sql(&db,
        "CREATE SEQUENCE shop.calls; GRANT USAGE ON SEQUENCE shop.calls TO ashlar_app;"
        "CREATE FUNCTION shop.fail_until(bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('shop.calls') < $1 THEN RAISE 'again' USING ERRCODE = '40001'; END IF; END $$;"
        "CREATE TABLE shop.plan_target (a integer); GRANT SELECT ON shop.plan_target TO "
        "ashlar_app");
    testdb_sql(&db,
        arena_printf(db.arena, "ALTER DATABASE %s SET deadlock_timeout = '100ms'", PQdb(db.admin)));
    registry_set(modules);
    config_override(&ASHLAR_DB_CONNECTIONS, "4");
    config_override(&ASHLAR_DB_STATEMENT_MS, "1000");
    pool_start();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pool_stop();
    testdb_drop(&db);
    return 0;
}

struct world {
    struct ctx *c;
    struct uuid org;
    int runs;
};

static struct world world(void)
{
    struct world w = { .c = testdb_ctx(), .org = uuid_new() };
    w.c->org = w.org;
    testdb_sql(&db, "DELETE FROM shop.item; ALTER SEQUENCE shop.calls RESTART");
    return w;
}

static int64_t items(void)
{
    int64_t n = -1;
    assert_true(text_to_int(testdb_sql(&db, "SELECT count(*) FROM shop.item"), &n));
    return n;
}

static err insert(struct ctx *c, const char *name)
{
    return db_exec(c, &insert_item, ARGS(ARG(c->org), ARG(uuid_new()), ARG(name)));
}

/* --- Commit and rollback --- */

static err insert_one(struct ctx *c, void *arg)
{
    struct world *w = arg;
    w->runs++;
    return insert(c, "one");
}

static err insert_new_id(struct ctx *c, void *arg)
{
    (void)arg;
    return insert(c, NULL);
}

static err insert_then_refuse(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return problem(c, &NO_STOCK, NULL, "no");
}

static void what_a_function_wrote_is_committed_when_it_returns_null(void **state)
{
    struct world w = world();
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    assert_int_equal(items(), 1);
    assert_int_equal(w.c->round_trips, 2);
    assert_false(w.c->in_transaction);
    testdb_close_ctx(w.c);
}

static void what_it_wrote_is_gone_when_it_returns_an_error(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, insert_then_refuse, &w), &NO_STOCK);
    assert_int_equal(items(), 0);
    testdb_close_ctx(w.c);
}

static err swallow_a_failure(struct ctx *c, void *arg)
{
    err ignored;

    TRY(insert_one(c, arg));
    ignored = db_exec(c, &divide_by_zero, NO_ARGS);
    assert_ptr_equal(ignored, &ERR_INTERNAL);
    ignored = insert(c, "two");
    assert_ptr_equal(ignored, &ERR_INTERNAL);
    return NULL;
}

static void a_swallowed_failure_cannot_be_committed(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, swallow_a_failure, &w), &ERR_INTERNAL);
    assert_int_equal(items(), 0);
    testdb_close_ctx(w.c);
}

static err break_a_deferred_promise(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &bump, ARGS(ARG(1), ARG(2)));
}

static void a_constraint_checked_at_commit_fails_the_commit(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, break_a_deferred_promise, &w), &ERR_INTERNAL);
    assert_string_equal(testdb_sql(&db, "SELECT n FROM shop.counter WHERE id = 1"), "1");
    testdb_close_ctx(w.c);
}

static err join_and_fail(struct ctx *c, void *arg)
{
    err inner;

    TRY(insert_one(c, arg));
    inner = tx_run(c, insert_then_refuse, arg);
    return inner == &NO_STOCK ? NULL : inner;
}

static void a_joined_function_that_failed_takes_the_whole_transaction_with_it(void **state)
{
    struct world w = world();
    (void)state;
    testdb_sql(&db, "ALTER TABLE shop.item DROP CONSTRAINT item_org_name_key");
    assert_ptr_equal(tx_run(w.c, join_and_fail, &w), &NO_STOCK);
    testdb_sql(&db, "ALTER TABLE shop.item ADD CONSTRAINT item_org_name_key UNIQUE (org_id, name)");
    assert_int_equal(items(), 0);
    testdb_close_ctx(w.c);
}

static void a_transaction_without_a_statement_takes_no_connection(void **state)
{
    struct world w = world();
    struct pool_stats before, after;
    (void)state;
    pool_stats(&before);
    assert_null(unit_begin(w.c, TX_WRITE, DB_APP));
    assert_true(w.c->in_transaction);
    pool_stats(&after);
    assert_int_equal(after.in_use, before.in_use);
    assert_null(unit_commit(w.c));
    assert_int_equal(w.c->round_trips, 0);
    testdb_close_ctx(w.c);
}

static void a_query_outside_a_transaction_is_refused(void **state)
{
    struct world w = world();
    int64_t n = 7;
    (void)state;
    assert_ptr_equal(db_int(w.c, &count_items, &n, NO_ARGS), &ERR_INTERNAL);
    assert_int_equal(n, 7);
    testdb_close_ctx(w.c);
}

static err count_all(struct ctx *c, void *arg)
{
    return db_int(c, &count_items, arg, NO_ARGS);
}

static void a_warm_read_is_one_round_trip_and_its_connection_stays_good(void **state)
{
    struct world w = world();
    struct pool_stats before, after;
    int64_t n = -1;
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    assert_null(tx_read(w.c, count_all, &n));
    pool_stats(&before);
    w.c->round_trips = 0;
    for (int i = 0; i < 100; i++) {
        assert_null(tx_read(w.c, count_all, &n));
        assert_int_equal(n, 1);
    }
    assert_int_equal(w.c->round_trips, 100);
    assert_null(tx_run(w.c, insert_new_id, &w));
    pool_stats(&after);
    assert_int_equal(after.connects, before.connects);
    testdb_sql(&db, "SELECT pg_sleep(0.05)");
    assert_string_equal(testdb_sql(&db, "SELECT count(*) FROM pg_stat_activity "
                                        "WHERE state LIKE 'idle in transaction%' AND datname = "
                                        "current_database()"),
        "0");
    testdb_close_ctx(w.c);
}

static void a_read_transaction_cannot_write(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_read(w.c, insert_one, &w), &ERR_INTERNAL);
    assert_int_equal(items(), 0);
    testdb_close_ctx(w.c);
}

/* --- Constraints --- */

static err insert_twice(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return insert_one(c, arg);
}

static void a_broken_constraint_is_the_modules_error_about_its_field(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, insert_twice, &w), &NAME_TAKEN);
    assert_ptr_equal(w.c->problem->kind, &NAME_TAKEN);
    assert_int_equal(w.c->problem->n_fields, 1);
    assert_non_null(strstr(w.c->problem->fields[0].pointer, "name"));
    testdb_close_ctx(w.c);
}

static err sell(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return db_exec_one(c, &take_stock, ARGS(ARG("one")));
}

static void a_broken_check_without_a_field_is_the_modules_error_too(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, sell, &w), &NO_STOCK);
    testdb_close_ctx(w.c);
}

/* --- Broken links and retries --- */

static void kill_backend(int64_t pid)
{
    testdb_sql(&db, arena_printf(db.arena, "SELECT pg_terminate_backend(%d)", (int)pid));
    testdb_sql(&db, "SELECT pg_sleep(0.05)");
}

static err die_before_commit(struct ctx *c, void *arg)
{
    int64_t pid;

    TRY(insert_one(c, arg));
    TRY(db_int(c, &own_pid, &pid, NO_ARGS));
    kill_backend(pid);
    return NULL;
}

static void a_link_lost_at_commit_is_not_success(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, die_before_commit, &w), &ERR_UNAVAILABLE);
    assert_int_equal(w.runs, 1);
    assert_int_equal(items(), 0);
    testdb_close_ctx(w.c);
}

static err die_once_in_the_middle(struct ctx *c, void *arg)
{
    struct world *w = arg;
    int64_t pid;

    TRY(insert_one(c, arg));
    TRY(db_int(c, &own_pid, &pid, NO_ARGS));
    if (w->runs == 1)
        kill_backend(pid);
    return insert(c, "two");
}

static void a_link_lost_before_commit_runs_the_function_again(void **state)
{
    struct world w = world();
    (void)state;
    assert_null(tx_run(w.c, die_once_in_the_middle, &w));
    assert_int_equal(w.runs, 2);
    assert_int_equal(items(), 2);
    testdb_close_ctx(w.c);
}

static void idle_connections_that_died_are_not_noticed_by_anyone(void **state)
{
    struct world w = world();
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    testdb_sql(&db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    testdb_sql(&db, "SELECT pg_sleep(0.05)");
    assert_ptr_equal(tx_run(w.c, insert_one, &w), &NAME_TAKEN);
    testdb_close_ctx(w.c);
}

static err need_three_tries(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return db_exec(c, &fail_some_times, ARGS(ARG(3)));
}

static err never_succeed(struct ctx *c, void *arg)
{
    TRY(insert_one(c, arg));
    return db_exec(c, &fail_some_times, ARGS(ARG(100)));
}

static void a_serialisation_failure_runs_the_function_again(void **state)
{
    struct world w = world();
    (void)state;
    assert_null(tx_run(w.c, need_three_tries, &w));
    assert_int_equal(w.runs, 3);
    assert_int_equal(items(), 1);
    testdb_close_ctx(w.c);
}

static void after_five_attempts_it_is_given_up(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, never_succeed, &w), &ERR_UNAVAILABLE);
    assert_int_equal(w.runs, 5);
    assert_int_equal(items(), 0);
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
    TRY(db_exec(c, &bump, ARGS(ARG(l->first), ARG(100 + l->first))));
    if (!l->met)
        pthread_barrier_wait(l->meet);
    l->met = true;
    return db_exec(c, &bump, ARGS(ARG(l->second), ARG(100 + l->second)));
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
    testdb_sql(&db, "UPDATE shop.counter SET n = id");
}

/* --- Deadlines --- */

static err sleep_in_database(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &sleep_long, NO_ARGS);
}

static void a_statement_past_its_limit_is_a_timeout(void **state)
{
    struct world w = world();
    int64_t before = clock_monotonic_us();
    (void)state;
    assert_ptr_equal(tx_run(w.c, sleep_in_database, NULL), &ERR_TIMEOUT);
    assert_in_range(clock_monotonic_us() - before, 900000, 2500000);
    testdb_close_ctx(w.c);
}

static void a_passed_deadline_is_a_timeout_at_once(void **state)
{
    struct world w = world();
    int64_t before = clock_monotonic_us();
    (void)state;
    w.c->deadline_us = before + 200000;
    assert_ptr_equal(tx_run(w.c, sleep_in_database, NULL), &ERR_TIMEOUT);
    assert_in_range(clock_monotonic_us() - before, 190000, 600000);
    testdb_close_ctx(w.c);
}

/* --- Tenants, persons, time --- */

static err see_nothing(struct ctx *c, void *arg)
{
    bool org = true, person = true;
    int64_t n = 7;

    (void)arg;
    TRY(db_bool(c, &has_org, &org, NO_ARGS));
    TRY(db_bool(c, &has_person, &person, NO_ARGS));
    TRY(db_int(c, &count_items, &n, NO_ARGS));
    assert_false(org);
    assert_false(person);
    assert_int_equal(n, 0);
    return NULL;
}

static void a_tenant_never_leaks_to_the_next_unit_of_work(void **state)
{
    struct world w = world();
    struct ctx *next = testdb_ctx();
    (void)state;
    w.c->actor.person = uuid_new();
    for (int i = 0; i < 20; i++) {
        if (i % 2 == 0)
            assert_null(tx_run(w.c, insert_new_id, &w));
        else
            assert_ptr_equal(tx_run(w.c, insert_then_refuse, &w), &NO_STOCK);
        assert_null(tx_run(next, see_nothing, NULL));
    }
    testdb_close_ctx(next);
    testdb_close_ctx(w.c);
}

static err insert_for_another(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &insert_item, ARGS(ARG(uuid_new()), ARG(uuid_new()), ARG("theirs")));
}

static void a_row_of_another_tenant_cannot_be_written(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, insert_for_another, NULL), &ERR_INTERNAL);
    assert_int_equal(items(), 0);
    testdb_close_ctx(w.c);
}

static err found_an_org(struct ctx *c, void *arg)
{
    struct world *w = arg;

    TRY(db_exec(c, &own_pid, NO_ARGS));
    TRY(tx_enter_org(c, uuid_new()));
    TRY(insert_one(c, arg));
    return w->runs < 2 ? db_exec(c, &fail_some_times, ARGS(ARG(2))) : NULL;
}

static void a_new_tenant_is_entered_anew_by_each_attempt(void **state)
{
    struct world w = world();
    (void)state;
    w.c->org = UUID_NIL;
    assert_null(tx_run(w.c, found_an_org, &w));
    assert_int_equal(w.runs, 2);
    assert_false(uuid_is_nil(w.c->org));
    assert_int_equal(items(), 1);
    assert_ptr_equal(tx_enter_org(w.c, uuid_new()), &ERR_INTERNAL);
    testdb_close_ctx(w.c);
}

static err read_clock(struct ctx *c, void *arg)
{
    return db_int(c, &epoch, arg, NO_ARGS);
}

static void the_fake_clock_moves_sql_too(void **state)
{
    struct world w = world();
    int64_t at = 0;
    (void)state;
    clock_fake((struct instant){ SECONDS(1700000000) });
    assert_null(tx_read(w.c, read_clock, &at));
    clock_fake(INSTANT_NONE);
    assert_in_range(at, 1700000000, 1700000010);
    assert_null(tx_read(w.c, read_clock, &at));
    assert_true(at > 1790000000);
    testdb_close_ctx(w.c);
}

/* --- Apart --- */

static err note_failure(struct ctx *c, void *arg)
{
    (void)arg;
    return insert(c, "noted");
}

static err fail_apart(struct ctx *c, void *arg)
{
    (void)arg;
    return problem(c, &NAME_TAKEN, "other", "another answer");
}

static err fail_and_leave_notes(struct ctx *c, void *arg)
{
    tx_apart(c, fail_apart, NULL);
    tx_apart(c, note_failure, NULL);
    return insert_then_refuse(c, arg);
}

static void what_runs_apart_outlives_the_rollback_and_leaves_the_answer_alone(void **state)
{
    struct world w = world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, fail_and_leave_notes, &w), &NO_STOCK);
    unit_run_apart(w.c);
    assert_string_equal(testdb_sql(&db, "SELECT string_agg(name, ',') FROM shop.item"), "noted");
    assert_ptr_equal(w.c->problem->kind, &NO_STOCK);
    assert_int_equal(w.c->problem->n_fields, 0);
    unit_run_apart(w.c);
    assert_int_equal(items(), 1);
    testdb_close_ctx(w.c);
}

static err note_and_collide(struct ctx *c, void *arg)
{
    tx_apart(c, note_failure, NULL);
    return need_three_tries(c, arg);
}

static void a_retried_function_leaves_one_note(void **state)
{
    struct world w = world();
    (void)state;
    assert_null(tx_run(w.c, note_and_collide, &w));
    unit_run_apart(w.c);
    assert_int_equal(w.runs, 3);
    assert_string_equal(
        testdb_sql(&db, "SELECT count(*) FROM shop.item WHERE name = 'noted'"), "1");
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
    struct world w = world();
    (void)state;
    assert_null(tx_read(w.c, read_target, NULL));
    testdb_sql(&db, "ALTER TABLE shop.plan_target ADD COLUMN b text");
    assert_null(tx_read(w.c, read_target, NULL));
    testdb_close_ctx(w.c);
}

static void statements_the_server_forgot_are_prepared_again_unnoticed(void **state)
{
    struct world w = world();
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    assert_null(tx_read(w.c, forget_statements, NULL));
    assert_null(tx_read(w.c, read_target, NULL));
    testdb_close_ctx(w.c);
}

/* --- Many at once --- */

enum { THREADS = 8, EACH = 40 };

static void *insert_many(void *arg)
{
    const struct uuid *org = arg;

    for (int i = 0; i < EACH; i++) {
        struct ctx *c = testdb_ctx();
        c->org = *org;
        if (tx_run(c, insert_new_id, NULL) != NULL)
            return arg;
        testdb_close_ctx(c);
    }
    return NULL;
}

static void ids_made_in_parallel_never_collide_and_the_cap_holds(void **state)
{
    struct world w = world();
    struct pool_stats stats;
    pthread_t threads[THREADS];
    void *failed;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, insert_many, &w.org);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(items(), THREADS * EACH);
    pool_stats(&stats);
    assert_int_equal(stats.in_use, 0);
    assert_true(stats.open <= 4);
    testdb_close_ctx(w.c);
}

static err count_one(struct ctx *c, void *arg)
{
    return db_int(c, &count_named, arg, ARGS(ARG("one")));
}

static void the_system_role_sees_past_the_fence_and_a_job_may_use_it(void **state)
{
    struct world w = world();
    int64_t n = 0;
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    w.c->org = UUID_NIL;
    assert_null(tx_read(w.c, count_one, &n));
    assert_int_equal(n, 0);
    assert_null(unit_run(w.c, DB_SYSTEM, TX_READ, count_one, &n));
    assert_int_equal(n, 1);
    n = 0;
    unit_set_role(w.c, DB_SYSTEM);
    assert_null(tx_read(w.c, count_one, &n));
    assert_int_equal(n, 1);
    testdb_close_ctx(w.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_function_wrote_is_committed_when_it_returns_null),
        cmocka_unit_test(what_it_wrote_is_gone_when_it_returns_an_error),
        cmocka_unit_test(a_swallowed_failure_cannot_be_committed),
        cmocka_unit_test(a_constraint_checked_at_commit_fails_the_commit),
        cmocka_unit_test(a_joined_function_that_failed_takes_the_whole_transaction_with_it),
        cmocka_unit_test(a_transaction_without_a_statement_takes_no_connection),
        cmocka_unit_test(a_query_outside_a_transaction_is_refused),
        cmocka_unit_test(a_warm_read_is_one_round_trip_and_its_connection_stays_good),
        cmocka_unit_test(a_read_transaction_cannot_write),
        cmocka_unit_test(a_broken_constraint_is_the_modules_error_about_its_field),
        cmocka_unit_test(a_broken_check_without_a_field_is_the_modules_error_too),
        cmocka_unit_test(a_link_lost_at_commit_is_not_success),
        cmocka_unit_test(a_link_lost_before_commit_runs_the_function_again),
        cmocka_unit_test(idle_connections_that_died_are_not_noticed_by_anyone),
        cmocka_unit_test(a_serialisation_failure_runs_the_function_again),
        cmocka_unit_test(after_five_attempts_it_is_given_up),
        cmocka_unit_test(two_that_deadlock_both_succeed),
        cmocka_unit_test(a_statement_past_its_limit_is_a_timeout),
        cmocka_unit_test(a_passed_deadline_is_a_timeout_at_once),
        cmocka_unit_test(a_tenant_never_leaks_to_the_next_unit_of_work),
        cmocka_unit_test(a_row_of_another_tenant_cannot_be_written),
        cmocka_unit_test(a_new_tenant_is_entered_anew_by_each_attempt),
        cmocka_unit_test(the_fake_clock_moves_sql_too),
        cmocka_unit_test(what_runs_apart_outlives_the_rollback_and_leaves_the_answer_alone),
        cmocka_unit_test(a_retried_function_leaves_one_note),
        cmocka_unit_test(an_outgrown_plan_is_prepared_again_unnoticed),
        cmocka_unit_test(statements_the_server_forgot_are_prepared_again_unnoticed),
        cmocka_unit_test(ids_made_in_parallel_never_collide_and_the_cap_holds),
        cmocka_unit_test(the_system_role_sees_past_the_fence_and_a_job_may_use_it),
    };
    return cmocka_run_group_tests_name("tx", tests, start, stop);
}
