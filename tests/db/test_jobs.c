/* Jobs against a real database: enqueueing, running, order, caps, schedules, operators. */
#include "work_factory.h"
#include "worker_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "module/registry.h"
#include <ashlar/text.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>

/* --- Enqueue --- */

static void a_job_is_gone_when_its_transaction_rolls_back(void **state)
{
    struct t *t = *state;
    struct enqueueing e = { .kind = &MARK, .task = { .name = "x" }, .then_fail = true };

    prepare(t);
    expect_error(tx_run(serving(t), enqueue_in_tx, &e), &ERR_CONFLICT);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job"), 0);
}

static void enqueuing_outside_a_transaction_is_an_error(void **state)
{
    struct t *t = *state;
    struct task task = { .name = "x" };

    expect_error(job_enqueue(serving(t), &MARK, &task), &ERR_INTERNAL);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job"), 0);
}

static void a_job_runs_in_the_tenant_and_under_the_request_that_enqueued_it(void **state)
{
    struct t *t = *state;
    struct ctx *c = serving(t);
    struct enqueueing e = { .kind = &MARK, .task = { .name = "x" } };
    char org[UUID_TEXT_SIZE + 1];

    prepare(t);
    c->org = uuid_new();
    c->request_id = "req_of_the_test";
    expect_ok(tx_run(c, enqueue_in_tx, &e));
    assert_int_equal(jobs_drain(), 1);
    uuid_format(c->org, org);
    assert_string_equal(sql_text(t, "SELECT org_id FROM work.effect"), org);
    assert_string_equal(sql_text(t, "SELECT request_id FROM work.effect"), "req_of_the_test");
    assert_string_equal(sql_text(t, "SELECT substr(trace, 4, 32) FROM platform.job"), c->trace_id);
}

static void the_serving_role_may_enqueue_and_nothing_else(void **state)
{
    struct t *t = *state;

    enqueue(t, &MARK);
    assert_int_equal(
        sql_int(t, "SELECT (has_table_privilege('ashlar_app', 'platform.job', 'SELECT, "
                   "UPDATE, DELETE, TRUNCATE') OR has_column_privilege('ashlar_app', "
                   "'platform.job', 'org_id', 'INSERT') OR has_column_privilege("
                   "'ashlar_app', 'platform.job', 'state', 'INSERT'))::int"),
        0);
}

static void a_dedupe_key_keeps_one_unfinished_job(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK, .options.dedupe_key = "k");
    enqueue(t, &MARK, .options.dedupe_key = "k");
    enqueue(t, &MARK, .options.dedupe_key = "other");
    assert_int_equal(in_state(t, "ready"), 2);
    assert_int_equal(jobs_drain(), 2);
    enqueue(t, &MARK, .options.dedupe_key = "k");
    assert_int_equal(jobs_drain(), 1);
}

static void a_dedupe_key_is_its_organisations(void **state)
{
    struct t *t = *state;
    struct enqueueing e = { .kind = &MARK, .options.dedupe_key = "k" };
    struct uuid orgs[] = { uuid_new(), uuid_new() };

    prepare(t);
    for (int i = 0; i < 4; i++)
        enqueue_with_org(t, orgs[i / 2], &e);
    enqueue(t, &MARK, .options.dedupe_key = "k");
    enqueue(t, &MARK, .options.dedupe_key = "k");
    assert_int_equal(in_state(t, "ready"), 3);
    sql_run(t, "UPDATE platform.job SET state = 'dead', finished_at = now()");
    enqueue_with_org(t, orgs[0], &e); /* does the work of its own organisation's, nobody else's */
    assert_int_equal(command(t, "retry", "--kind", "work.mark"), 0);
    assert_int_equal(in_state(t, "dead"), 1);
    assert_int_equal(in_state(t, "ready"), 3);
}

static void race_to_enqueue(struct t *one, int i, void *arg)
{
    struct enqueueing e = {
        .kind = &MARK, .task = { .name = "x", .number = i }, .options.dedupe_key = "k"
    };

    (void)arg;
    if (tx_run(serving(one), enqueue_in_tx, &e) != NULL)
        abort();
}

