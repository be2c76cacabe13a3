/* Events against a real database: order, isolation, exactly one effect under kill -9. */
#include "worker_factory.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "jobs/job_kinds.h"
#include "jobs/store.h"
#include "modules.h"
#include "module/registry.h"
#include <ashlar/text.h>
#include <signal.h>

struct happening {
    int64_t number;
    const char *link;
};
EVENT_OF(happening);
static const struct field happening_fields[] = {
    INT(happening, number),
    TEXT(happening, link, .optional = true, .secret = true),
};
static SHAPE(happening);

static EVENT_KIND(HAPPENED, happening, .name = "work.happened", .version = 1);
static EVENT_KIND(UNHEARD, happening, .name = "work.unheard", .version = 1);
static EVENT_KIND(FATAL, happening, .name = "work.fatal", .version = 1);

struct opening {
    int64_t number;
};
EVENT_OF(opening);
static const struct field opening_fields[] = { INT(opening, number) };
static SHAPE(opening);

static EVENT_KIND(
    OPENED, opening, .name = "work.opened", .version = 1, .doc = "Doors opened", .public = true);
static EVENT_KIND(
    CLOSED, opening, .name = "work.closed", .version = 1, .doc = "Doors closed", .public = true);

static const struct query insert_effect = { "insert_effect", "work",
    "INSERT INTO work.effect (consumer, number, link, aggregate, event, org_id) "
    "VALUES ($1, $2, $3, $4, $5, platform.current_org())" };
static const struct query count_effects = { "count_effects", "work",
    "SELECT count(*) FROM work.attempt" };
static const struct query insert_attempt = { "insert_attempt", "work",
    "INSERT INTO work.attempt DEFAULT VALUES" };

static err leave_mark(struct ctx *c, const char *consumer, const struct event_meta *meta,
    const struct happening *what)
{
    return db_exec(c, &insert_effect,
        ARGS(ARG(consumer), ARG(what->number), ARG(what->link), ARG(meta->aggregate),
            ARG(meta->id)));
}

EVENT_HANDLER(first_hears, happening)
{
    return leave_mark(c, "first", meta, in);
}

/* Number 13 is more than it can bear. */
EVENT_HANDLER(second_hears, happening)
{
    TRY(leave_mark(c, "second", meta, in));
    return in->number == 13 ? &JOB_GIVE_UP : NULL;
}

/* Of whatever customers may see, its name and JSON. */
ANY_EVENT_HANDLER(all_public_hears)
{
    struct happening heard = { .number = meta->kind->version };

    heard.link = arena_printf(c->arena, "%s%s", meta->kind->name, (const char *)json.data);
    return leave_mark(c, "all", meta, &heard);
}

static err note_attempt(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &insert_attempt, NO_ARGS);
}

static err count_attempts(struct ctx *c, void *arg)
{
    return db_int(c, &count_effects, arg, NO_ARGS);
}

/* The effect is written, then the process dies before the commit; the second time it lives. The
 * attempt is noted by a unit of work of its own. */
EVENT_HANDLER(dies_once, happening)
{
    struct arena *a = arena_new(0);
    struct ctx other;
    int64_t attempts = 0;

    store_ctx(&other, a, "test");
    TRY(leave_mark(c, "mortal", meta, in));
    TRY(tx_run(&other, note_attempt, NULL));
    TRY(tx_read(&other, count_attempts, &attempts));
    arena_free(a);
    if (attempts == 1)
        raise(SIGKILL);
    return NULL;
}

static const struct module work_module = {
    .name = "work",
    .events = (const struct event_kind *const[]){ &HAPPENED.kind, &UNHEARD.kind, &FATAL.kind,
        &OPENED.kind, &CLOSED.kind, NULL },
    .subscriptions =
        (const struct subscription[]){
            { HEARS(HAPPENED, first_hears), .consumer = "work.first" },
            { HEARS(HAPPENED, second_hears), .consumer = "work.second" },
            { HEARS(FATAL, dies_once), .consumer = "work.mortal" },
            { HEARS_ALL(all_public_hears), .consumer = "work.all_public" },
            { .consumer = NULL },
        },
};
static const struct module *const modules[] = { &work_module, NULL };

/* --- Words of these tests --- */

/* A unit of work as a request has it: the role that serves. */
static struct ctx *serving(struct t *t)
{
    struct ctx *c = make_ctx(t, NULL, NULL);

    tx_set_role(c, DB_APP);
    return c;
}

