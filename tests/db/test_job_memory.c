/* Memory of long jobs: what a round allocated is given back, and a job that takes too much fails
 * alone. */
#include "work_factory.h"
#include "jobs/jobs.h"

enum {
    LINES = 500000,
    BITE = 500, /* lines in a transaction */
    BITE_SIZE = 512 * 1024,
    PEAK_MAX = 1024 * 1024,
};

/* --- An import: lines of a text, five hundred in a transaction --- */

static struct {
    size_t peak; /* the most memory a transaction had */
    int64_t lines;
} seen;

struct import {
    const char *at;
    int64_t lines;
};

static const struct query insert_names = { "insert_names", "work",
    "INSERT INTO work.effect (name, number) SELECT n ->> 0, (n ->> 1)::bigint "
    "FROM jsonb_array_elements($1::jsonb) AS n" };

static err import_bite(struct ctx *c, void *arg)
{
    struct import *in = arg;
    const char *at = in->at;
    struct buf names;
    int n = 0;

    buf_init(&names, c->arena, BITE_SIZE);
    for (; n < BITE && *at != '\0'; n++, at += strcspn(at, "\n") + 1) {
        const char *line = arena_strndup(c->arena, at, strcspn(at, "\n"));
        buf_printf(&names, "%s[\"%s\",%lld]", n > 0 ? "," : "[",
            arena_printf(c->arena, "line %-100s", line), (long long)(in->lines + n));
    }
    buf_char(&names, ']');
    TRY(db_exec(c, &insert_names, ARGS(ARG((const char *)names.data))));
    seen.peak = arena_used(c->arena) > seen.peak ? arena_used(c->arena) : seen.peak;
    in->at = at;
    in->lines += n;
    return NULL;
}

JOB_HANDLER(import, task)
{
    char *text = arena_alloc(c->arena, (size_t)in->number * 2 + 1);
    struct import all = { .at = text };

    for (int64_t i = 0; i < in->number; i++)
        memcpy(text + 2 * i, "a\n", 2);
    while (*all.at != '\0')
        TRY(tx_run(c, import_bite, &all));
    seen.lines = all.lines;
    return NULL;
}
static JOB_KIND(IMPORT, task, .name = "long.import", .timeout_s = 600);

/* --- One that takes memory without end --- */

enum { IN_A_TRANSACTION, WITHOUT_ASKING, OUTSIDE_OF_ONE, WAYS };

static err take_much(struct ctx *c, void *asks)
{
    for (int i = 0; i < 100000; i++) {
        (void)arena_alloc(c->arena, 64 * 1024);
        if (*(bool *)asks)
            TRY(ctx_fits(c));
    }
    return NULL;
}

JOB_HANDLER(hog, task)
{
    bool asks = in->number == IN_A_TRANSACTION;

    return in->number == OUTSIDE_OF_ONE ? take_much(c, &asks) : tx_run(c, take_much, &asks);
}
static JOB_KIND(HOG, task, .name = "long.hog", .max_attempts = 2);

/* --- One that fails, notes it in two more transactions and says why in the end --- */

static err refuse(struct ctx *c, void *arg)
{
    (void)arg;
    return problem(c, &ERR_CONFLICT, NULL, "Because of %s.", "this");
}

static err mark(struct ctx *c, void *arg)
{
    return leave_mark(c, arg);
}

static err mark_and_mark_apart(struct ctx *c, void *arg)
{
    tx_apart(c, mark, arena_memdup(c->arena, arg, sizeof(struct task)));
    return leave_mark(c, arg);
}

JOB_HANDLER(remember, task)
{
    struct task task = *in;
    err failed = tx_run(c, refuse, NULL);

    TRY(tx_run(c, mark_and_mark_apart, &task));
    TRY(tx_run(c, mark_and_mark_apart, &task));
    return failed;
}
static JOB_KIND(REMEMBER, task, .name = "long.remember");

static const struct module long_module = {
    .name = "long",
    .jobs = (const struct job_kind *const[]){ &IMPORT.kind, &HOG.kind, &REMEMBER.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(IMPORT, import) }, { RUNS(HOG, hog) },
        { RUNS(REMEMBER, remember) }, { .job = NULL } },
};
static const struct module *const modules[] = { &work_module, &long_module, NULL };

/* --- Tests --- */

static void an_import_of_half_a_million_lines_takes_the_memory_of_one_bite(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &IMPORT, .task.number = LINES);
    assert_int_equal(jobs_drain(), 1);
    assert_int_equal(in_state(t, "done"), 1);
    assert_int_equal(seen.lines, LINES);
    assert_int_equal(effects(t), LINES);
    assert_in_range(seen.peak, 1, PEAK_MAX);
}

/* The process is still there, whatever way it went past its memory, and works on. */
static void a_job_that_takes_too_much_memory_fails_alone(void **state)
{
    struct t *t = *state;

    prepare(t);
    for (int how = 0; how < WAYS; how++)
        enqueue(t, &HOG, .task.number = how);
    enqueue(t, &MARK);
    /* On a busy machine the first is due again, a second after it failed, before the last has run.
     */
    assert_in_range(jobs_drain(), WAYS + 1, 2 * WAYS + 1);
    assert_int_equal(effects(t), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state IN ('ready', "
                                "'dead') AND last_error LIKE 'too-much-at-once: %%'"),
        WAYS);
    advance(t, MINUTES(1));
    assert_in_range(jobs_drain(), 0, WAYS);
    assert_int_equal(in_state(t, "dead"), WAYS);
}

static void why_it_failed_outlives_the_transactions_that_note_it(void **state)
{
    struct t *t = *state;

    prepare(t);
    enqueue(t, &REMEMBER);
    assert_int_equal(jobs_drain(), 1);
    assert_string_equal(
        sql_text(t, "SELECT last_error FROM platform.job"), "conflict: Because of this.");
    assert_int_equal(effects(t), 4);
}

int main(void)
{
    testkit_modules = modules;
    return run_db_tests(an_import_of_half_a_million_lines_takes_the_memory_of_one_bite,
        a_job_that_takes_too_much_memory_fails_alone,
        why_it_failed_outlives_the_transactions_that_note_it);
}