static void of_sixteen_racers_with_one_dedupe_key_one_wins(void **state)
{
    struct t *t = *state;

    run_parallel(t, 16, race_to_enqueue, NULL);
    assert_int_equal(in_state(t, "ready"), 1);
}

/* --- Running --- */

static void a_job_in_the_future_waits_for_the_clock(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK, .options.run_at = instant_add(clock_now(), HOURS(2)));
    assert_int_equal(jobs_drain(), 0);
    advance(t, HOURS(2) + SECONDS(1));
    assert_int_equal(jobs_drain(), 1);
}

static void a_failed_job_waits_longer_each_time_and_then_is_dead(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &FAILING, .task = { .name = "Ann" });
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(in_state(t, "ready"), 1);
    assert_string_equal(
        sql_text(t, "SELECT last_error FROM platform.job"), "conflict: No luck with Ann.");
    assert_int_equal(jobs_drain(), 0); /* 1 s to wait */
    advance(t, MINUTES(1));
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(
        sql_int(t,
            "SELECT (run_at - platform.now() BETWEEN interval '14 s' AND interval '18 s')::int "
            "FROM platform.job"),
        1); /* 2^4 s +-10 % */
    advance(t, MINUTES(1));
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(in_state(t, "dead"), 1);
    assert_int_equal(effects(t), 0); /* each failure rolled its effect back */
    advance(t, DAYS(30));
    assert_int_equal(jobs_drain(), 0);
}

static void a_job_that_gives_up_is_dead_at_once(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &HOPELESS);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(in_state(t, "dead"), 1);
    assert_string_equal(
        sql_text(t, "SELECT last_error FROM platform.job"), "job-give-up: Hopeless.");
}

static void a_job_past_its_time_is_stopped_and_tried_again(void **state)
{
    struct t *t = *state;
    int64_t began_us = clock_monotonic_us();

    prepare(t);
    enqueue(t, &SLOW);
    assert_int_equal(jobs_drain(), 1);
    assert_true(clock_monotonic_us() - began_us < SECONDS(3));
    assert_string_equal(
        sql_text(t, "SELECT state || ' ' || split_part(last_error, ':', 1) FROM platform.job"),
        "ready timeout");
}

static void secrets_are_sealed_while_waiting_and_wiped_when_done(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &SECRET, .task = { .name = "x", .number = 7, .token = "s3cret-token" });
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE sealed IS NOT NULL "
                   "AND payload->>'number' = '7' AND position('s3cret' IN job::text) = 0 "
                   "AND position('s3cret'::bytea IN sealed) = 0"),
        1);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(effects(t), 1);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'done' AND sealed IS NULL"), 1);
}

static void a_sealed_payload_opens_only_for_its_own_job(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &SECRET, .task = { .name = "x", .token = "s3cret-token" });
    enqueue(t, &SECRET, .task = { .name = "x", .token = "s3cret-token" });
    sql_run(t,
        "UPDATE platform.job SET sealed = (SELECT sealed FROM platform.job ORDER BY seq LIMIT 1)");
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(effects(t), 1);
    assert_int_equal(in_state(t, "ready"), 1);
}

/* --- Order and caps --- */

struct late {
    struct t *t;
    pthread_barrier_t *meet;
    int64_t seen;
};

/* Enqueues first and commits last. */
static err enqueue_and_linger(struct ctx *c, void *arg)
{
    struct late *l = arg;
    struct enqueueing e = { .kind = &MARK, .task.number = 1, .options.ordering_key = "k" };

    TRY(enqueue_in_tx(c, &e));
    pthread_barrier_wait(l->meet);
    usleep(300 * 1000);
    l->seen = in_state(l->t, "ready");
    return NULL;
}

static void enqueue_in_turn(struct t *one, int i, void *arg)
{
    struct late *l = arg;
    struct enqueueing e = { .kind = &MARK, .task.number = 2, .options.ordering_key = "k" };
    struct enqueueing other = { .kind = &MARK, .task.number = 3, .options.ordering_key = "other" };

    if (i == 0) {
        expect_ok(tx_run(serving(one), enqueue_and_linger, l));
        return;
    }
    pthread_barrier_wait(l->meet);
    expect_ok(tx_run(serving(one), enqueue_in_tx, i == 1 ? &e : &other));
}

