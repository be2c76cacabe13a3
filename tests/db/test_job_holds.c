/* Organisations on hold: whose jobs wait, whose do not, and that all come back. */
#include "work_factory.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "jobs/executor.h"
#include "monitoring/alerts.h"

enum { MANY = 3000 };

static struct uuid org_named(struct t *t, const char *name)
{
    const char *text = sql_text(t, "SELECT md5('%s')::uuid", name);
    struct uuid id;

    assert_true(uuid_parse(text, strlen(text), &id));
    return id;
}

static int64_t marks_of(struct t *t, const char *org)
{
    return sql_int(t, "SELECT count(*) FROM work.effect WHERE org_id = md5('%s')::uuid", org);
}

static void jobs_of_an_organisation_on_hold_wait_and_come_back(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a"), b = org_named(t, "b");

    prepare(t);
    enqueue_in(t, a);
    hold(t, a, true);
    hold(t, a, true);
    enqueue_in(t, a); /* also what comes later */
    enqueue_in(t, b);
    enqueue(t, &MARK);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(marks_of(t, "a"), 0);
    assert_int_equal(marks_of(t, "b"), 1);
    advance(t, DAYS(40));
    assert_int_equal(jobs_drain(), 0);
    assert_int_equal(sql_int(t, "SELECT sum(attempts) FROM platform.job WHERE state = 'ready'"), 0);
    hold(t, a, false);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(marks_of(t, "a"), 2);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job_parked"), 0);
    (void)jobs_drain();
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job_hold"), 0);
}

static err hold_and_fail(struct ctx *c, void *org)
{
    TRY(job_hold_org(c, *(struct uuid *)org, true));
    return &ERR_CONFLICT;
}

static void a_hold_that_rolls_back_holds_nothing(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");
    struct ctx *c = make_ctx(t, NULL, NULL);

    prepare(t);
    tx_set_role(c, DB_SYSTEM);
    expect_error(tx_run(c, hold_and_fail, &a), &ERR_CONFLICT);
    enqueue_in(t, a);
    assert_int_equal(jobs_drain(), 1);
}

static void the_serving_role_cannot_hold(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");
    struct ctx *c = serving(t);

    expect_error(tx_run(c, hold_and_fail, &a), &ERR_INTERNAL);
}

static void what_must_go_on_goes_on(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");

    prepare(t);
    hold(t, a, true);
    enqueue_in(t, a);
    enqueue_with_org(t, a, &(struct enqueueing){ .kind = &URGENT });
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(marks_of(t, "a"), 1);
}

/* Keys and caps of others do not know of them. */
static void nobody_waits_for_what_is_held(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a"), b = org_named(t, "b");

    prepare(t);
    for (int i = 0; i < 3; i++) {
        enqueue_with_org(
            t, a, &(struct enqueueing){ .kind = &CAPPED, .options.ordering_key = "same" });
    }
    hold(t, a, true);
    enqueue_with_org(t, b, &(struct enqueueing){ .kind = &CAPPED, .options.ordering_key = "same" });
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(marks_of(t, "b"), 1);
    hold(t, a, false);
    assert_int_equal(jobs_drain(), 3);
}

static void those_of_one_key_come_back_in_their_order(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");

    prepare(t);
    for (int i = 1; i <= 5; i++)
        enqueue_with_org(t, a,
            &(struct enqueueing){ .kind = &MARK, .task.number = i, .options.ordering_key = "k" });
    hold(t, a, true);
    assert_int_equal(jobs_drain(), 0);
    hold(t, a, false);
    assert_int_equal(jobs_drain(), 5);
    assert_string_equal(
        sql_text(t, "SELECT string_agg(number::text, ' ' ORDER BY id) FROM work.effect"),
        "1 2 3 4 5");
}

static void one_held_again_while_it_comes_back_waits_again(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");

    prepare(t);
    enqueue_in(t, a);
    hold(t, a, true);
    assert_int_equal(jobs_drain(), 0);
    hold(t, a, false);
    hold(t, a, true);
    assert_int_equal(jobs_drain(), 0);
    hold(t, a, false);
    assert_int_equal(jobs_drain(), 1);
}

