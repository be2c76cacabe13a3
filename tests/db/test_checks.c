/* What a unit of work takes for granted travels with its first statement and must still hold. */
#include "shop_factory.h"

#define Q(n, text) static const struct query n = { #n, "shop", text }
Q(counter_row, "SELECT n, 'x' || n AS label, NULL::text AS note FROM shop.counter WHERE id = $1");
Q(divide_by_zero, "SELECT 1 / 0");

struct counter {
    int64_t n;
    const char *label, *note;
};
static const struct field counter_fields[] = {
    INT(counter, n),
    TEXT(counter, label),
    TEXT(counter, note, .optional = true),
};
static SHAPE(counter);

static struct bytes seen;

static err look(struct ctx *c, void *arg)
{
    return precondition_ask(c, &counter_row, ARGS(ARG(*(int *)arg)), &seen);
}

/* A unit of work that believes counter 1 is as it was. */
static struct world believer(void)
{
    struct world w = shop_world();
    int id = 1;

    testdb_sql(&shop_db, "UPDATE shop.counter SET n = id");
    assert_null(tx_read(w.c, look, &id));
    precondition_add(w.c, &counter_row, seen, ARGS(ARG(1)));
    w.c->round_trips = 0;
    return w;
}

static void change_it(void)
{
    testdb_sql(&shop_db, "UPDATE shop.counter SET n = 77 WHERE id = 1");
}

static err count_all(struct ctx *c, void *arg)
{
    return db_int(c, &SHOP_count_items, arg, NO_ARGS);
}

static void a_row_can_be_kept_and_read_again(void **state)
{
    struct world w = believer();
    struct counter row = { .note = "old" };
    int none = 99;
    (void)state;
    assert_null(precondition_read(w.c, &counter_row, &counter_shape, seen, &row));
    assert_int_equal(row.n, 1);
    assert_string_equal(row.label, "x1");
    assert_null(row.note);
    preconditions_forget(w.c);
    assert_null(tx_read(w.c, look, &none));
    assert_int_equal(seen.size, 0);
    testdb_close_ctx(w.c);
}

static void a_check_that_holds_costs_no_round_trip(void **state)
{
    struct world w = believer();
    int64_t n = -1;
    (void)state;
    for (int i = 1; i <= 5; i++) {
        assert_null(tx_read(w.c, count_all, &n));
        assert_int_equal(n, 0);
        assert_int_equal(w.c->round_trips, i);
        assert_false(preconditions_failed(w.c));
    }
    assert_null(tx_run(w.c, insert_one, &w));
    assert_int_equal(w.c->round_trips, 7);
    testdb_close_ctx(w.c);
}

static void a_changed_row_fails_reads_and_writes_and_gives_no_rows_out(void **state)
{
    struct world w = believer();
    int64_t n = -1;
    (void)state;
    change_it();
    assert_non_null(tx_read(w.c, count_all, &n));
    assert_int_equal(n, -1);
    assert_true(preconditions_failed(w.c));
    assert_false(tx_may_retry(w.c));
    assert_non_null(tx_run(w.c, insert_one, &w));
    assert_true(preconditions_failed(w.c));
    assert_int_equal(w.runs, 1);
    assert_int_equal(shop_items(), 0);
    preconditions_forget(w.c);
    assert_null(tx_run(w.c, insert_one, &w));
    assert_false(preconditions_failed(w.c));
    testdb_close_ctx(w.c);
}

static void a_row_that_is_gone_fails_too(void **state)
{
    struct world w = believer();
    (void)state;
    testdb_sql(&shop_db, "DELETE FROM shop.counter WHERE id = 1");
    assert_non_null(tx_run(w.c, insert_one, &w));
    assert_true(preconditions_failed(w.c));
    assert_int_equal(shop_items(), 0);
    testdb_sql(&shop_db, "INSERT INTO shop.counter VALUES (1, 1)");
    testdb_close_ctx(w.c);
}

static void any_row_will_do_when_none_is_named(void **state)
{
    struct world w = believer();
    (void)state;
    preconditions_forget(w.c);
    precondition_add(w.c, &counter_row, (struct bytes){ NULL, 0 }, ARGS(ARG(1)));
    change_it();
    assert_null(tx_run(w.c, insert_nameless, &w));
    testdb_sql(&shop_db, "DELETE FROM shop.counter WHERE id = 1");
    assert_non_null(tx_run(w.c, insert_nameless, &w));
    assert_true(preconditions_failed(w.c));
    assert_int_equal(shop_items(), 1);
    testdb_sql(&shop_db, "INSERT INTO shop.counter VALUES (1, 1)");
    testdb_close_ctx(w.c);
}

