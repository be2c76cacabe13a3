/* Units of work: what is committed, what is not, and what never leaks. */
#include "shop_factory.h"
#include "base/problem.h"
#include <pthread.h>

#define Q(n, text) static const struct query n = { #n, "shop", text }
Q(insert_elsewhere, "INSERT INTO shop.item (org_id, id, name) VALUES ($1, $2, $3)");
Q(count_named, "SELECT count(*) FROM shop.item WHERE name = $1");
Q(take_stock, "UPDATE shop.item SET stock = stock - 1 WHERE name = $1");
Q(divide_by_zero, "SELECT 1 / 0");
Q(has_org, "SELECT platform.current_org() IS NOT NULL");
Q(has_person, "SELECT platform.current_person() IS NOT NULL");
Q(epoch, "SELECT extract(epoch FROM platform.now())::bigint");

/* --- Commit and rollback --- */

static void what_a_function_wrote_is_committed_when_it_returns_null(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    assert_int_equal(shop_items(), 1);
    assert_int_equal(w.c->round_trips, 2);
    assert_false(w.c->in_transaction);
    testdb_close_ctx(w.c);
}

static void what_it_wrote_is_gone_when_it_returns_an_error(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, insert_then_refuse, &w), &NO_STOCK);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static err swallow_a_failure(struct ctx *c, void *arg)
{
    err ignored;

    TRY(insert_one(c, arg));
    ignored = db_exec(c, &divide_by_zero, NO_ARGS);
    assert_ptr_equal(ignored, &ERR_INTERNAL);
    ignored = shop_insert(c, "two");
    assert_ptr_equal(ignored, &ERR_INTERNAL);
    return NULL;
}

static void a_swallowed_failure_cannot_be_committed(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, swallow_a_failure, &w), &ERR_INTERNAL);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static err break_a_deferred_promise(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &SHOP_bump, ARGS(ARG(1), ARG(2)));
}

static void a_constraint_checked_at_commit_fails_the_commit(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, break_a_deferred_promise, &w), &ERR_INTERNAL);
    assert_string_equal(testdb_sql(&shop_db, "SELECT n FROM shop.counter WHERE id = 1"), "1");
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
    struct world w = shop_world();
    (void)state;
    testdb_sql(&shop_db, "ALTER TABLE shop.item DROP CONSTRAINT item_org_name_key");
    assert_ptr_equal(tx_run(w.c, join_and_fail, &w), &NO_STOCK);
    testdb_sql(
        &shop_db, "ALTER TABLE shop.item ADD CONSTRAINT item_org_name_key UNIQUE (org_id, name)");
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static void a_transaction_without_a_statement_takes_no_connection(void **state)
{
    struct world w = shop_world();
    struct pool_stats before, after;
    (void)state;
    pool_stats(&before);
    assert_null(tx_begin(w.c, TX_WRITE, DB_APP));
    assert_true(w.c->in_transaction);
    pool_stats(&after);
    assert_int_equal(after.in_use, before.in_use);
    assert_null(tx_commit(w.c));
    assert_int_equal(w.c->round_trips, 0);
    testdb_close_ctx(w.c);
}

static void a_query_outside_a_transaction_is_refused(void **state)
{
    struct world w = shop_world();
    int64_t n = 7;
    (void)state;
    assert_ptr_equal(db_int(w.c, &SHOP_count_items, &n, NO_ARGS), &ERR_INTERNAL);
    assert_int_equal(n, 7);
    testdb_close_ctx(w.c);
}

static err count_all(struct ctx *c, void *arg)
{
    return db_int(c, &SHOP_count_items, arg, NO_ARGS);
}

static void a_warm_read_is_one_round_trip_and_its_connection_stays_good(void **state)
{
    struct world w = shop_world();
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
    assert_null(tx_run(w.c, insert_nameless, &w));
    pool_stats(&after);
    assert_int_equal(after.connects, before.connects);
    testdb_sql(&shop_db, "SELECT pg_sleep(0.05)");
    assert_string_equal(
        testdb_sql(&shop_db, "SELECT count(*) FROM pg_stat_activity "
                             "WHERE state LIKE 'idle in transaction%' AND datname = "
                             "current_database()"),
        "0");
    testdb_close_ctx(w.c);
}

static void a_read_transaction_cannot_write(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_read(w.c, insert_one, &w), &ERR_INTERNAL);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static err write_after_reading(struct ctx *c, void *arg)
{
    int64_t n;

    TRY(count_all(c, &n));
    return insert_one(c, arg);
}

static void not_even_after_a_statement_that_read(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_read(w.c, write_after_reading, &w), &ERR_INTERNAL);
    assert_int_equal(shop_items(), 0);
    assert_null(tx_run(w.c, insert_one, &w));
    assert_int_equal(shop_items(), 1);
    testdb_close_ctx(w.c);
}

struct two_tenants {
    struct uuid first, second;
    int64_t n[3];
};

static err walk_over_two(struct ctx *c, void *arg)
{
    struct two_tenants *two = arg;

    TRY(tx_enter_org(c, two->first));
    TRY(count_all(c, &two->n[0]));
    TRY(tx_leave_org(c));
    TRY(count_all(c, &two->n[1]));
    TRY(tx_enter_org(c, two->second));
    return count_all(c, &two->n[2]);
}

