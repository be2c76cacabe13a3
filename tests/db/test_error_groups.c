/* Errors counted by what and where: bounded under any flood, written when the database is there. */
#include "testkit.h"
#include "base/ctx_open.h"
#include "metrics/metrics_start.h"
#include "monitoring/errors.h"

static const struct module *const no_modules[] = { NULL };

static void fail_at(struct t *t, const char *event, const char *operation)
{
    struct ctx c;

    ctx_open(&c, arena_of(t), operation);
    log_error(&c, event, log_text("why", "caf\xc3\xa9 \"closed\""), log_int("n", 3));
}

static int64_t ungrouped(struct t *t)
{
    static const char name[] = "\nashlar_errors_ungrouped_total ";
    struct buf b;

    buf_init(&b, arena_of(t), 4 * 1024 * 1024);
    metrics_render(&b);
    return strtoll(strstr(b.data, name) + sizeof name - 1, NULL, 10);
}

static void the_same_error_in_the_same_place_is_one_group(void **state)
{
    struct t *t = *state;

    errors_start();
    for (int i = 0; i < 3; i++)
        fail_at(t, "work.failed", "createThing");
    fail_at(t, "work.failed", "deleteThing");
    log_error(NULL, "work.failed");
    log_warn(NULL, "work.slow");
    expect_ok(errors_flush());
    assert_int_equal(errors_waiting(), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.error_group"), 3);
    fail_at(t, "work.failed", "createThing");
    expect_ok(errors_flush());
    assert_int_equal(sql_int(t, "SELECT count FROM platform.error_group "
                                "WHERE operation = 'createThing' AND state = 'open' "
                                "AND request_id LIKE 'req\\_%%' AND first_seen_at < last_seen_at"),
        4);
    assert_string_equal(
        sql_text(t, "SELECT sample FROM platform.error_group WHERE operation = 'createThing'"),
        "why=caf\xc3\xa9 \"closed\" n=3");
    errors_stop();
}

static void a_flood_is_counted_and_stays_bounded(void **state)
{
    struct t *t = *state;
    int64_t before = ungrouped(t);

    errors_start();
    for (int i = 0; i < 20000; i++)
        log_error(NULL, "work.failed", log_int("i", i));
    for (int i = 0; i < 1000; i++)
        log_error(NULL, at(t, "work.failed_%d", i));
    assert_int_equal(errors_waiting(), ERRORS_WAITING_MAX);
    assert_int_equal(ungrouped(t) - before, 1000 - (ERRORS_WAITING_MAX - 1));
    expect_ok(errors_flush());
    assert_int_equal(
        sql_int(t, "SELECT count FROM platform.error_group WHERE event = 'work.failed'"), 20000);
    assert_int_equal(errors_waiting(), 0);
    errors_stop();
}

static void flood(struct t *one, int i, void *arg)
{
    (void)one;
    (void)arg;
    for (int n = 0; n < 2000; n++) {
        log_error(NULL, i == 0 ? "work.a" : "work.b");
        if (i == 0 && n % 100 == 0 && errors_flush() != NULL)
            abort();
    }
}

static void nothing_is_lost_or_counted_twice_while_it_is_written(void **state)
{
    struct t *t = *state;

    errors_start();
    run_parallel(t, 5, flood, NULL);
    expect_ok(errors_flush());
    assert_int_equal(
        sql_int(t, "SELECT count FROM platform.error_group WHERE event = 'work.a'"), 2000);
    assert_int_equal(
        sql_int(t, "SELECT count FROM platform.error_group WHERE event = 'work.b'"), 8000);
    errors_stop();
}

static void what_cannot_be_written_waits(void **state)
{
    struct t *t = *state;

    errors_start();
    fail_at(t, "work.failed", "createThing");
    sql_run(t, "ALTER TABLE platform.error_group RENAME TO away");
    assert_non_null(errors_flush());
    assert_true(errors_waiting() > 0);
    sql_run(t, "ALTER TABLE platform.away RENAME TO error_group");
    expect_ok(errors_flush());
    assert_int_equal(
        sql_int(t, "SELECT count FROM platform.error_group WHERE event = 'work.failed'"), 1);
    errors_stop();
}

static void what_the_database_refuses_for_good_keeps_nobody_waiting(void **state)
{
    struct t *t = *state;
    int64_t before = ungrouped(t);

    errors_start();
    fail_at(t, "", "createThing"); /* no event is that short */
    fail_at(t, "work.failed", "createThing");
    for (int i = 0; i < ERRORS_REFUSALS_MAX; i++) {
        assert_true(errors_waiting() > 0);
        assert_non_null(errors_flush());
    }
    assert_true(ungrouped(t) > before);
    fail_at(t, "work.failed", "deleteThing");
    expect_ok(errors_flush());
    assert_int_equal(errors_waiting(), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.error_group WHERE operation = 'deleteThing'"), 1);
    errors_stop();
}

static void a_full_queue_of_the_longest_errors_is_written(void **state)
{
    struct t *t = *state;
    struct ctx c;
    char noise[600];

    memset(noise, 0x1f, sizeof noise - 1); /* six bytes each in JSON */
    noise[sizeof noise - 1] = '\0';
    errors_start();
    for (int i = 0; i < ERRORS_WAITING_MAX; i++) {
        ctx_open(&c, arena_of(t), at(t, "operation%090d", i));
        log_error(&c, "work.failed", log_text("why", noise));
    }
    expect_ok(errors_flush());
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.error_group WHERE length(sample) = 500"),
        ERRORS_WAITING_MAX);
    errors_stop();
}

static err resolve(struct ctx *c, void *arg)
{
    struct error_group group;
    struct uuid *id = arg;

    return error_group_resolve(c, *id, &group);
}

static void a_resolved_group_is_open_again_when_it_happens_again(void **state)
{
    struct t *t = *state;
    const char *text;
    struct uuid id;

    errors_start();
    fail_at(t, "work.failed", "createThing");
    expect_ok(errors_flush());
    text = sql_text(t, "SELECT id::text FROM platform.error_group");
    assert_true(uuid_parse(text, strlen(text), &id));
    fail_at(t, "work.failed", "createThing"); /* happened before, is written after */
    advance(t, SECONDS(1));
    expect_ok(tx_run(make_ctx(t, NULL, NULL), resolve, &id));
    expect_ok(errors_flush());
    assert_string_equal(sql_text(t, "SELECT state FROM platform.error_group"), "resolved");
    advance(t, SECONDS(1));
    fail_at(t, "work.failed", "createThing");
    expect_ok(errors_flush());
    assert_int_equal(sql_int(t, "SELECT count FROM platform.error_group WHERE state = 'open' "
                                "AND reopened = 1 AND resolved_at IS NULL"),
        3);
    id = uuid_new();
    expect_error(tx_run(make_ctx(t, NULL, NULL), resolve, &id), &ERR_NOT_FOUND);
    errors_stop();
}

int main(void)
{
    testkit_modules = no_modules;
    return run_db_tests(the_same_error_in_the_same_place_is_one_group,
        a_flood_is_counted_and_stays_bounded, nothing_is_lost_or_counted_twice_while_it_is_written,
        what_cannot_be_written_waits, what_the_database_refuses_for_good_keeps_nobody_waiting,
        a_full_queue_of_the_longest_errors_is_written,
        a_resolved_group_is_open_again_when_it_happens_again);
}