struct publishing {
    const EVENT(happening) * kind;
    struct uuid aggregate;
    struct happening what;
    bool then_fail;
};

static err publish_in_tx(struct ctx *c, void *arg)
{
    struct publishing *p = arg;

    TRY(event_publish(c, p->kind ? p->kind : &HAPPENED, p->aggregate, &p->what));
    return p->then_fail ? &ERR_CONFLICT : NULL;
}

#define publish(t, about, n, ...)                                                                  \
    publish_with(                                                                                  \
        (t), &(struct publishing){ .aggregate = (about), .what.number = (n), ##__VA_ARGS__ })
static void publish_with(struct t *t, struct publishing *p)
{
    expect_ok(tx_run(serving(t), publish_in_tx, p));
}

static void prepare(struct t *t)
{
    sql_run(t, "SELECT platform.declare_schema('work');"
               "CREATE TABLE work.effect (id bigint GENERATED ALWAYS AS IDENTITY, consumer text, "
               "number bigint, link text, aggregate uuid, event uuid, org_id uuid);"
               "CREATE TABLE work.attempt (id bigint GENERATED ALWAYS AS IDENTITY);"
               "GRANT ALL ON work.effect, work.attempt TO ashlar_app, ashlar_system");
    for (const struct job_kind *const *k = platform_module.jobs; k != NULL && *k != NULL; k++)
        if ((*k)->every_s > 0)
            sql_run(t, "INSERT INTO platform.job_schedule VALUES ('%s', 'infinity')", (*k)->name);
}

static int64_t effects(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM work.effect");
}

/* --- Publishing --- */

static void an_event_and_its_deliveries_are_gone_when_the_publisher_rolls_back(void **state)
{
    struct t *t = *state;
    struct publishing p = { .aggregate = uuid_new(), .then_fail = true };

    prepare(t);
    expect_error(tx_run(serving(t), publish_in_tx, &p), &ERR_CONFLICT);
    assert_int_equal(
        sql_int(t, "SELECT (SELECT count(*) FROM platform.event) + (SELECT count(*) FROM "
                   "platform.job)"),
        0);
    publish(t, p.aggregate, 1);
    assert_int_equal(sql_int(t, "SELECT seq FROM platform.event"), 1);
}

static void every_consumer_hears_once_in_the_publishers_tenant(void **state)
{
    struct t *t = *state;
    struct ctx *c = serving(t);
    struct publishing p = { .aggregate = uuid_new(), .what.number = 7 };
    char org[UUID_TEXT_SIZE + 1];

    prepare(t);
    c->org = uuid_new();
    expect_ok(tx_run(c, publish_in_tx, &p));
    assert_int_equal(jobs_drain(), 2);
    uuid_format(c->org, org);
    assert_string_equal(sql_text(t,
                            "SELECT string_agg(consumer || number, ' ' ORDER BY consumer) "
                            "FROM work.effect WHERE org_id = '%s' AND aggregate = (SELECT "
                            "aggregate FROM platform.event)",
                            org),
        "first7 second7");
    assert_int_equal(sql_int(t, "SELECT pending FROM platform.event"), 0);
    assert_int_equal(jobs_drain(), 0);
}

static void an_event_nobody_hears_is_kept_without_its_secrets(void **state)
{
    struct t *t = *state;

    prepare(t);
    publish(t, uuid_new(), 1, .kind = &UNHEARD, .what.link = "https://x/?token=secret");
    assert_int_equal(jobs_drain(), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.event WHERE pending = 0 AND sealed IS NULL AND "
                   "position('token' IN event::text) = 0"),
        1);
}

static void secrets_stay_sealed_until_the_last_delivery(void **state)
{
    struct t *t = *state;

    prepare(t);
    publish(t, uuid_new(), 1, .what.link = "https://x/?token=secret");
    assert_int_equal(
        sql_int(t,
            "SELECT count(*) FROM platform.event WHERE sealed IS NOT NULL AND "
            "position('token' IN event::text) = 0 AND position('token'::bytea IN sealed) = 0"),
        1);
    sql_run(t, "UPDATE platform.job SET run_at = run_at + interval '1 h' WHERE kind = "
               "'event:work.second'");
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event WHERE sealed IS NOT NULL"), 1);
    advance(t, HOURS(2));
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event WHERE sealed IS NULL"), 1);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM work.effect WHERE link = 'https://x/?token=secret'"), 2);
}

static struct uuid shared_aggregate;

