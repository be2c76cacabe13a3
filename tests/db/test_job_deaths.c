/* on_dead: a module is told once for each death of its jobs and deliveries, whatever killed them.
 */
#include "work_factory.h"
#include "jobs/jobs.h"

/* --- Those who die, and what is left of them: a mark "told" --- */

static bool cannot_tell;

static err note_death(struct ctx *c, const struct task *task)
{
    if (cannot_tell)
        return problem(c, &ERR_CONFLICT, NULL, "Not now.");
    return leave_mark(c, &(const struct task){ .name = "told", .number = task->number });
}

JOB_HANDLER(fail_again, task)
{
    return problem(c, &ERR_CONFLICT, NULL, "No luck with %s.", in->name);
}
JOB_HANDLER(give_up, task)
{
    (void)in;
    return problem(c, &JOB_GIVE_UP, NULL, "Hopeless.");
}
JOB_HANDLER(died, task)
{
    return note_death(c, in);
}
JOB_HANDLER(died_with_its_token, task)
{
    return text_equal(in->token, "s3cret-token") ? note_death(c, in) : &JOB_GIVE_UP;
}

static JOB_KIND(FAILS, task, .name = "mortal.fails", .max_attempts = 2);
static JOB_KIND(GIVES_UP, task, .name = "mortal.gives_up");
static JOB_KIND(HAS_SECRET, task, .name = "mortal.secret");

EVENT_OF(task);
static EVENT_KIND(HAPPENED, task, .name = "mortal.happened", .version = 1);

EVENT_HANDLER(refuse, task)
{
    (void)c;
    (void)meta;
    (void)in;
    return &JOB_GIVE_UP;
}
EVENT_HANDLER(given_up, task)
{
    assert_string_equal(meta->kind->name, "mortal.happened");
    return note_death(c, in);
}

static const struct module mortal_module = {
    .name = "mortal",
    .jobs = (const struct job_kind *const[]){ &FAILS.kind, &GIVES_UP.kind, &HAS_SECRET.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(FAILS, fail_again), ON_DEAD(FAILS, died) },
        { RUNS(GIVES_UP, give_up), ON_DEAD(GIVES_UP, died) },
        { RUNS(HAS_SECRET, give_up), ON_DEAD(HAS_SECRET, died_with_its_token) }, { .job = NULL } },
    .events = (const struct event_kind *const[]){ &HAPPENED.kind, NULL },
    .subscriptions =
        (const struct subscription[]){
            { HEARS(HAPPENED, refuse), DIES(HAPPENED, given_up), .consumer = "mortal.refuse" },
            { .consumer = NULL } },
};
static const struct module *const modules[] = { &work_module, &mortal_module, NULL };

static int64_t told(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM work.effect WHERE name = 'told'");
}

static void start(struct t *t)
{
    cannot_tell = false;
    prepare(t);
}

/* --- What kills --- */

static void the_last_failed_attempt_is_told_and_none_before_it(void **state)
{
    struct t *t = *state;

    start(t);
    enqueue(t, &FAILS, .task.number = 7);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(told(t), 0);
    advance(t, MINUTES(1));
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(sql_int(t, "SELECT number FROM work.effect WHERE name = 'told'"), 7);
    assert_int_equal(in_state(t, "dead"), 1);
}

static void giving_up_is_told_in_the_organisation(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new();
    char text[UUID_TEXT_SIZE + 1];

    start(t);
    enqueue_with_org(t, org, &(struct enqueueing){ .kind = &GIVES_UP });
    assert_int_equal(jobs_drain(), 2);
    uuid_format(org, text);
    assert_string_equal(sql_text(t, "SELECT org_id FROM work.effect"), text);
}

/* Both or neither: whoever is killed between them has done neither. */
static void it_dies_and_is_to_be_told_in_one_transaction(void **state)
{
    struct t *t = *state;
    bool ours;

    start(t);
    enqueue(t, &GIVES_UP);
    expect_ok(store_settle(arena_of(t), claim_one(t, "w"), JOB_DEAD, 0, "why", &ours));
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job AS d JOIN platform.job AS j "
                   "ON j.xmin = d.xmin AND j.state = 'dead' WHERE d.kind = 'dead:mortal.gives_up'"),
        1);
}

static void the_third_lost_process_is_told(void **state)
{
    struct t *t = *state;

    start(t);
    enqueue(t, &GIVES_UP);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(told(t), 0);
        (void)claim_one(t, "gone");
        sql_run(t, "UPDATE platform.job SET heartbeat_at = now() - interval '1 hour'");
        expect_ok(store_rescue(arena_of(t), 25));
    }
    assert_int_equal(in_state(t, "dead"), 1);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(told(t), 1);
}