static err swallow_everything(struct ctx *c, void *arg)
{
    err ignored = insert_one(c, arg);

    ignored = insert_nameless(c, arg);
    (void)ignored;
    return NULL;
}

static void a_swallowed_failure_commits_nothing(void **state)
{
    struct world w = believer();
    (void)state;
    change_it();
    assert_non_null(tx_run(w.c, swallow_everything, &w));
    assert_true(preconditions_failed(w.c));
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static err fail_at_once(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &divide_by_zero, NO_ARGS);
}

static void a_check_that_fails_wins_over_the_statement_that_failed(void **state)
{
    struct world w = believer();
    (void)state;
    change_it();
    assert_ptr_not_equal(tx_run(w.c, fail_at_once, NULL), &ERR_INTERNAL);
    assert_true(preconditions_failed(w.c));
    testdb_sql(&shop_db, "UPDATE shop.counter SET n = 1 WHERE id = 1");
    assert_ptr_equal(tx_run(w.c, fail_at_once, NULL), &ERR_INTERNAL);
    assert_false(preconditions_failed(w.c));
    testdb_close_ctx(w.c);
}

static void without_a_statement_the_checks_are_confirmed_alone(void **state)
{
    struct world w = believer();
    struct pool_stats stats;
    (void)state;
    for (int changed = 0; changed < 2; changed++) {
        assert_null(tx_begin(w.c, TX_WRITE, DB_APP));
        err e = preconditions_confirm(w.c);
        assert_true(changed ? e != NULL : e == NULL);
        assert_int_equal(preconditions_failed(w.c), changed);
        assert_int_equal(w.c->round_trips, changed + 1);
        assert_null(
            changed ? NULL : preconditions_confirm(w.c)); /* already known: nothing is sent */
        assert_int_equal(w.c->round_trips, changed + 1);
        pool_stats(&stats);
        assert_int_equal(stats.in_use, 0);
        tx_rollback(w.c);
        change_it();
    }
    testdb_close_ctx(w.c);
}

static void after_a_confirmation_the_unit_still_writes(void **state)
{
    struct world w = believer();
    (void)state;
    assert_null(tx_begin(w.c, TX_WRITE, DB_APP));
    assert_null(preconditions_confirm(w.c));
    assert_null(insert_one(w.c, &w));
    assert_null(tx_commit(w.c));
    assert_int_equal(shop_items(), 1);
    testdb_close_ctx(w.c);
}

static err note(struct ctx *c, void *arg)
{
    (void)arg;
    return shop_insert(c, "noted");
}

static err note_and_insert(struct ctx *c, void *arg)
{
    tx_apart(c, note, NULL);
    return insert_one(c, arg);
}

static void what_was_registered_apart_on_wrong_ground_is_forgotten(void **state)
{
    struct world w = believer();
    (void)state;
    change_it();
    assert_non_null(tx_run(w.c, note_and_insert, &w));
    preconditions_forget(w.c);
    tx_run_what_is_apart(w.c);
    assert_int_equal(shop_items(), 0);
    testdb_close_ctx(w.c);
}

static void each_attempt_of_a_retried_function_is_checked(void **state)
{
    struct world w = believer();
    (void)state;
    assert_null(tx_run(w.c, need_three_tries, &w));
    assert_int_equal(w.runs, 3);
    assert_int_equal(w.c->round_trips, 3 * 2 + 3); /* two statements and their end, three times */
    testdb_close_ctx(w.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_can_be_kept_and_read_again),
        cmocka_unit_test(a_check_that_holds_costs_no_round_trip),
        cmocka_unit_test(a_changed_row_fails_reads_and_writes_and_gives_no_rows_out),
        cmocka_unit_test(a_row_that_is_gone_fails_too),
        cmocka_unit_test(any_row_will_do_when_none_is_named),
        cmocka_unit_test(a_swallowed_failure_commits_nothing),
        cmocka_unit_test(a_check_that_fails_wins_over_the_statement_that_failed),
        cmocka_unit_test(without_a_statement_the_checks_are_confirmed_alone),
        cmocka_unit_test(after_a_confirmation_the_unit_still_writes),
        cmocka_unit_test(what_was_registered_apart_on_wrong_ground_is_forgotten),
        cmocka_unit_test(each_attempt_of_a_retried_function_is_checked),
    };
    return cmocka_run_group_tests_name("checks", tests, shop_start, shop_stop);
}