static void race_to_publish(struct t *one, int i, void *arg)
{
    struct publishing p = { .aggregate = shared_aggregate, .what.number = 100 + i };

    (void)arg;
    if (tx_run(serving(one), publish_in_tx, &p) != NULL)
        abort();
}

static void parallel_publishers_of_one_aggregate_are_numbered_without_gaps(void **state)
{
    struct t *t = *state;

    prepare(t);
    shared_aggregate = uuid_new();
    run_parallel(t, 16, race_to_publish, NULL);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT seq) FROM platform.event"), 16);
    assert_int_equal(sql_int(t, "SELECT max(seq) FROM platform.event"), 16);
    assert_int_equal(jobs_drain(), 32);
    /* heard in the order of their numbers */
    assert_int_equal(
        sql_int(t,
            "SELECT count(*) FROM (SELECT e.seq < lag(e.seq) OVER (PARTITION BY f.consumer "
            "ORDER BY f.id) AS back FROM work.effect f JOIN platform.event e ON e.id = f.event) "
            "x WHERE back"),
        0);
}

static void the_serving_role_cannot_read_or_forge_events(void **state)
{
    struct t *t = *state;

    assert_int_equal(
        sql_int(t,
            "SELECT (has_table_privilege('ashlar_app', 'platform.event', 'SELECT, UPDATE, "
            "DELETE') OR has_column_privilege('ashlar_app', 'platform.event', 'org_id', "
            "'INSERT') OR has_table_privilege('ashlar_app', 'platform.event_stream', 'SELECT, "
            "INSERT, UPDATE'))::int"),
        0);
}

/* --- Delivery --- */

static void a_poisoned_event_parks_its_consumer_and_aggregate_only(void **state)
{
    struct t *t = *state;
    struct uuid sick = uuid_new(), well = uuid_new();

    prepare(t);
    publish(t, sick, 13);
    publish(t, sick, 14);
    publish(t, well, 15);
    assert_int_equal(jobs_drain(), 5); /* first: three; second: the poisoned one and the well one */
    assert_string_equal(
        sql_text(t,
            "SELECT string_agg(number::text, ' ' ORDER BY id) FROM work.effect WHERE consumer "
            "= 'first'"),
        "13 14 15");
    assert_string_equal(
        sql_text(t,
            "SELECT string_agg(number::text, ' ' ORDER BY id) FROM work.effect WHERE consumer "
            "= 'second'"),
        "15");
    assert_string_equal(
        sql_text(t, "SELECT string_agg(state, ' ' ORDER BY seq) FROM platform.job WHERE state <> "
                    "'done'"),
        "dead ready");
}

static void an_event_cannot_be_queued_twice_for_one_consumer(void **state)
{
    struct t *t = *state;

    prepare(t);
    publish(t, uuid_new(), 1);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(
        sql_int(t,
            "WITH again AS (INSERT INTO platform.job (id, kind, max_attempts, event_id) SELECT "
            "gen_random_uuid(), kind, 1, event_id FROM platform.job ON CONFLICT DO NOTHING "
            "RETURNING 1) SELECT count(*) FROM again"),
        0);
}

static void the_effect_happens_once_although_the_consumer_died_before_its_commit(void **state)
{
    struct t *t = *state;
    pid_t pid;

    prepare(t);
    publish(t, uuid_new(), 42, .kind = &FATAL);
    pid = worker_start(t, 0);
    wait_until(t, 20000, "SELECT count(*) FROM work.attempt");
    worker_kill(pid); /* it killed itself already: this waits for it */
    assert_int_equal(effects(t), 0);
    sql_run(t, "UPDATE platform.job SET heartbeat_at = heartbeat_at - interval '26 s'");
    expect_ok(store_rescue(arena_of(t), 25));
    pid = worker_start(t, 1000);
    wait_until(t, 20000, "SELECT count(*) FROM platform.job WHERE state = 'done'");
    worker_end(pid);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM work.attempt"), 2);
    assert_int_equal(effects(t), 1);
}

static void delivered_events_leave_after_thirty_days_and_waiting_ones_stay(void **state)
{
    struct t *t = *state;

    prepare(t);
    publish(t, uuid_new(), 13); /* the second consumer's delivery ends dead */
    publish(t, uuid_new(), 1);
    assert_int_equal(jobs_drain(), 4);
    sql_run(t, "UPDATE platform.job SET finished_at = finished_at + interval '2 days'");
    advance(t, DAYS(31));
    run_sweep(t, &JOBS_SWEEP);
    assert_int_equal(sql_int(t, "SELECT (payload->>'number')::bigint FROM platform.event"), 13);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'dead'"), 1);

    /* given up with the dead job, which nobody retried */
    advance(t, DAYS(2));
    run_sweep(t, &JOBS_SWEEP);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'dead'"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event"), 0);
}

