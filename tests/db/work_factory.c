/* A module whose jobs leave marks, and the words tests of jobs share. Knows the jobs engine. */
#include "work_factory.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "modules.h"
#include "module/registry.h"
#include <ashlar/text.h>
#include <signal.h>

static const struct field task_fields[] = {
    TEXT(task, name),
    INT(task, number),
    TEXT(task, token, .optional = true, .secret = true),
};
SHAPE(task);

static const struct query insert_effect = { "insert_effect", "work",
    "INSERT INTO work.effect (name, number, org_id, request_id) "
    "VALUES ($1, $2, platform.current_org(), $3)" };
static const struct query count_effects = { "count_effects", "work",
    "SELECT count(*) FROM work.effect WHERE name = $1" };

err leave_mark(struct ctx *c, const struct task *task)
{
    return db_exec(c, &insert_effect, ARGS(ARG(task->name), ARG(task->number), ARG(c->request_id)));
}

JOB_HANDLER(mark, task)
{
    return leave_mark(c, in);
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
JOB_HANDLER(linger, task)
{
    struct task start = *in;
    int64_t n = 0;

    start.name = "start";
    TRY(tx_run(c, mark_in_tx, &start));
    TRY(tx_read(c, count_in_tx, &n));
    return n == 1 ? sleep_ms(c, 50000) : NULL;
}

JOB_HANDLER(take_process_along, task)
{
    (void)c;
    (void)in;
    raise(SIGKILL);
    return NULL;
}

JOB_HANDLER(always_fail, task)
{
    TRY(leave_mark(c, in));
    return problem(c, &ERR_CONFLICT, NULL, "No luck with %s.", in->name);
}

JOB_HANDLER(give_up, task)
{
    (void)in;
    return problem(c, &JOB_GIVE_UP, NULL, "Hopeless.");
}

JOB_HANDLER(sleep_past_deadline, task)
{
    (void)in;
    return sleep_ms(c, 30000);
}

JOB_HANDLER(expect_token, task)
{
    return text_equal(in->token, "s3cret-token") ? leave_mark(c, in) : &JOB_GIVE_UP;
}

JOB_KIND(MARK, task, .name = "work.mark", .tx = TX_WRITE);
JOB_KIND(LINGER, task, .name = "work.linger");
JOB_KIND(POISON, task, .name = "work.poison");
JOB_KIND(FAILING, task, .name = "work.failing", .tx = TX_WRITE, .max_attempts = 3);
JOB_KIND(HOPELESS, task, .name = "work.hopeless");
JOB_KIND(SLOW, task, .name = "work.slow", .timeout_s = 1);
JOB_KIND(SECRET, task, .name = "work.secret", .tx = TX_WRITE);
JOB_KIND(CAPPED, task, .name = "work.capped", .tx = TX_WRITE, .concurrency = 2);

JOB_HANDLER(count_nightly, nothing)
{
    (void)in;
    return leave_mark(c, &(const struct task){ .name = "nightly" });
}

JOB_KIND(NIGHTLY, nothing, .name = "work.nightly", .tx = TX_WRITE, .every_s = 86400);

JOB_KIND(URGENT, task, .name = "work.urgent", .tx = TX_WRITE, .while_held = true);

/* Asks before each of its marks. */
JOB_HANDLER(send_batches, task)
{
    struct task batch = *in;
    bool held;

    for (int i = 0; i < 3; i++) {
        TRY(job_is_held(c, &held));
        if (held)
            return &JOB_HELD;
        TRY(tx_run(c, mark_in_tx, &batch));
    }
    return NULL;
}

JOB_KIND(BATCHES, task, .name = "work.batches");

const struct module work_module = {
    .name = "work",
    .jobs = (const struct job_kind *const[]){ &MARK.kind, &LINGER.kind, &POISON.kind, &FAILING.kind,
        &HOPELESS.kind, &SLOW.kind, &SECRET.kind, &CAPPED.kind, &NIGHTLY.kind, &URGENT.kind,
        &BATCHES.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(MARK, mark) }, { RUNS(LINGER, linger) },
        { RUNS(POISON, take_process_along) }, { RUNS(FAILING, always_fail) },
        { RUNS(HOPELESS, give_up) }, { RUNS(SLOW, sleep_past_deadline) },
        { RUNS(SECRET, expect_token) }, { RUNS(CAPPED, mark) }, { RUNS(NIGHTLY, count_nightly) },
        { RUNS(URGENT, mark) }, { RUNS(BATCHES, send_batches) }, { .job = NULL } },
};
const struct module *const work_modules[] = { &work_module, NULL };

