/* Jobs against a real database, with worker processes that are really killed. */
#include "worker_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "db/unit.h"
#include "jobs/jobs.h"
#include "jobs/store.h"
#include "registry.h"
#include <ashlar/text.h>
#include <libpq-fe.h>
#include <signal.h>

/* --- A module whose jobs leave a mark in work.effect --- */

struct task {
    const char *name;
    int64_t number;
    const char *token;
};
static const struct field task_fields[] = {
    TEXT(task, name),
    INT(task, number),
    TEXT(task, token, .optional = true, .secret = true),
};
static SHAPE(task);

static const struct query insert_effect = { "insert_effect", "work",
    "INSERT INTO work.effect (name, number, org_id, request_id) "
    "VALUES ($1, $2, platform.current_org(), $3)" };
static const struct query count_effects = { "count_effects", "work",
    "SELECT count(*) FROM work.effect WHERE name = $1" };

static err leave_mark(struct ctx *c, const void *payload)
{
    const struct task *task = payload;

    return db_exec(c, &insert_effect, ARGS(ARG(task->name), ARG(task->number), ARG(c->request_id)));
}

static err mark_in_tx(struct ctx *c, void *arg)
{
    return leave_mark(c, arg);
}

static err count_in_tx(struct ctx *c, void *arg)
{
    return db_int(c, &count_effects, arg, ARGS(ARG("start")));
}

/* Leaves a mark at once; the first two times it then stays for a minute. */
static err linger(struct ctx *c, const void *payload)
{
    struct task start = *(const struct task *)payload;
    int64_t n = 0;

    start.name = "start";
    TRY(tx_run(c, mark_in_tx, &start));
    TRY(tx_read(c, count_in_tx, &n));
    return n == 1 ? sleep_ms(c, 50000) : NULL;
}

static err take_process_along(struct ctx *c, const void *payload)
{
    (void)c;
    (void)payload;
    raise(SIGKILL);
    return NULL;
}

static err always_fail(struct ctx *c, const void *payload)
{
    TRY(leave_mark(c, payload));
    return problem(
        c, &ERR_CONFLICT, NULL, "No luck with %s.", ((const struct task *)payload)->name);
}

static err give_up(struct ctx *c, const void *payload)
{
    (void)payload;
    return problem(c, &JOB_GIVE_UP, NULL, "Hopeless.");
}

static err sleep_past_deadline(struct ctx *c, const void *payload)
{
    (void)payload;
    return sleep_ms(c, 30000);
}

static err expect_token(struct ctx *c, const void *payload)
{
    const struct task *task = payload;

    return text_equal(task->token, "s3cret-token") ? leave_mark(c, payload) : &JOB_GIVE_UP;
}

static const struct job_kind MARK = {
    .name = "work.mark", .payload = &task_shape, .run = leave_mark, .tx = TX_WRITE
};
static const struct job_kind LINGER = {
    .name = "work.linger", .payload = &task_shape, .run = linger
};
static const struct job_kind POISON = {
    .name = "work.poison", .payload = &task_shape, .run = take_process_along
};
static const struct job_kind FAILING = { .name = "work.failing",
    .payload = &task_shape,
    .run = always_fail,
    .tx = TX_WRITE,
    .max_attempts = 3 };
static const struct job_kind HOPELESS = {
    .name = "work.hopeless", .payload = &task_shape, .run = give_up
};
static const struct job_kind SLOW = {
    .name = "work.slow", .payload = &task_shape, .run = sleep_past_deadline, .timeout_s = 1
};
static const struct job_kind SECRET = {
    .name = "work.secret", .payload = &task_shape, .run = expect_token, .tx = TX_WRITE
};
static const struct job_kind CAPPED = { .name = "work.capped",
    .payload = &task_shape,
    .run = leave_mark,
    .tx = TX_WRITE,
    .concurrency = 2 };