static int64_t newest_seq(struct t *t)
{
    return sql_int(t, "SELECT seq FROM platform.event ORDER BY id DESC LIMIT 1");
}

static void an_aggregate_whose_events_are_gone_keeps_no_counter(void **state)
{
    struct t *t = *state;
    struct uuid quiet = uuid_new(), poisoned = uuid_new();

    prepare(t);
    publish(t, quiet, 1);
    publish(t, quiet, 2);
    publish(t, poisoned, 13); /* stays: a delivery of it is dead */
    publish(t, poisoned, 1);
    (void)jobs_drain();
    sql_run(t, "UPDATE platform.event SET pending = 0 WHERE seq = 2");
    sql_run(t, "DELETE FROM platform.job WHERE state = 'ready'");
    sql_run(t, "UPDATE platform.job SET finished_at = finished_at + interval '2 days'");
    advance(t, DAYS(31));
    run_sweep(t, &JOBS_SWEEP);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event_stream"), 1);
    publish(t, quiet, 3);
    assert_int_equal(newest_seq(t), 1);
    publish(t, poisoned, 4);
    assert_int_equal(newest_seq(t), 3);
}

static err open_and_close(struct ctx *c, void *arg)
{
    struct opening what = { .number = 7 };

    (void)arg;
    TRY(event_publish(c, &OPENED, uuid_new(), &what));
    return event_publish(c, &CLOSED, uuid_new(), &what);
}

static void who_names_no_event_hears_every_public_one_and_no_other(void **state)
{
    struct t *t = *state;
    size_t n;

    prepare(t);
    expect_ok(tx_run(serving(t), open_and_close, NULL));
    publish(t, uuid_new(), 1);
    publish(t, uuid_new(), 1, .kind = &UNHEARD);
    assert_int_equal(jobs_drain(), 4);
    assert_string_equal(sql_text(t, "SELECT string_agg(link, ' ' ORDER BY id) FROM work.effect "
                                    "WHERE consumer = 'all'"),
        "work.opened{\"number\":7} work.closed{\"number\":7}");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM work.effect WHERE consumer = 'all'"), 2);
    assert_ptr_equal(event_public_kinds(arena_of(t), &n)[1], &CLOSED);
    assert_int_equal(n, 2);
}

static EVENT_KIND(
    leaking, happening, .name = "leaky.told", .version = 1, .doc = "x", .public = true);
static EVENT_KIND(twin, happening, .name = "leaky.told", .version = 1);
static const struct module leaky = { .name = "leaky",
    .events = (const struct event_kind *const[]){ &leaking.kind, &twin.kind, NULL } };

static void a_public_event_with_a_secret_keeps_the_server_from_starting(void **state)
{
    static const struct module *const both[] = { &leaky, NULL };
    struct t *t = *state;
    struct buf problems;

    buf_init(&problems, arena_of(t), 1000);
    job_kinds_check(&problems);
    assert_string_equal(problems.data, "");
    registry_set(both);
    job_kinds_check(&problems);
    registry_set(modules);
    assert_non_null(strstr(problems.data, "event leaky.told: it is public, so no field may be"));
    assert_non_null(strstr(problems.data, "event leaky.told: two modules publish one"));
}

JOB_OF(happening);
JOB_HANDLER(do_nothing, happening)
{
    (void)c, (void)in;
    return NULL;
}
static JOB_KIND(UNLISTED_JOB, happening, .name = "work.unlisted");
static EVENT_KIND(UNLISTED, happening, .name = "work.unlisted", .version = 1);

static err enqueue_unlisted(struct ctx *c, void *arg)
{
    (void)arg;
    return job_enqueue(c, &UNLISTED_JOB, &(const struct happening){ .number = 1 });
}

static void what_no_module_lists_is_neither_queued_nor_published(void **state)
{
    struct t *t = *state;
    struct publishing p = { .kind = &UNLISTED, .aggregate = uuid_new() };

    prepare(t);
    expect_error(tx_run(serving(t), publish_in_tx, &p), &ERR_INTERNAL);
    expect_error(tx_run(serving(t), enqueue_unlisted, NULL), &ERR_INTERNAL);
    assert_int_equal(
        sql_int(t, "SELECT (SELECT count(*) FROM platform.event) + (SELECT count(*) FROM "
                   "platform.job)"),
        0);
}

