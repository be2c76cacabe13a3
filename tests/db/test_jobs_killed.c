/* Thousands of jobs while a worker process is killed every 200 ms: 10,000 of them when
 * ASHLAR_TEST_LONG is set, else so few that it takes seconds. */
#include "work_factory.h"
#include "worker_factory.h"
#include "jobs/jobs.h"
#include <ashlar/job.h>

enum {
    PROCESSES = 4,
    KILL_EVERY_MS = 200,
    JOBS_LONG = 10000,
    JOBS_SHORT = 400,
    AT_ONCE = 100, /* enqueued in one transaction */
    OUTSIDE_MS = 20,
    MOST_MS = 540 * 1000,
};

static err mark_in_tx(struct ctx *c, void *task)
{
    return leave_mark(c, task);
}

/* Like a job that calls others: it can run twice when its process died, but never once it is
 * recorded as done. */
JOB_HANDLER(act_outside, task)
{
    struct task task = *(const struct task *)in;

    task.name = "began";
    TRY(tx_run(c, mark_in_tx, &task));
    TRY(sleep_ms(c, OUTSIDE_MS));
    task.name = "ended";
    return tx_run(c, mark_in_tx, &task);
}

JOB_HANDLER(act_inside, task)
{
    return leave_mark(c, in);
}

static JOB_KIND(OUTSIDE, task, .name = "work.outside");
static const struct module killed_module = {
    .name = "work",
    .jobs = (const struct job_kind *const[]){ &MARK.kind, &OUTSIDE.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(MARK, act_inside) },
        { RUNS(OUTSIDE, act_outside) }, { .job = NULL } },
};
static const struct module *const killed_modules[] = { &killed_module, NULL };

/* When each mark was left, and whether a job recorded as done was ever touched again. */
static void watch(struct t *t)
{
    sql_run(t,
        "ALTER TABLE work.effect ADD at timestamptz DEFAULT clock_timestamp();"
        "CREATE TABLE work.touched (id uuid, state text);"
        "CREATE FUNCTION work.note_touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
        "$$BEGIN INSERT INTO work.touched VALUES (new.id, new.state); RETURN NULL; END$$;"
        "CREATE TRIGGER note_touch AFTER UPDATE ON platform.job FOR EACH ROW "
        "WHEN (old.state = 'done') EXECUTE FUNCTION work.note_touch()");
}

struct batch {
    int first, n;
};

static err enqueue_batch(struct ctx *c, void *arg)
{
    const struct batch *b = arg;

    for (int i = b->first; i < b->first + b->n; i++) {
        const struct task task = { .name = "x", .number = i };
        TRY(job_enqueue(c, i % 2 == 0 ? &MARK : &OUTSIDE, &task));
    }
    return NULL;
}

static void enqueue_all(struct t *t, int n)
{
    for (int i = 0; i < n; i += AT_ONCE)
        expect_ok(tx_run(serving(t), enqueue_batch, &(struct batch){ i, AT_ONCE }));
}

/* What the 25 s without a heartbeat are for, shortened to the time between two kills: those no
 * living process holds are found. */
static void find_lost(struct t *t, const pid_t *living)
{
    sql_run(t,
        "UPDATE platform.job SET heartbeat_at = heartbeat_at - interval '26 s' "
        "WHERE state = 'running' AND locked_by NOT LIKE ALL "
        "(ARRAY['%%:%d:%%', '%%:%d:%%', '%%:%d:%%', '%%:%d:%%'])",
        living[0], living[1], living[2], living[3]);
    expect_ok(store_rescue(arena_of(t), 25));
}

/* A job that was lost three times is parked, in case it is what kills; here it is not, and an
 * operator would say so. How many there were. */
static int retry_parked(struct t *t)
{
    int64_t parked = in_state(t, "dead");

    if (parked > 0)
        assert_int_equal(command(t, "retry", "--all", NULL), 0);
    return (int)parked;
}

struct story {
    int kills, parked, ms;
};

static void kill_until_done(struct t *t, int n, struct story *s)
{
    const struct timespec pause = { .tv_nsec = KILL_EVERY_MS * 1000000 };
    int64_t began_us = clock_monotonic_us();
    pid_t living[PROCESSES];

    for (int i = 0; i < PROCESSES; i++)
        living[i] = worker_start(t, 1000);
    while (in_state(t, "done") < n) {
        pid_t *oldest = &living[s->kills++ % PROCESSES];

        nanosleep(&pause, NULL);
        find_lost(t, living);
        worker_kill(*oldest);
        *oldest = worker_start(t, 1000);
        s->parked += retry_parked(t);
        s->ms = (int)((clock_monotonic_us() - began_us) / 1000);
        assert_true(s->ms < MOST_MS);
    }
    for (int i = 0; i < PROCESSES; i++)
        worker_kill(living[i]);
}

static void no_job_is_lost_and_none_runs_once_done_while_workers_are_killed(void **state)
{
    const char *is_long = getenv("ASHLAR_TEST_LONG");
    int n = is_long != NULL && is_long[0] != '\0' ? JOBS_LONG : JOBS_SHORT;
    struct t *t = *state;
    struct story s = { 0 };

    prepare(t);
    watch(t);
    enqueue_all(t, n);
    kill_until_done(t, n, &s);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job"), n);
    assert_int_equal(in_state(t, "done"), n);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM work.touched"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM work.effect WHERE name = 'x'"), n / 2);
    assert_int_equal(
        sql_int(t, "SELECT count(DISTINCT number) FROM work.effect WHERE name = 'x'"), n / 2);
    assert_int_equal(
        sql_int(t, "SELECT count(DISTINCT number) FROM work.effect WHERE name = 'ended'"), n / 2);
    assert_int_equal(
        sql_int(t,
            "SELECT count(*) FROM work.effect e JOIN platform.job j ON j.kind = 'work.outside' AND "
            "(j.payload ->> 'number')::bigint = e.number AND e.at > j.finished_at"),
        0);
    assert_true(s.kills >= 5);
    print_message("%d jobs, %d kills, %d runs cut off, %d parked, %d ms\n", n, s.kills,
        (int)sql_int(t, "SELECT sum(lost) FROM platform.job"), s.parked, s.ms);
}

int main(void)
{
    if (worker_was_meant(killed_modules))
        return 0;
    testkit_modules = killed_modules;
    return run_db_tests(no_job_is_lost_and_none_runs_once_done_while_workers_are_killed);
}