static void jobs_of_one_ordering_key_are_in_the_order_of_commits(void **state)
{
    struct t *t = *state;
    pthread_barrier_t meet;
    struct late l = { .t = t, .meet = &meet };

    prepare(t);
    pthread_barrier_init(&meet, NULL, 3);
    run_parallel(t, 3, enqueue_in_turn, &l);
    pthread_barrier_destroy(&meet);
    assert_int_equal(l.seen, 1); /* that of the other key */
    assert_int_equal(jobs_drain(), 3);
    assert_int_equal(sql_int(t, "SELECT (array_agg(number ORDER BY id) FILTER (WHERE number < 3) "
                                "= ARRAY[1, 2]::bigint[])::int FROM work.effect"),
        1);
}

static void jobs_of_one_ordering_key_run_in_order_and_a_dead_one_parks_only_its_key(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK, .task = { .name = "a", .number = 1 }, .options.ordering_key = "a");
    enqueue(t, &HOPELESS, .options.ordering_key = "a");
    enqueue(t, &MARK, .task = { .name = "a", .number = 3 }, .options.ordering_key = "a");
    enqueue(t, &MARK, .task = { .name = "b", .number = 1 }, .options.ordering_key = "b");
    assert_int_equal(jobs_drain(), 3);
    assert_string_equal(
        sql_text(t, "SELECT string_agg(name || number, ' ' ORDER BY id) FROM work.effect"),
        "a1 b1");
    /* the operator takes the dead one away: its key goes on */
    assert_int_equal(command(t, "discard", dead_job(t), NULL), 0);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(sql_int(t, "SELECT max(number) FROM work.effect"), 3);
}

static void thousands_behind_one_dead_job_hide_nobody(void **state)
{
    struct t *t = *state;
    int64_t began_us;

    prepare(t);
    enqueue(t, &HOPELESS, .options.ordering_key = "a");
    assert_int_equal(jobs_drain(), 1);
    sql_run(t,
        "INSERT INTO platform.job (id, kind, max_attempts, ordering_key, payload) SELECT "
        "gen_random_uuid(), 'work.mark', 20, '- a', '{\"name\": \"x\", \"number\": 0, \"token\": "
        "null}' FROM generate_series(1, 600)");
    enqueue(t, &MARK, .options.ordering_key = "b");
    began_us = clock_monotonic_us();
    assert_int_equal(jobs_drain(), 1);
    assert_true(clock_monotonic_us() - began_us < SECONDS(10));
    assert_int_equal(command(t, "retry", dead_job(t), NULL), 0);
    sql_run(t,
        "UPDATE platform.job SET kind = 'work.mark', payload = '{\"name\": \"x\", \"number\": 0, "
        "\"token\": null}' WHERE kind = 'work.hopeless'");
    assert_int_equal(jobs_drain(), 601); /* each calls the next: no waiting for the deferral */
}

static void a_running_job_holds_its_ordering_key(void **state)
{
    struct t *t = *state;
    const struct job_row *rows;
    size_t n;

    enqueue(t, &MARK, .options.ordering_key = "a");
    enqueue(t, &MARK, .options.ordering_key = "a");
    expect_ok(store_claim(arena_of(t), "one", 10, &rows, &n));
    assert_int_equal(n, 1);
    expect_ok(store_claim(arena_of(t), "two", 10, &rows, &n));
    assert_int_equal(n, 0);
}

static void a_kind_runs_at_most_as_often_as_its_cap_over_all_workers(void **state)
{
    struct t *t = *state;
    const struct job_row *rows;
    size_t n;

    for (int i = 0; i < 5; i++)
        enqueue(t, &CAPPED);
    enqueue(t, &MARK);
    expect_ok(store_claim(arena_of(t), "one", 10, &rows, &n));
    assert_int_equal(n, 3); /* two of them and the other kind */
    expect_ok(store_claim(arena_of(t), "two", 10, &rows, &n));
    assert_int_equal(n, 0);
}