static JOB_KIND(ONE, happening, .name = "work.one");
static JOB_KIND(OTHER, happening, .name = "work.one");
static const struct module doubled = {
    .name = "doubled",
    .jobs = (const struct job_kind *const[]){ &ONE.kind, &OTHER.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(ONE, do_nothing) }, { RUNS(OTHER, do_nothing) },
        { .job = NULL } },
    .subscriptions =
        (const struct subscription[]){
            { HEARS(HAPPENED, first_hears), .consumer = "work.hears" },
            { HEARS(HAPPENED, second_hears), .consumer = "work.hears" },
            { .consumer = NULL },
        },
};

static void two_of_one_name_keep_the_server_from_starting(void **state)
{
    static const struct module *const list[] = { &doubled, NULL };
    struct buf problems;

    buf_init(&problems, arena_of(*state), 1000);
    registry_set(list);
    job_kinds_check(&problems);
    registry_set(modules);
    assert_non_null(strstr(problems.data, "job work.one: two kinds have this name\n"));
    assert_non_null(strstr(problems.data, "consumer work.hears: two subscriptions have this"));
}

/* --- Jobs and their workers --- */

JOB_HANDLER(tell_nobody, happening)
{
    (void)c, (void)in;
    return NULL;
}

static JOB_KIND(IDLE, happening, .name = "work.idle");
static JOB_KIND(STRAY, happening, .name = "work.stray");
static JOB_KIND(TWICE, happening, .name = "work.twice");
static JOB_KIND(MIXED, happening, .name = "work.mixed");
static JOB_KIND(BARE, happening, .name = "work.bare");
static const struct module staffed = {
    .name = "staffed",
    .jobs =
        (const struct job_kind *const[]){ &IDLE.kind, &TWICE.kind, &MIXED.kind, &BARE.kind, NULL },
    .workers =
        (const struct job_worker[]){
            { RUNS(STRAY, do_nothing) },
            { RUNS(TWICE, do_nothing) },
            { RUNS(TWICE, tell_nobody) },
            { RUNS(MIXED, do_nothing), ON_DEAD(TWICE, tell_nobody) },
            { .job = &BARE.kind },
            { .job = NULL },
        },
};

static void a_job_without_exactly_one_worker_keeps_the_server_from_starting(void **state)
{
    static const struct module *const list[] = { &staffed, NULL };
    struct buf problems;

    buf_init(&problems, arena_of(*state), 2000);
    registry_set(list);
    job_kinds_check(&problems);
    registry_set(modules);
    assert_string_equal(problems.data,
        "job work.idle: it has no worker: add { RUNS(…, …) } to .workers of the module staffed\n"
        "job work.stray: it has a worker in the module staffed, whose .jobs does not list it\n"
        "job work.twice: it has two workers in the module staffed\n"
        "job work.mixed: the ON_DEAD of its row in .workers of the module staffed is of "
        "work.twice\n"
        "job work.bare: its row in .workers of the module staffed names no function: use RUNS\n");
}

int main(void)
{
    if (worker_was_meant(modules))
        return 0;
    testkit_modules = modules;
    return run_db_tests(an_event_and_its_deliveries_are_gone_when_the_publisher_rolls_back,
        every_consumer_hears_once_in_the_publishers_tenant,
        an_event_nobody_hears_is_kept_without_its_secrets,
        secrets_stay_sealed_until_the_last_delivery,
        parallel_publishers_of_one_aggregate_are_numbered_without_gaps,
        the_serving_role_cannot_read_or_forge_events,
        a_poisoned_event_parks_its_consumer_and_aggregate_only,
        an_event_cannot_be_queued_twice_for_one_consumer,
        the_effect_happens_once_although_the_consumer_died_before_its_commit,
        delivered_events_leave_after_thirty_days_and_waiting_ones_stay,
        an_aggregate_whose_events_are_gone_keeps_no_counter,
        who_names_no_event_hears_every_public_one_and_no_other,
        a_public_event_with_a_secret_keeps_the_server_from_starting,
        what_no_module_lists_is_neither_queued_nor_published,
        two_of_one_name_keep_the_server_from_starting,
        a_job_without_exactly_one_worker_keeps_the_server_from_starting);
}
