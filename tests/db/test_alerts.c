/* The built-in alerts against a real database: what is read, and that of several processes one
 * tells. Time is the test's. */
#include "testkit.h"
#include "db/pool.h"
#include "jobs/store.h"
#include "monitoring/alerts.h"

#define Q(n, text) static const struct query n = { #n, "silent", text }
Q(overdue, "SELECT coalesce(max(seconds), 0) FROM silent.callback");

static const struct job_kind CAPPED = {
    .name = "silent.capped", .payload = &nothing_shape, .concurrency = 1
};
static const struct job_kind ANY = { .name = "silent.any", .payload = &nothing_shape };

static const struct module silent_module = {
    .name = "silent",
    .summary = "Waits for callbacks",
    .callback_overdue = &overdue,
    .jobs = (const struct job_kind *const[]){ &CAPPED, &ANY, NULL },
};
static const struct module *const modules[] = { &silent_module, NULL };

static int begun[ALERTS], ended[ALERTS], tries;
static bool is_mail_away;

static bool tell(const struct alerts *a, enum alert_name which)
{
    tries++;
    if (is_mail_away)
        return false;
    if (a->states[which].firing)
        begun[which]++;
    else
        ended[which]++;
    return true;
}

static void forget(void)
{
    memset(begun, 0, sizeof begun);
    memset(ended, 0, sizeof ended);
    is_mail_away = false;
    tries = 0;
}

static const int64_t calm[ALERTS];

/* `a` sees these values for `s` seconds, looking every ten. */
static void see(struct alerts *a, const int64_t values[ALERTS], int64_t *now_us, int s)
{
    for (int i = 0; i <= s; i += 10, *now_us += SECONDS(10)) {
        alerts_judge(a, values, *now_us);
        alerts_send(a, values[ALERT_DATABASE] == 0, tell);
    }
}

static void each_tells_once_when_it_begins_and_once_when_it_is_over(void **state)
{
    const int64_t bad[ALERTS] = { [ALERT_ERRORS] = 50,
        [ALERT_QUEUE] = 1000,
        [ALERT_CLAIMS] = 40,
        [ALERT_CALLBACKS] = 9000,
        [ALERT_DATABASE] = 0,
        [ALERT_DISK] = 99 };
    const int64_t away[ALERTS] = { -1, -1, -1, -1, 60, 0 };
    int64_t now = SECONDS(1000);
    struct alerts a;

    (void)state;
    forget();
    alerts_init(&a, "one:1", now);
    see(&a, calm, &now, 600);
    see(&a, bad, &now, 3600);
    for (int i = 0; i < ALERTS; i++) {
        assert_int_equal(begun[i], i != ALERT_DATABASE);
        assert_int_equal(ended[i], 0);
    }
    see(&a, calm, &now, 3600);
    see(&a, away, &now, 300);
    see(&a, calm, &now, 300);
    for (int i = 0; i < ALERTS; i++) {
        assert_int_equal(begun[i], 1);
        assert_int_equal(ended[i], 1);
    }
}