static void an_organisation_with_its_share_running_leaves_workers_to_others(void **state)
{
    struct t *t = *state;
    struct uuid big = uuid_new(), small = uuid_new();
    const struct job_row *rows;
    size_t n;

    config_override(&ASHLAR_JOBS_PER_ORG, "3");
    for (int i = 0; i < 9; i++)
        enqueue_in(t, big);
    enqueue_in(t, small);
    expect_ok(store_claim(arena_of(t), "one", 5, &rows, &n));
    assert_int_equal(n, 4); /* three of the nine, and the other's */
    expect_ok(store_claim(arena_of(t), "two", 5, &rows, &n));
    assert_int_equal(n, 0);
    enqueue_in(t, small);
    expect_ok(store_claim(arena_of(t), "two", 5, &rows, &n));
    assert_int_equal(n, 1);
    assert_true(uuid_equal(rows[0].org_id, small));
    config_override(&ASHLAR_JOBS_PER_ORG, "10");
}

static void urgent_jobs_go_first(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK, .task = { .name = "late" });
    enqueue(t, &MARK, .task = { .name = "urgent" });
    sql_run(t, "UPDATE platform.job SET priority = -1 WHERE payload->>'name' = 'urgent'");
    jobs_drain();
    assert_string_equal(
        sql_text(t, "SELECT string_agg(name, ' ' ORDER BY id) FROM work.effect"), "urgent late");
}

static void claims(struct t *t, const char *name)
{
    assert_non_null(strstr(claim_one(t, "worker")->payload, name));
}

/* Workers that are never done with ordinary jobs come to the others all the same. */
static void what_gives_way_does_not_do_so_for_ever(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK, .task = { .name = "patient" });
    sql_run(t, "UPDATE platform.job SET priority = 10");
    advance(t, MINUTES(9));
    enqueue(t, &MARK, .task = { .name = "ordinary" });
    claims(t, "ordinary");
    advance(t, MINUTES(2));
    enqueue(t, &MARK, .task = { .name = "next" });
    claims(t, "patient");
    claims(t, "next");
}

/* --- Schedules --- */

static void a_schedule_runs_once_a_period_and_makes_up_one_missed_run(void **state)
{
    struct t *t = *state;
    struct instant noon;

    prepare(t);
    want_nightly(t);
    assert_true(instant_parse("2026-11-22T12:00:00Z", 20, &noon));
    clock_fake(noon);
    assert_int_equal(jobs_drain(), 0); /* seen for the first time: the period is noted */
    advance(t, HOURS(11));
    assert_int_equal(jobs_drain(), 0);
    advance(t, HOURS(2)); /* another day */
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(jobs_drain(), 0);
    advance(t, DAYS(5)); /* five missed, one made up */
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(effects(t), 2);
}

static void race_to_schedule(struct t *one, int i, void *arg)
{
    struct arena *a = arena_new(0);
    int64_t n;

    (void)one;
    (void)i;
    (void)arg;
    if (store_schedule(a, &n) != NULL)
        abort();
    arena_free(a);
}

static void eight_processes_make_one_run_of_a_period(void **state)
{
    struct t *t = *state;

    prepare(t);
    want_nightly(t);
    run_parallel(t, 8, race_to_schedule, NULL);
    assert_int_equal(in_state(t, "ready"), 0);
    advance(t, DAYS(1));
    run_parallel(t, 8, race_to_schedule, NULL);
    assert_int_equal(in_state(t, "ready"), 1);
}

/* --- Afterwards --- */

static void done_jobs_leave_after_a_day_and_dead_ones_after_thirty(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK);
    enqueue(t, &HOPELESS);
    assert_int_equal(jobs_drain(), 2);
    run_sweep(t, &JOBS_SWEEP);
    assert_int_equal(in_state(t, "done"), 1);
    advance(t, DAYS(1) + SECONDS(1));
    run_sweep(t, &JOBS_SWEEP);
    assert_int_equal(in_state(t, "done"), 0);
    advance(t, DAYS(28));
    run_sweep(t, &JOBS_SWEEP);
    assert_int_equal(in_state(t, "dead"), 1);
    advance(t, DAYS(2));
    run_sweep(t, &JOBS_SWEEP);
    assert_int_equal(in_state(t, "dead"), 0);
}

static PGconn *connect_and(struct t *t, const char *sql)
{
    PGconn *link = PQconnectdb(database_url_of(t));

    PQclear(PQexec(link, sql));
    return link;
}