static void each_statement_of_a_read_has_the_tenant_of_its_moment(void **state)
{
    struct world w = shop_world();
    struct two_tenants two = { .first = w.org, .second = uuid_new(), .n = { -1, -1, -1 } };
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    w.c->org = UUID_NIL;
    assert_null(tx_read(w.c, walk_over_two, &two));
    assert_int_equal(two.n[0], 1);
    assert_int_equal(two.n[1], 0);
    assert_int_equal(two.n[2], 0);
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
    struct world w = shop_world();
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
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, sell, &w), &NO_STOCK);
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
    TRY(db_int(c, &SHOP_count_items, &n, NO_ARGS));
    assert_false(org);
    assert_false(person);
    assert_int_equal(n, 0);
    return NULL;
}

static void a_tenant_never_leaks_to_the_next_unit_of_work(void **state)
{
    struct world w = shop_world();
    struct ctx *next = testdb_ctx();
    (void)state;
    w.c->actor.person = uuid_new();
    for (int i = 0; i < 20; i++) {
        if (i % 2 == 0)
            assert_null(tx_run(w.c, insert_nameless, &w));
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
    return db_exec(c, &insert_elsewhere, ARGS(ARG(uuid_new()), ARG(uuid_new()), ARG("theirs")));
}

static void a_row_of_another_tenant_cannot_be_written(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, insert_for_another, NULL), &ERR_INTERNAL);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static err found_an_org(struct ctx *c, void *arg)
{
    struct world *w = arg;

    TRY(db_exec(c, &SHOP_own_pid, NO_ARGS));
    TRY(tx_enter_org(c, uuid_new()));
    TRY(insert_one(c, arg));
    return w->runs < 2 ? db_exec(c, &SHOP_fail_some_times, ARGS(ARG(2))) : NULL;
}

static void a_new_tenant_is_entered_anew_by_each_attempt(void **state)
{
    struct world w = shop_world();
    (void)state;
    w.c->org = UUID_NIL;
    assert_null(tx_run(w.c, found_an_org, &w));
    assert_int_equal(w.runs, 2);
    assert_false(uuid_is_nil(w.c->org));
    assert_int_equal(shop_items(), 1);
    assert_ptr_equal(tx_enter_org(w.c, uuid_new()), &ERR_INTERNAL);
    testdb_close_ctx(w.c);
}

static err read_clock(struct ctx *c, void *arg)
{
    return db_int(c, &epoch, arg, NO_ARGS);
}

static void the_fake_clock_moves_sql_too(void **state)
{
    struct world w = shop_world();
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
    return shop_insert(c, "noted");
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
    struct world w = shop_world();
    (void)state;
    assert_ptr_equal(tx_run(w.c, fail_and_leave_notes, &w), &NO_STOCK);
    tx_run_what_is_apart(w.c);
    assert_string_equal(
        testdb_sql(&shop_db, "SELECT string_agg(name, ',') FROM shop.item"), "noted");
    assert_ptr_equal(w.c->problem->kind, &NO_STOCK);
    assert_int_equal(w.c->problem->n_fields, 0);
    tx_run_what_is_apart(w.c);
    assert_int_equal(shop_items(), 1);
    testdb_close_ctx(w.c);
}

static err note_and_collide(struct ctx *c, void *arg)
{
    tx_apart(c, note_failure, NULL);
    return need_three_tries(c, arg);
}

static void a_retried_function_leaves_one_note(void **state)
{
    struct world w = shop_world();
    (void)state;
    assert_null(tx_run(w.c, note_and_collide, &w));
    tx_run_what_is_apart(w.c);
    assert_int_equal(w.runs, 3);
    assert_string_equal(
        testdb_sql(&shop_db, "SELECT count(*) FROM shop.item WHERE name = 'noted'"), "1");
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
        if (tx_run(c, insert_nameless, NULL) != NULL)
            return arg;
        testdb_close_ctx(c);
    }
    return NULL;
}

static void ids_made_in_parallel_never_collide_and_the_cap_holds(void **state)
{
    struct world w = shop_world();
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
    assert_int_equal(shop_items(), THREADS * EACH);
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
    struct world w = shop_world();
    int64_t n = 0;
    (void)state;
    assert_null(tx_run(w.c, insert_one, &w));
    w.c->org = UUID_NIL;
    assert_null(tx_read(w.c, count_one, &n));
    assert_int_equal(n, 0);
    assert_null(tx_run_as(w.c, DB_SYSTEM, TX_READ, count_one, &n));
    assert_int_equal(n, 1);
    n = 0;
    tx_set_role(w.c, DB_SYSTEM);
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
        cmocka_unit_test(not_even_after_a_statement_that_read),
        cmocka_unit_test(each_statement_of_a_read_has_the_tenant_of_its_moment),
        cmocka_unit_test(a_broken_constraint_is_the_modules_error_about_its_field),
        cmocka_unit_test(a_broken_check_without_a_field_is_the_modules_error_too),
        cmocka_unit_test(a_tenant_never_leaks_to_the_next_unit_of_work),
        cmocka_unit_test(a_row_of_another_tenant_cannot_be_written),
        cmocka_unit_test(a_new_tenant_is_entered_anew_by_each_attempt),
        cmocka_unit_test(the_fake_clock_moves_sql_too),
        cmocka_unit_test(what_runs_apart_outlives_the_rollback_and_leaves_the_answer_alone),
        cmocka_unit_test(a_retried_function_leaves_one_note),
        cmocka_unit_test(ids_made_in_parallel_never_collide_and_the_cap_holds),
        cmocka_unit_test(the_system_role_sees_past_the_fence_and_a_job_may_use_it),
    };
    return cmocka_run_group_tests_name("tx", tests, shop_start, shop_stop);
}