static void a_running_job_asks_and_gives_its_attempt_back(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");
    const struct job_row *row;

    prepare(t);
    enqueue_with_org(t, a, &(struct enqueueing){ .kind = &BATCHES });
    row = claim_one(t, "worker");
    hold(t, a, true);
    executor_run(arena_of(t), row, NULL);
    assert_int_equal(marks_of(t, "a"), 0);
    assert_string_equal(sql_text(t, "SELECT state || attempts FROM platform.job"), "ready0");
    advance(t, SECONDS(2));
    assert_int_equal(jobs_drain(), 0);
    hold(t, a, false);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(marks_of(t, "a"), 3);
}

/* What is held is nobody's lateness. */
static void no_alert_counts_what_is_held(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");
    int64_t values[ALERTS];
    struct job_counts n;
    struct alerts alerts;

    prepare(t);
    hold(t, a, true);
    enqueue_in(t, a);
    assert_int_equal(jobs_drain(), 0);
    advance(t, HOURS(3));
    alerts_init(&alerts, "one:1", SECONDS(1000));
    alerts_read(&alerts, SECONDS(1000), values);
    assert_int_equal(values[ALERT_QUEUE], 0);
    assert_int_equal(values[ALERT_CLAIMS], 0);
    expect_ok(store_count(arena_of(t), &n));
    assert_int_equal(n.held, 1);
    assert_int_equal(n.ready, 0);
    assert_int_equal(n.oldest_ready_s, 0);
}

static void thousands_on_hold_hide_nobody_and_all_come_back(void **state)
{
    struct t *t = *state;
    bool more = true;

    prepare(t);
    sql_run(t,
        "INSERT INTO platform.job (id, kind, max_attempts, org_id, payload) SELECT "
        "gen_random_uuid(), 'work.mark', 20, md5('a')::uuid, '{\"name\": \"x\", \"number\": 0, "
        "\"token\": null}' FROM generate_series(1, %d)",
        MANY);
    hold(t, org_named(t, "a"), true);
    enqueue_in(t, org_named(t, "b"));
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job_parked"), MANY);
    hold(t, org_named(t, "a"), false);
    while (more)
        expect_ok(store_release_parked(arena_of(t), &more));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'ready' AND "
                                "due_at <= platform.now()"),
        MANY);
}

enum { RACES = 40 };

static void race(struct t *one, int i, void *arg)
{
    struct uuid *org = arg;
    struct arena *a = arena_new(0);
    const struct job_row *rows;
    size_t n;
    bool more;

    for (int round = 0; round < RACES; round++) {
        if (i == 0)
            hold(one, *org, round % 2 == 0);
        else if (i < 3 && store_claim(a, "w", 2, &rows, &n) != NULL)
            abort();
        else if (i == 3 && store_release_parked(a, &more) != NULL)
            abort();
    }
    arena_free(a);
}

static void none_is_lost_while_it_is_held_and_released_all_the_time(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a");
    bool more = true;

    prepare(t);
    for (int i = 0; i < 100; i++)
        enqueue_in(t, a);
    run_parallel(t, 4, race, &a);
    hold(t, a, false);
    while (more)
        expect_ok(store_release_parked(arena_of(t), &more));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'running' OR "
                                "(state = 'ready' AND due_at <= platform.now())"),
        100);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job_hold"), 0);
}

static err purge(struct ctx *c, void *arg)
{
    (void)arg;
    return jobs_purge_org(c);
}

static void a_deleted_organisation_is_held_no_longer(void **state)
{
    struct t *t = *state;
    struct uuid a = org_named(t, "a"), b = org_named(t, "b");
    struct ctx *c = serving(t);

    prepare(t);
    hold(t, a, true);
    hold(t, b, true);
    c->org = a;
    expect_ok(tx_run(c, purge, NULL));
    enqueue_in(t, a);
    enqueue_in(t, b);
    assert_int_equal(jobs_drain(), 1);
}

int main(void)
{
    testkit_modules = work_modules;
    return run_db_tests(jobs_of_an_organisation_on_hold_wait_and_come_back,
        a_hold_that_rolls_back_holds_nothing, the_serving_role_cannot_hold, what_must_go_on_goes_on,
        nobody_waits_for_what_is_held, those_of_one_key_come_back_in_their_order,
        one_held_again_while_it_comes_back_waits_again,
        a_running_job_asks_and_gives_its_attempt_back, no_alert_counts_what_is_held,
        thousands_on_hold_hide_nobody_and_all_come_back,
        none_is_lost_while_it_is_held_and_released_all_the_time,
        a_deleted_organisation_is_held_no_longer);
}