/* Milliseconds until another process hears of a job; a look every ten. */
static int heard_after(PGconn *listener, int most_ms)
{
    int64_t began_us = clock_monotonic_us(), took_ms = 0;
    PGnotify *heard = NULL;

    while (heard == NULL && took_ms < most_ms) {
        usleep(10 * 1000);
        if (PQconsumeInput(listener) == 1)
            heard = PQnotifies(listener);
        took_ms = (clock_monotonic_us() - began_us) / 1000;
    }
    PQfreemem(heard);
    return (int)took_ms;
}

/* What is to be swept is locked, so that a sweep takes as long as it can. */
static void telling_others_of_a_job_waits_for_no_sweep(void **state)
{
    struct t *t = *state;
    PGconn *listener = connect_and(t, "LISTEN ashlar_jobs");
    PGconn *holder = connect_and(t, "BEGIN; LOCK TABLE platform.event IN SHARE MODE");
    int took_ms;

    prepare(t);
    assert_true(jobs_start());
    usleep(300 * 1000);
    enqueue(t, &MARK);
    took_ms = heard_after(listener, 5000);
    PQfinish(holder);
    assert_int_equal(jobs_stop(2000), 0);
    PQfinish(listener);
    assert_in_range(took_ms, 0, 1000);
}

static void operators_list_show_retry_and_discard(void **state)
{
    struct t *t = *state;
    const char *text;

    prepare(t);
    enqueue(t, &HOPELESS);
    assert_int_equal(jobs_drain(), 1);
    text = dead_job(t);
    assert_int_equal(command(t, "list", NULL, NULL), 0);
    assert_int_equal(command(t, "list", "--json", NULL), 0);
    assert_int_equal(command(t, "list", "--state", "dead"), 0);
    assert_int_equal(command(t, "show", text, NULL), 0);
    assert_int_equal(command(t, "show", text, "--json"), 0);
    assert_int_equal(command(t, "retry", text, NULL), 0);
    assert_string_equal(
        sql_text(t, "SELECT state || ' ' || attempts FROM platform.job"), "ready 0");
    assert_int_equal(command(t, "retry", text, NULL), 1);
    assert_int_equal(command(t, "discard", text, NULL), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job"), 0);
    assert_int_equal(command(t, "discard", text, NULL), 1);
    assert_int_equal(command(t, "show", text, NULL), 1);
    assert_int_equal(command(t, "show", NULL, NULL), 2);
    assert_int_equal(command(t, "retry", NULL, NULL), 2);
    assert_int_equal(command(t, "list", "--state", "odd"), 2);
    assert_int_equal(command(t, "nonsense", NULL, NULL), 2);
}

int main(void)
{
    if (worker_was_meant(work_modules))
        return 0;
    testkit_modules = work_modules;
    return run_db_tests(a_job_is_gone_when_its_transaction_rolls_back,
        enqueuing_outside_a_transaction_is_an_error,
        a_job_runs_in_the_tenant_and_under_the_request_that_enqueued_it,
        the_serving_role_may_enqueue_and_nothing_else, a_dedupe_key_keeps_one_unfinished_job,
        a_dedupe_key_is_its_organisations, of_sixteen_racers_with_one_dedupe_key_one_wins,
        a_job_in_the_future_waits_for_the_clock,
        a_failed_job_waits_longer_each_time_and_then_is_dead, a_job_that_gives_up_is_dead_at_once,
        a_job_past_its_time_is_stopped_and_tried_again,
        secrets_are_sealed_while_waiting_and_wiped_when_done,
        a_sealed_payload_opens_only_for_its_own_job,
        jobs_of_one_ordering_key_are_in_the_order_of_commits,
        jobs_of_one_ordering_key_run_in_order_and_a_dead_one_parks_only_its_key,
        thousands_behind_one_dead_job_hide_nobody, a_running_job_holds_its_ordering_key,
        a_kind_runs_at_most_as_often_as_its_cap_over_all_workers, urgent_jobs_go_first,
        what_gives_way_does_not_do_so_for_ever,
        an_organisation_with_its_share_running_leaves_workers_to_others,
        a_schedule_runs_once_a_period_and_makes_up_one_missed_run,
        eight_processes_make_one_run_of_a_period,
        done_jobs_leave_after_a_day_and_dead_ones_after_thirty,
        telling_others_of_a_job_waits_for_no_sweep, operators_list_show_retry_and_discard);
}