static err count_nightly(struct ctx *c, const void *payload)
{
    (void)payload;
    return leave_mark(c, &(const struct task){ .name = "nightly" });
}
static const struct job_kind NIGHTLY = { .name = "work.nightly",
    .payload = &nothing_shape,
    .run = count_nightly,
    .tx = TX_WRITE,
    .every_s = 86400 };

static const struct module work_module = {
    .name = "work",
    .jobs = (const struct job_kind *const[]){ &MARK, &LINGER, &POISON, &FAILING, &HOPELESS, &SLOW,
        &SECRET, &CAPPED, &NIGHTLY, NULL },
};
static const struct module *const modules[] = { &work_module, NULL };

/* --- Words of these tests --- */

/* A unit of work as a request has it: the role that serves. */
static struct ctx *serving(struct t *t)
{
    struct ctx *c = make_ctx(t, NULL, NULL);

    unit_set_role(c, DB_APP);
    return c;
}

struct enqueueing {
    const struct job_kind *kind;
    struct task task;
    struct job_options options;
    bool then_fail;
};

static err enqueue_in_tx(struct ctx *c, void *arg)
{
    struct enqueueing *e = arg;

    TRY(job_enqueue_with(c, e->kind, &e->task, &e->options));
    return e->then_fail ? &ERR_CONFLICT : NULL;
}