/* --- Words of the tests --- */

/* A unit of work as a request has it: the role that serves. */
struct ctx *serving(struct t *t)
{
    struct ctx *c = make_ctx(t, NULL, NULL);

    tx_set_role(c, DB_APP);
    return c;
}

err enqueue_in_tx(struct ctx *c, void *arg)
{
    struct enqueueing *e = arg;

    TRY(job_enqueue_(c, &e->kind->kind, &e->task, &e->options));
    return e->then_fail ? &ERR_CONFLICT : NULL;
}

void enqueue_with(struct t *t, struct enqueueing *e)
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
void prepare(struct t *t)
{
    sql_run(t, "SELECT platform.declare_schema('work');"
               "CREATE TABLE work.effect (id bigint GENERATED ALWAYS AS IDENTITY, name text, "
               "number bigint, org_id uuid, request_id text);"
               "GRANT ALL ON work.effect TO ashlar_app, ashlar_system");
    for (const struct job_kind *const *k = platform_module.jobs; k != NULL && *k != NULL; k++)
        park(t, *k);
    park(t, &NIGHTLY.kind);
}

void want_nightly(struct t *t)
{
    sql_run(t, "DELETE FROM platform.job_schedule WHERE kind = 'work.nightly'");
}

void enqueue_with_org(struct t *t, struct uuid org, struct enqueueing *e)
{
    struct ctx *c = serving(t);

    c->org = org;
    if (e->task.name == NULL)
        e->task.name = "x";
    expect_ok(tx_run(c, enqueue_in_tx, e));
}

void enqueue_in(struct t *t, struct uuid org)
{
    enqueue_with_org(t, org, &(struct enqueueing){ .kind = &MARK });
}

struct holding {
    struct uuid org;
    bool held;
};

static err hold_in_tx(struct ctx *c, void *arg)
{
    const struct holding *h = arg;

    return job_hold_org(c, h->org, h->held);
}

void hold(struct t *t, struct uuid org, bool held)
{
    struct ctx *c = make_ctx(t, NULL, NULL);

    tx_set_role(c, DB_SYSTEM);
    expect_ok(tx_run(c, hold_in_tx, &(struct holding){ org, held }));
}

int64_t effects(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM work.effect");
}

int64_t in_state(struct t *t, const char *state)
{
    return sql_int(t, "SELECT count(*) FROM platform.job WHERE state = '%s'", state);
}

const struct job_row *claim_one(struct t *t, const char *worker)
{
    const struct job_row *rows;
    size_t n;

    expect_ok(store_claim(arena_of(t), worker, 1, &rows, &n));
    assert_int_equal(n, 1);
    return rows;
}

int command(struct t *t, const char *verb, const char *a, const char *b)
{
    char *argv[] = { arena_strdup(arena_of(t), "jobs"), arena_strdup(arena_of(t), verb),
        arena_strdup(arena_of(t), a), arena_strdup(arena_of(t), b), NULL };

    return jobs_command(a == NULL ? 2 : b == NULL ? 3 : 4, argv);
}

const char *dead_job(struct t *t)
{
    const char *text = sql_text(t, "SELECT id FROM platform.job WHERE state = 'dead'");
    struct uuid id;

    assert_true(uuid_parse(text, strlen(text), &id));
    return typeid_text(arena_of(t), "job", id);
}
