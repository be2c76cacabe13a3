/* Worker processes that are really killed, frozen or cut off from the database. */
#include "work_factory.h"
#include "worker_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "module/registry.h"
#include <ashlar/text.h>
#include <libpq-fe.h>
#include <signal.h>

static void two_worker_processes_never_run_one_job_twice(void **state)
{
    struct t *t = *state;
    pid_t one, two;

    prepare(t);
    for (int i = 0; i < 300; i++)
        enqueue(t, &MARK, .task = { .name = "x", .number = i });
    one = worker_start(t, 1000);
    two = worker_start(t, 1000);
    wait_until(t, 60000, "SELECT (count(*) = 300)::int FROM platform.job WHERE state = 'done'");
    worker_end(one);
    worker_end(two);
    assert_int_equal(effects(t), 300);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT number) FROM work.effect"), 300);
}

static void a_job_of_a_killed_process_is_rescued_and_its_attempt_counted(void **state)
{
    struct t *t = *state;
    pid_t pid;

    prepare(t);
    enqueue(t, &LINGER);
    pid = worker_start(t, 0);
    wait_until(t, 20000, "SELECT count(*) FROM work.effect");
    worker_kill(pid);
    assert_int_equal(in_state(t, "running"), 1);
    expect_ok(store_rescue(arena_of(t), 25));
    assert_int_equal(in_state(t, "running"), 1); /* its heartbeat is still young */
    sql_run(t, "UPDATE platform.job SET heartbeat_at = heartbeat_at - interval '26 s'");
    expect_ok(store_rescue(arena_of(t), 25));
    assert_string_equal(
        sql_text(t, "SELECT state || ' ' || attempts || ' ' || lost FROM platform.job"),
        "ready 1 1");
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(in_state(t, "done"), 1);
}

static void a_job_that_kills_its_process_ends_dead_after_three(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &POISON);
    for (int i = 1; i <= 3; i++) {
        pid_t pid = worker_start(t, 0);

        wait_until(t, 20000, "SELECT count(*) FROM platform.job WHERE state = 'running'");
        worker_kill(pid);
        sql_run(t, "UPDATE platform.job SET heartbeat_at = heartbeat_at - interval '26 s'");
        expect_ok(store_rescue(arena_of(t), 25));
        assert_string_equal(
            sql_text(t, "SELECT state FROM platform.job"), i < 3 ? "ready" : "dead");
    }
}

static void a_stale_workers_completion_changes_nothing(void **state)
{
    struct t *t = *state;
    const struct job_row *old;
    bool ours;

    enqueue(t, &MARK);
    old = claim_one(t, "frozen");
    sql_run(t, "UPDATE platform.job SET heartbeat_at = heartbeat_at - interval '1 h'");
    expect_ok(store_rescue(arena_of(t), 25));
    (void)claim_one(t, "other");
    expect_ok(store_settle(arena_of(t), old, JOB_DONE, 0, NULL, &ours));
    assert_false(ours);
    expect_ok(store_settle(arena_of(t), old, JOB_DEAD, 0, "late", &ours));
    assert_false(ours);
    expect_ok(store_settle(arena_of(t), old, JOB_AGAIN, 0, "late", &ours));
    assert_false(ours);
    assert_string_equal(
        sql_text(t, "SELECT state || ' ' || locked_by FROM platform.job"), "running other");
}

/* The job is taken away while it runs: its effect must go with it. */
JOB_HANDLER(lose_it, task)
{
    static const struct query steal = { "steal", "work",
        "UPDATE platform.job SET fence = fence + 1" };

    TRY(leave_mark(c, in));
    return db_exec(c, &steal, NO_ARGS);
}
static JOB_KIND(LOSING, task, .name = "work.mark", .tx = TX_WRITE, .system = true);
static const struct module losing_module = {
    .name = "work",
    .jobs = (const struct job_kind *const[]){ &LOSING.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(LOSING, lose_it) }, { .job = NULL } },
};

static void the_effect_of_a_job_taken_away_is_rolled_back(void **state)
{
    static const struct module *const losing[] = { &losing_module, NULL };
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK);
    registry_set(losing);
    assert_int_equal(jobs_drain(), 1);
    registry_set(work_modules);
    assert_int_equal(effects(t), 0);
    assert_int_equal(in_state(t, "running"), 1);
}

static void shutting_down_gives_unfinished_jobs_back_without_burning_an_attempt(void **state)
{
    struct t *t = *state;
    int64_t began_us;
    pid_t pid;

    prepare(t);
    enqueue(t, &LINGER);
    pid = worker_start(t, 300);
    wait_until(t, 20000, "SELECT count(*) FROM work.effect");
    began_us = clock_monotonic_us();
    worker_end(pid);
    assert_true(clock_monotonic_us() - began_us < SECONDS(5));
    assert_string_equal(
        sql_text(t, "SELECT state || ' ' || attempts || ' ' || lost FROM platform.job"),
        "ready 0 0");
}