static void of_several_processes_the_first_tells_and_the_last_tells_the_end(void **state)
{
    struct t *t = *state;
    const int64_t bad[ALERTS] = { [ALERT_QUEUE] = 1000 };
    int64_t now[3] = { SECONDS(1000), SECONDS(1000), SECONDS(1000) };
    struct alerts a[3];

    forget();
    for (int i = 0; i < 3; i++)
        alerts_init(&a[i], at(t, "host:%d", i), now[i]);
    for (int i = 0; i < 3; i++)
        see(&a[i], bad, &now[i], 60);
    assert_int_equal(begun[ALERT_QUEUE], 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.alert"), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ended[ALERT_QUEUE], 0);
        see(&a[i], calm, &now[i], 120);
    }
    assert_int_equal(ended[ALERT_QUEUE], 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.alert"), 0);
}

static void begin_together(struct t *one, int i, void *arg)
{
    struct alerts *a = arg;
    const int64_t bad[ALERTS] = { [ALERT_QUEUE] = 1000 };
    int64_t now = SECONDS(1000);

    (void)one;
    see(&a[i], bad, &now, 60);
}

static void at_the_same_moment_still_one_tells(void **state)
{
    struct t *t = *state;
    struct alerts a[8];

    forget();
    for (int round = 0; round < 5; round++) {
        sql_run(t, "DELETE FROM platform.alert");
        for (int i = 0; i < 8; i++)
            alerts_init(&a[i], at(t, "host:%d", i), SECONDS(1000));
        run_parallel(t, 8, begin_together, a);
    }
    assert_int_equal(begun[ALERT_QUEUE], 5);
}

static void one_that_died_stands_in_nobodys_way(void **state)
{
    struct t *t = *state;
    const int64_t bad[ALERTS] = { [ALERT_QUEUE] = 1000 };
    int64_t now = SECONDS(1000);
    struct alerts a;

    forget();
    sql_run(t, "INSERT INTO platform.alert (name, instance, since, beat_at) VALUES "
               "('queue', 'dead:1', now() - interval '1 hour', now() - interval '2 minutes')");
    alerts_init(&a, "one:1", now);
    see(&a, bad, &now, 60);
    assert_int_equal(begun[ALERT_QUEUE], 1);
    sql_run(t, "UPDATE platform.alert SET beat_at = now() - interval '6 minutes' "
               "WHERE instance = 'dead:1'");
    see(&a, bad, &now, 60);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.alert"), 1);
}

static void what_cannot_be_told_is_tried_again(void **state)
{
    const int64_t bad[ALERTS] = { [ALERT_DISK] = 95 };
    int64_t now = SECONDS(1000);
    struct alerts a;

    (void)state;
    forget();
    is_mail_away = true;
    alerts_init(&a, "one:1", now);
    see(&a, bad, &now, 120);
    assert_int_equal(begun[ALERT_DISK], 0);
    is_mail_away = false;
    see(&a, bad, &now, 60);
    assert_int_equal(begun[ALERT_DISK], 1);
}

static void a_mail_server_that_is_away_is_tried_once_a_round(void **state)
{
    const int64_t bad[ALERTS] = {
        [ALERT_QUEUE] = 1000, [ALERT_CALLBACKS] = 9000, [ALERT_DISK] = 95
    };
    int64_t now = SECONDS(1000);
    struct alerts a;

    (void)state;
    forget();
    alerts_init(&a, "one:1", now);
    see(&a, bad, &now, 20); /* they begin with the next look */
    is_mail_away = true;
    see(&a, bad, &now, 50);
    assert_int_equal(tries, 6);
    is_mail_away = false;
    see(&a, bad, &now, 0);
    assert_int_equal(begun[ALERT_QUEUE] + begun[ALERT_CALLBACKS] + begun[ALERT_DISK], 3);
}

static void the_readings_are_of_this_database(void **state)
{
    struct t *t = *state;
    int64_t values[ALERTS], now = SECONDS(1000);
    struct alerts a;

    sql_run(t, "CREATE SCHEMA silent; CREATE TABLE silent.callback (seconds bigint);"
               "GRANT USAGE ON SCHEMA silent TO ashlar_system;"
               "GRANT SELECT ON silent.callback TO ashlar_system");
    alerts_init(&a, "one:1", now);
    alerts_read(&a, now, values);
    assert_int_equal(values[ALERT_DATABASE], 0);
    assert_int_equal(values[ALERT_QUEUE], 0);
    assert_int_equal(values[ALERT_CALLBACKS], 0);
    assert_in_range(values[ALERT_DISK], 1, 100);
    sql_run(t, "INSERT INTO silent.callback VALUES (4000);"
               "INSERT INTO platform.job (id, kind, max_attempts, run_at) VALUES "
               "(gen_random_uuid(), 'work.x', 3, now() - interval '400 seconds')");
    alerts_read(&a, now + SECONDS(10), values);
    assert_in_range(values[ALERT_QUEUE], 400, 420);
    assert_int_equal(values[ALERT_CALLBACKS], 4000);
}

static int64_t unclaimed(struct alerts *a)
{
    int64_t values[ALERTS];

    alerts_read(a, SECONDS(1000), values);
    return values[ALERT_CLAIMS];
}

static void due_jobs_that_nobody_claims_are_told_within_a_minute(void **state)
{
    struct t *t = *state;
    int64_t values[ALERTS] = { 0 }, now = SECONDS(1000);
    struct alerts a;

    forget();
    alerts_init(&a, "one:1", now);
    sql_run(t, "UPDATE platform.job_pulse SET claimed_at = now() - interval '1 hour'");
    assert_int_equal(unclaimed(&a), 0); /* nothing is due */
    sql_run(t, "INSERT INTO platform.job (id, kind, max_attempts) VALUES "
               "(gen_random_uuid(), 'work.x', 3)");
    for (int s = 0; s < 60; s += 10, now += SECONDS(10)) {
        values[ALERT_CLAIMS] = unclaimed(&a);
        alerts_judge(&a, values, now);
        alerts_send(&a, true, tell);
        advance(t, SECONDS(10));
    }
    assert_int_equal(begun[ALERT_CLAIMS], 1);
    assert_int_equal(begun[ALERT_QUEUE], 0);
}

static void a_claim_of_anything_is_a_sign_of_life(void **state)
{
    struct t *t = *state;
    const struct job_row *rows;
    struct alerts a;
    size_t n;

    alerts_init(&a, "one:1", SECONDS(1000));
    sql_run(t, "INSERT INTO platform.job (id, kind, max_attempts) VALUES "
               "(gen_random_uuid(), 'work.x', 3), (gen_random_uuid(), 'silent.capped', 3)");
    advance(t, MINUTES(1));
    assert_in_range(unclaimed(&a), 60, 70);
    expect_ok(store_claim(arena_of(t), "one", 5, &rows, &n));
    assert_int_equal(n, 1);
    assert_in_range(unclaimed(&a), 0, 5);
}

/* One runs as long as it likes, the next of its kind waits: nobody is missing. */
static void what_a_cap_or_a_share_holds_back_is_not_missed(void **state)
{
    struct t *t = *state;
    const struct job_row *rows;
    struct alerts a;
    size_t n;

    alerts_init(&a, "one:1", SECONDS(1000));
    sql_run(t, "INSERT INTO platform.job (id, kind, max_attempts) SELECT gen_random_uuid(), "
               "'silent.capped', 3 FROM generate_series(1, 2)");
    sql_run(t, "INSERT INTO platform.job (id, kind, max_attempts, org_id) SELECT "
               "gen_random_uuid(), 'silent.any', 3, md5('o')::uuid FROM generate_series(1, 11)");
    expect_ok(store_claim(arena_of(t), "one", 20, &rows, &n));
    assert_int_equal(n, 11);
    advance(t, MINUTES(5));
    assert_int_equal(unclaimed(&a), 0);
}

/* The pool points at nothing: no reading hangs, and the mail needs no database. */
static void without_the_database_only_that_is_told(void **state)
{
    int64_t values[ALERTS], now = SECONDS(1000);
    struct alerts a;

    (void)state;
    forget();
    alerts_init(&a, "one:1", now);
    pool_stop();
    for (int i = 0; i < 4; i++, now += SECONDS(20)) {
        int64_t began_us = clock_monotonic_us();
        alerts_read(&a, now, values);
        assert_true(clock_monotonic_us() - began_us < SECONDS(10));
        alerts_judge(&a, values, now);
        alerts_send(&a, values[ALERT_DATABASE] == 0, tell);
        assert_int_equal(values[ALERT_QUEUE], ALERT_UNREADABLE);
    }
    assert_int_equal(begun[ALERT_DATABASE], 1);
    assert_int_equal(begun[ALERT_ERRORS] + begun[ALERT_QUEUE] + begun[ALERT_CALLBACKS], 0);
    pool_start();
    for (int i = 0; i < 5; i++, now += SECONDS(20)) {
        alerts_read(&a, now, values);
        alerts_judge(&a, values, now);
        alerts_send(&a, values[ALERT_DATABASE] == 0, tell);
    }
    assert_int_equal(ended[ALERT_DATABASE], 1);
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(each_tells_once_when_it_begins_and_once_when_it_is_over,
        of_several_processes_the_first_tells_and_the_last_tells_the_end,
        at_the_same_moment_still_one_tells, one_that_died_stands_in_nobodys_way,
        what_cannot_be_told_is_tried_again, a_mail_server_that_is_away_is_tried_once_a_round,
        the_readings_are_of_this_database, due_jobs_that_nobody_claims_are_told_within_a_minute,
        a_claim_of_anything_is_a_sign_of_life, what_a_cap_or_a_share_holds_back_is_not_missed,
        without_the_database_only_that_is_told);
}