static const char *first_job(struct t *t)
{
    const char *text = sql_text(t, "SELECT id FROM platform.job ORDER BY seq LIMIT 1");
    struct uuid id;

    assert_true(uuid_parse(text, strlen(text), &id));
    return typeid_text(arena_of(t), "job", id);
}

static void one_that_is_discarded_while_it_waits_is_told(void **state)
{
    struct t *t = *state;

    start(t);
    enqueue(t, &FAILS, .options.run_at = instant_add(clock_now(), HOURS(1)));
    assert_int_equal(command(t, "discard", first_job(t), NULL), 0);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(told(t), 1);
}

static void discarding_a_dead_one_is_no_second_death(void **state)
{
    struct t *t = *state;

    start(t);
    enqueue(t, &GIVES_UP);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(command(t, "discard", dead_job(t), NULL), 0);
    assert_int_equal(jobs_drain(), 0);
    assert_int_equal(told(t), 1);
}

/* --- Retried --- */

static void one_retried_before_it_was_told_is_not_told(void **state)
{
    struct t *t = *state;
    bool ours;

    start(t);
    enqueue(t, &GIVES_UP);
    expect_ok(store_settle(arena_of(t), claim_one(t, "w"), JOB_DEAD, 0, "why", &ours));
    assert_int_equal(command(t, "retry", dead_job(t), NULL), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job"), 1);
    assert_int_equal(jobs_drain(), 2); /* it gives up again, and that is told */
    assert_int_equal(told(t), 1);
}

static void each_death_is_told_once(void **state)
{
    struct t *t = *state;

    start(t);
    enqueue(t, &GIVES_UP);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(command(t, "retry", dead_job(t), NULL), 0);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(told(t), 2);
}

/* --- Telling --- */

static void what_cannot_be_told_is_tried_again_and_holds_nobody_up(void **state)
{
    struct t *t = *state;

    start(t);
    cannot_tell = true;
    enqueue(t, &GIVES_UP);
    enqueue(t, &MARK);
    assert_int_equal(jobs_drain(), 3);
    assert_int_equal(effects(t), 1);
    advance(t, MINUTES(1));
    cannot_tell = false;
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(told(t), 1);
}

static void what_can_never_be_told_ends(void **state)
{
    struct t *t = *state;

    start(t);
    cannot_tell = true;
    enqueue(t, &GIVES_UP);
    for (int i = 0; i < 25; i++) {
        (void)jobs_drain();
        advance(t, DAYS(2));
    }
    assert_int_equal(in_state(t, "dead"), 2); /* itself and what should tell of it: no third */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job"), 2);
}

static void a_death_has_the_secrets_of_its_job_and_wipes_them(void **state)
{
    struct t *t = *state;

    start(t);
    enqueue(t, &HAS_SECRET, .task.token = "s3cret-token");
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(told(t), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE kind LIKE 'dead:%%' AND "
                                "sealed IS NULL AND state = 'done'"),
        1);
}

static void a_death_in_an_organisation_on_hold_is_told_afterwards(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new();
    bool ours;

    start(t);
    enqueue_with_org(t, org, &(struct enqueueing){ .kind = &GIVES_UP });
    expect_ok(store_settle(arena_of(t), claim_one(t, "w"), JOB_DEAD, 0, "why", &ours));
    hold(t, org, true);
    assert_int_equal(jobs_drain(), 0);
    hold(t, org, false);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(told(t), 1);
}

static err publish(struct ctx *c, void *arg)
{
    struct task task = { .name = "x", .number = 3, .token = "s3cret-token" };

    (void)arg;
    return event_publish(c, &HAPPENED, uuid_new(), &task);
}

static void a_consumer_that_gives_an_event_up_is_told(void **state)
{
    struct t *t = *state;

    start(t);
    expect_ok(tx_run(serving(t), publish, NULL));
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(sql_int(t, "SELECT number FROM work.effect WHERE name = 'told'"), 3);
    assert_int_equal(command(t, "retry", dead_job(t), NULL), 0);
    assert_int_equal(jobs_drain(), 2);
    assert_int_equal(told(t), 2);
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(the_last_failed_attempt_is_told_and_none_before_it,
        giving_up_is_told_in_the_organisation, it_dies_and_is_to_be_told_in_one_transaction,
        the_third_lost_process_is_told, one_that_is_discarded_while_it_waits_is_told,
        discarding_a_dead_one_is_no_second_death, a_consumer_that_gives_an_event_up_is_told,
        one_retried_before_it_was_told_is_not_told, each_death_is_told_once,
        what_cannot_be_told_is_tried_again_and_holds_nobody_up, what_can_never_be_told_ends,
        a_death_has_the_secrets_of_its_job_and_wipes_them,
        a_death_in_an_organisation_on_hold_is_told_afterwards);
}