static void an_idle_worker_hears_of_a_new_job_before_it_polls(void **state)
{
    struct t *t = *state;
    int64_t began_us, spent_us = 0;
    pid_t pid;

    prepare(t);
    enqueue(t, &MARK);
    pid = worker_start(t, 1000);
    wait_until(t, 20000, "SELECT count(*) FROM work.effect");
    /* NOTIFY as the tender of a serving process would send it, at moments a poll would not hit */
    for (int i = 0; i < 5; i++) {
        enqueue(t, &MARK, .task = { .name = "y", .number = i });
        began_us = clock_monotonic_us();
        expect_ok(store_notify(arena_of(t)));
        wait_until(t, 5000,
            arena_printf(arena_of(t),
                "SELECT count(*) FROM work.effect WHERE name = 'y' AND number = %d", i));
        spent_us += clock_monotonic_us() - began_us;
    }
    worker_end(pid);
    assert_true(spent_us < SECONDS(5) / 2 / 2); /* half of what polling would take on average */
}

/* SLOW is TX_MANUAL, so it may be waiting for somebody else's server: three of four workers may. */
static void jobs_that_call_others_leave_a_hand_to_those_that_do_not(void **state)
{
    struct t *t = *state;
    int64_t most = 0, n;
    pid_t pid;

    prepare(t);
    for (int i = 0; i < 12; i++)
        enqueue(t, &SLOW, .task = { .name = "x", .number = i });
    pid = worker_start(t, 300);
    wait_until(t, 20000, "SELECT count(*) FROM platform.job WHERE state = 'running'");
    enqueue(t, &MARK);
    for (int i = 0; i < 40; i++) {
        n = sql_int(
            t, "SELECT count(*) FROM platform.job WHERE state = 'running' AND kind = 'work.slow'");
        most = n > most ? n : most;
        nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
    }
    assert_int_equal(most, setting_int(&ASHLAR_WORKERS) - 1);
    wait_until(t, 5000, "SELECT count(*) FROM work.effect");
    worker_end(pid);
}

/* From outside of the database; nobody can shut the one they are in. */
static void allow_connections(struct t *t, const char *name, const char *allowed)
{
    PGconn *server = PQconnectdb(getenv("ASHLAR_TEST_DATABASE_URL"));
    PGresult *r = PQexec(
        server, arena_printf(arena_of(t), "ALTER DATABASE %s ALLOW_CONNECTIONS %s", name, allowed));

    assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
    PQclear(r);
    PQfinish(server);
}

static void workers_go_on_by_themselves_after_the_database_was_away(void **state)
{
    struct t *t = *state;
    const char *name = sql_text(t, "SELECT current_database()");
    pid_t pid;

    prepare(t);
    enqueue(t, &MARK);
    pid = worker_start(t, 1000);
    wait_until(t, 20000, "SELECT count(*) FROM work.effect");
    enqueue(t, &MARK, .options.run_at = instant_add(clock_now(), SECONDS(2)));
    allow_connections(t, name, "false");
    sql_run(t,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND pid <> "
        "pg_backend_pid()",
        name);
    nanosleep(&(struct timespec){ .tv_sec = 4 }, NULL);
    assert_int_equal(effects(t), 1);
    allow_connections(t, name, "true");
    wait_until(t, 10000, "SELECT (count(*) = 2)::int FROM work.effect");
    worker_end(pid);
}

/* The claim was committed and its answer lost: the row says that the worker has it, and it does
 * not. Its lease would end in 25 s, as one more process that died with it. */
static void a_claim_whose_answer_was_lost_is_given_back_at_once(void **state)
{
    struct t *t = *state;
    const char *name = sql_text(t, "SELECT current_database()");
    pid_t pid;

    prepare(t);
    enqueue(t, &LINGER);
    pid = worker_start(t, 100);
    wait_until(t, 20000, "SELECT count(*) FROM work.effect");
    enqueue(t, &MARK, .options.run_at = instant_add(clock_now(), HOURS(1)));
    allow_connections(t, name, "false");
    sql_run(t,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND pid <> "
        "pg_backend_pid()",
        name);
    sql_run(t, "UPDATE platform.job m SET state = 'running', attempts = 1, fence = 1, "
               "run_at = platform.now(), locked_by = l.locked_by, heartbeat_at = clock_timestamp() "
               "FROM platform.job l WHERE m.kind = 'work.mark' AND l.kind = 'work.linger'");
    nanosleep(&(struct timespec){ .tv_sec = 3 }, NULL);
    allow_connections(t, name, "true");
    wait_until(t, 10000, "SELECT count(*) FROM platform.job WHERE state = 'done'");
    assert_string_equal(sql_text(t, "SELECT attempts || ' ' || lost FROM platform.job "
                                    "WHERE kind = 'work.mark'"),
        "1 0");
    assert_string_equal(sql_text(t, "SELECT state || ' ' || attempts FROM platform.job "
                                    "WHERE kind = 'work.linger'"),
        "running 1"); /* what runs goes on */
    worker_end(pid);
}

int main(void)
{
    if (worker_was_meant(work_modules))
        return 0;
    testkit_modules = work_modules;
    return run_db_tests(two_worker_processes_never_run_one_job_twice,
        a_job_of_a_killed_process_is_rescued_and_its_attempt_counted,
        a_job_that_kills_its_process_ends_dead_after_three,
        a_stale_workers_completion_changes_nothing, the_effect_of_a_job_taken_away_is_rolled_back,
        shutting_down_gives_unfinished_jobs_back_without_burning_an_attempt,
        an_idle_worker_hears_of_a_new_job_before_it_polls,
        jobs_that_call_others_leave_a_hand_to_those_that_do_not,
        workers_go_on_by_themselves_after_the_database_was_away,
        a_claim_whose_answer_was_lost_is_given_back_at_once);
}