#define enqueue(t, job_kind_, ...)                                                                 \
    enqueue_with((t), &(struct enqueueing){ .kind = (job_kind_), ##__VA_ARGS__ })
static void enqueue_with(struct t *t, struct enqueueing *e)
{
    if (e->task.name == NULL)
        e->task.name = "x";
    expect_ok(tx_run(serving(t), enqueue_in_tx, e));
}

static void park(struct t *t, const struct job_kind *kind)
{
    if (kind->every_s > 0)
        sql_run(t, "INSERT INTO platform.job_schedule VALUES ('%s', 'infinity')", kind->name);
}

/* A place for marks, and no scheduled job unless a test wants it. */
static void prepare(struct t *t)
{
    sql_run(t, "SELECT platform.declare_schema('work');"
               "CREATE TABLE work.effect (id bigint GENERATED ALWAYS AS IDENTITY, name text, "
               "number bigint, org_id uuid, request_id text);"
               "GRANT ALL ON work.effect TO ashlar_app, ashlar_system");
    for (const struct job_kind *const *k = platform_module.jobs; k != NULL && *k != NULL; k++)
        park(t, *k);
    park(t, &NIGHTLY);
}

static void want_nightly(struct t *t)
{
    sql_run(t, "DELETE FROM platform.job_schedule WHERE kind = 'work.nightly'");
}

static void enqueue_in(struct t *t, struct uuid org)
{
    struct ctx *c = serving(t);

    c->org = org;
    expect_ok(tx_run(c, enqueue_in_tx, &(struct enqueueing){ .kind = &MARK, .task.name = "x" }));
}

static int64_t effects(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM work.effect");
}

static int64_t in_state(struct t *t, const char *state)
{
    return sql_int(t, "SELECT count(*) FROM platform.job WHERE state = '%s'", state);
}

static const struct job_row *claim_one(struct t *t, const char *worker)
{
    const struct job_row *rows;
    size_t n;

    expect_ok(store_claim(arena_of(t), worker, 1, &rows, &n));
    assert_int_equal(n, 1);
    return rows;
}

static int command(struct t *t, const char *verb, const char *a, const char *b)
{
    char *argv[] = { arena_strdup(arena_of(t), "jobs"), arena_strdup(arena_of(t), verb),
        arena_strdup(arena_of(t), a), arena_strdup(arena_of(t), b), NULL };

    return jobs_command(a == NULL ? 2 : b == NULL ? 3 : 4, argv);
}

static const char *dead_job(struct t *t)
{
    const char *text = sql_text(t, "SELECT id FROM platform.job WHERE state = 'dead'");
    struct uuid id;

    assert_true(uuid_parse(text, strlen(text), &id));
    return typeid_text(arena_of(t), "job", id);
}

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
        "gen_random_uuid(), 'work.mark', 20, 'a', '{\"name\": \"x\", \"number\": 0, \"token\": "
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

/* --- Crashes --- */

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
static err lose_it(struct ctx *c, const void *payload)
{
    static const struct query steal = { "steal", "work",
        "UPDATE platform.job SET fence = fence + 1" };

    TRY(leave_mark(c, payload));
    return db_exec(c, &steal, NO_ARGS);
}
static const struct job_kind LOSING = {
    .name = "work.mark", .payload = &task_shape, .run = lose_it, .tx = TX_WRITE, .system = true
};
static const struct module losing_module = {
    .name = "work",
    .jobs = (const struct job_kind *const[]){ &LOSING, NULL },
};

static void the_effect_of_a_job_taken_away_is_rolled_back(void **state)
{
    static const struct module *const losing[] = { &losing_module, NULL };
    struct t *t = *state;

    prepare(t);
    enqueue(t, &MARK);
    registry_set(losing);
    assert_int_equal(jobs_drain(), 1);
    registry_set(modules);
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

/* --- Afterwards --- */

static void done_jobs_leave_after_a_day_and_dead_ones_stay(void **state)
{
    struct t *t = *state;
    bool more;

    prepare(t);
    enqueue(t, &MARK);
    enqueue(t, &HOPELESS);
    assert_int_equal(jobs_drain(), 2);
    expect_ok(store_sweep(arena_of(t), &more));
    assert_int_equal(in_state(t, "done"), 1);
    advance(t, DAYS(1) + SECONDS(1));
    expect_ok(store_sweep(arena_of(t), &more));
    assert_false(more);
    assert_int_equal(in_state(t, "done"), 0);
    assert_int_equal(in_state(t, "dead"), 1);
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
    if (worker_was_meant(modules))
        return 0;
    testkit_modules = modules;
    return run_db_tests(a_job_is_gone_when_its_transaction_rolls_back,
        enqueuing_outside_a_transaction_is_an_error,
        a_job_runs_in_the_tenant_and_under_the_request_that_enqueued_it,
        the_serving_role_may_enqueue_and_nothing_else, a_dedupe_key_keeps_one_unfinished_job,
        of_sixteen_racers_with_one_dedupe_key_one_wins, a_job_in_the_future_waits_for_the_clock,
        a_failed_job_waits_longer_each_time_and_then_is_dead, a_job_that_gives_up_is_dead_at_once,
        a_job_past_its_time_is_stopped_and_tried_again,
        secrets_are_sealed_while_waiting_and_wiped_when_done,
        a_sealed_payload_opens_only_for_its_own_job,
        jobs_of_one_ordering_key_run_in_order_and_a_dead_one_parks_only_its_key,
        thousands_behind_one_dead_job_hide_nobody, a_running_job_holds_its_ordering_key,
        a_kind_runs_at_most_as_often_as_its_cap_over_all_workers, urgent_jobs_go_first,
        an_organisation_with_its_share_running_leaves_workers_to_others,
        a_schedule_runs_once_a_period_and_makes_up_one_missed_run,
        eight_processes_make_one_run_of_a_period, two_worker_processes_never_run_one_job_twice,
        a_job_of_a_killed_process_is_rescued_and_its_attempt_counted,
        a_job_that_kills_its_process_ends_dead_after_three,
        a_stale_workers_completion_changes_nothing, the_effect_of_a_job_taken_away_is_rolled_back,
        shutting_down_gives_unfinished_jobs_back_without_burning_an_attempt,
        an_idle_worker_hears_of_a_new_job_before_it_polls,
        workers_go_on_by_themselves_after_the_database_was_away,
        done_jobs_leave_after_a_day_and_dead_ones_stay, operators_list_show_retry_and_discard);
}
