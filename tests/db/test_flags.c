/* Flags against a real database: what operators say reaches every answer, and nothing else does. */
#include "testkit.h"
#include "flags/flags.h"
#include "jobs/jobs.h"
#include "worker_factory.h"
#include <poll.h>
#include <stdatomic.h>

static const struct flag FLAG = { .name = "work.flag", .doc = "A flag", .shown = true };
static const struct flag SURE = { .name = "work.sure", .doc = "On", .fallback = true };
static const struct flag SIZE = { .name = "work.size",
    .doc = "A size",
    .type = FLAG_TEXT,
    .fallback_text = "small",
    .one_of = "small|large",
    .shown = true };
static const struct flag MOST = {
    .name = "work.most", .doc = "A number", .type = FLAG_INT, .fallback_int = 7, .min = 1, .max = 99
};

static const struct flag ANY = {
    .name = "work.any", .doc = "Any text", .type = FLAG_TEXT, .fallback_text = ""
};

#define Q(n, text) static const struct query n = { #n, "flags", text }
Q(tell, "INSERT INTO heard.flag (answer) VALUES ($1)");

JOB_HANDLER(tell_answer, nothing)
{
    (void)in;
    return db_exec(c, &tell, ARGS(ARG(flag_text(c, &SIZE))));
}

static JOB_KIND(TELL, nothing, .name = "flags.tell", .tx = TX_WRITE, .system = true);
static const struct module flags_module = { .name = "flags",
    .summary = "Flags of the test",
    .jobs = (const struct job_kind *const[]){ &TELL.kind, NULL },
    .workers = (const struct job_worker[]){ { RUNS(TELL, tell_answer) }, { .job = NULL } },
    .flags = (const struct flag *const[]){ &FLAG, &SURE, &SIZE, &MOST, NULL } };
static const struct module *const modules[] = { &flags_module, NULL };

static bool answer_for(struct uuid org, struct uuid person, const struct flag *f)
{
    struct ctx c = { .org = org, .actor.person = person };

    return flag_bool(&c, f);
}

static void a_flag_without_a_row_has_its_default(void **state)
{
    (void)state;
    expect_ok(flags_refresh());
    assert_false(answer_for(uuid_new(), UUID_NIL, &FLAG));
    assert_true(answer_for(uuid_new(), UUID_NIL, &SURE));
    flags_release();
}

static void a_rollout_answers_by_bucket_of_the_organisation(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new(), person = uuid_new();
    int bucket = flag_bucket("work.flag", org);

    sql_run(t,
        "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', %d), ('work.sure', 0)",
        bucket);
    expect_ok(flags_refresh());
    assert_false(answer_for(org, person, &FLAG));
    assert_false(answer_for(org, UUID_NIL, &SURE));
    sql_run(t, "UPDATE platform.flag SET rollout = %d WHERE name = 'work.flag'", bucket + 1);
    assert_false(answer_for(org, person, &FLAG)); /* until the next look */
    expect_ok(flags_refresh());
    assert_true(answer_for(org, person, &FLAG));
    flags_release();
}

static void without_a_tenant_the_person_is_sticky_and_nobody_is_in_only_when_all_are(void **state)
{
    struct t *t = *state;
    struct uuid person = uuid_new();

    sql_run(t, "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', %d)",
        flag_bucket("work.flag", person) + 1);
    expect_ok(flags_refresh());
    assert_true(answer_for(UUID_NIL, person, &FLAG));
    assert_false(answer_for(UUID_NIL, UUID_NIL, &FLAG));
    sql_run(t, "UPDATE platform.flag SET rollout = 10000");
    expect_ok(flags_refresh());
    assert_true(answer_for(UUID_NIL, UUID_NIL, &FLAG));
    flags_release();
}

static void an_override_wins_and_the_organisations_goes_before_the_persons(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new(), person = uuid_new();
    char org_text[UUID_TEXT_SIZE + 1], person_text[UUID_TEXT_SIZE + 1];

    uuid_format(org, org_text);
    uuid_format(person, person_text);
    sql_run(t,
        "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', 0);"
        "INSERT INTO platform.flag_override (flag, subject, answer) VALUES "
        "('work.flag', '%s', true), ('work.flag', '%s', false)",
        org_text, person_text);
    expect_ok(flags_refresh());
    assert_true(answer_for(org, person, &FLAG));
    assert_false(answer_for(UUID_NIL, person, &FLAG));
    assert_false(answer_for(uuid_new(), UUID_NIL, &FLAG));
    sql_run(t, "DELETE FROM platform.flag_override");
    expect_ok(flags_refresh()); /* a deletion is a change as well */
    assert_false(answer_for(org, person, &FLAG));
    flags_release();
}

static void more_overrides_than_one_page_are_all_heard(void **state)
{
    struct t *t = *state;
    struct uuid last;

    assert_true(uuid_parse("00000000-0000-0000-0000-000000002345", 36, &last));
    sql_run(t, "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', 0);"
               "INSERT INTO platform.flag_override (flag, subject, answer) SELECT 'work.flag', "
               "lpad(n::text, 32, '0')::uuid, true FROM generate_series(1, 2345) n");
    expect_ok(flags_refresh());
    assert_true(answer_for(last, UUID_NIL, &FLAG));
    flags_release();
}

static atomic_bool reading;

static const char *longest_for(struct arena *a, struct uuid org)
{
    struct ctx c = { .arena = a, .org = org };

    return flag_text(&c, &ANY);
}

static void read_or_write(struct t *one, int i, void *arg)
{
    struct uuid org = uuid_new();

    (void)one;
    (void)arg;
    if (i > 0) {
        struct arena *a = arena_new(0);
        while (atomic_load(&reading)) {
            (void)answer_for(org, org, &FLAG);
            arena_reset(a);
            (void)longest_for(a, org);
        }
        arena_free(a);
        return;
    }
    for (int n = 0; n < 60; n++) {
        sql_run(one,
            "UPDATE platform.flag SET rollout = %d, value = nullif(name, 'work.flag') || %d",
            n * 100, n);
        if (flags_refresh() != NULL)
            abort();
    }
    atomic_store(&reading, false);
}

static void readers_go_on_while_snapshots_are_swapped_and_freed(void **state)
{
    struct t *t = *state;

    sql_run(
        t, "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', 0), ('work.any', 0)");
    atomic_store(&reading, true);
    run_parallel(t, 3, read_or_write, NULL);
    flags_release();
}

/* --- Values, and what operators say --- */

struct said {
    const char *name;
    struct flag_change change;
    struct uuid org;
    const char *value; /* of the target */
    err wanted;
};

static err say(struct ctx *c, void *arg)
{
    const struct said *s = arg;
    struct flag_state state;

    if (uuid_is_nil(s->org))
        return flag_set(c, s->name, &s->change, &state);
    return flag_aim(c, s->name, "org", s->org, s->value, &state);
}

static void says(struct t *t, const struct said *s)
{
    expect_error(tx_run(make_ctx(t, NULL, NULL), say, (void *)(uintptr_t)s), s->wanted);
    expect_ok(flags_refresh());
}

static const char *size_for(struct t *t, struct uuid org)
{
    struct ctx c = { .arena = arena_of(t), .org = org };
    return flag_text(&c, &SIZE);
}

static int64_t most_for(struct t *t, struct uuid org)
{
    struct ctx c = { .arena = arena_of(t), .org = org };
    return flag_int(&c, &MOST);
}

static void values_come_from_target_then_rollout_then_default(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new(), other = uuid_new();

    assert_string_equal(size_for(t, org), "small");
    says(t, &(struct said){ .name = "work.size", .org = org, .value = "large" });
    assert_string_equal(size_for(t, org), "large");
    assert_string_equal(size_for(t, other), "small");
    says(t, &(struct said){ .name = "work.most", .change = { .rollout = 10000, .value = "12" } });
    assert_int_equal(most_for(t, other), 12);
    says(t, &(struct said){ .name = "work.most", .org = org, .value = "99" });
    assert_int_equal(most_for(t, org), 99);
    says(t, &(struct said){ .name = "work.most", .org = org }); /* no target any more */
    assert_int_equal(most_for(t, org), 12);
    flags_release();
}

static void a_killed_flag_is_off_whatever_else_is_said(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new();

    says(t, &(struct said){ .name = "work.sure", .org = org, .value = "true" });
    says(t, &(struct said){ .name = "work.size", .org = org, .value = "large" });
    says(t, &(struct said){
                .name = "work.sure", .change = { .rollout = FLAG_EVERYBODY, .killed = true } });
    says(t, &(struct said){ .name = "work.size", .change = { .killed = true } });
    assert_false(answer_for(org, UUID_NIL, &SURE));
    assert_string_equal(size_for(t, org), "small");
    says(t, &(struct said){ .name = "work.sure", .change = { .rollout = FLAG_EVERYBODY } });
    assert_true(answer_for(org, UUID_NIL, &SURE));
    flags_release();
}

static void a_value_the_flag_cannot_have_is_refused_and_past_that_ignored(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new();
    const struct said wrong[] = {
        { .name = "work.size", .org = org, .value = "huge" },
        { .name = "work.most", .org = org, .value = "100" },
        { .name = "work.most", .org = org, .value = "many" },
        { .name = "work.flag", .org = org, .value = "yes" },
        { .name = "work.size", .change = { .rollout = 10 } },
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct said s = wrong[i];
        s.wanted = &ERR_INVALID;
        says(t, &s);
    }
    says(t,
        &(struct said){ .name = "work.gone", .org = org, .value = "1", .wanted = &ERR_NOT_FOUND });
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.flag"), 0);
    sql_run(t, "INSERT INTO platform.flag (name, rollout, value) VALUES "
               "('work.size', 10000, 'huge'), ('work.most', 10000, '100')");
    expect_ok(flags_refresh());
    assert_string_equal(size_for(t, org), "small");
    assert_int_equal(most_for(t, org), 7);
    flags_release();
}

static void the_first_target_leaves_everybody_elses_answer_alone(void **state)
{
    struct t *t = *state;
    struct uuid org = uuid_new();

    says(t, &(struct said){ .name = "work.sure", .org = org, .value = "false" });
    assert_false(answer_for(org, UUID_NIL, &SURE));
    assert_true(answer_for(uuid_new(), UUID_NIL, &SURE));
    assert_true(answer_for(UUID_NIL, UUID_NIL, &SURE));
    flags_release();
}

static void targets_have_an_end(void **state)
{
    struct t *t = *state;

    says(t, &(struct said){ .name = "work.flag", .org = uuid_new(), .value = "true" });
    sql_run(t,
        "INSERT INTO platform.flag_override (flag, subject, answer) SELECT 'work.flag', "
        "lpad(n::text, 32, '0')::uuid, true FROM generate_series(1, %d) n",
        LIMIT_FLAG_TARGETS - 1);
    says(t, &(struct said){ .name = "work.flag",
                .org = uuid_new(),
                .value = "true",
                .wanted = &FLAG_TOO_MANY_TARGETS });
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.flag_override"), LIMIT_FLAG_TARGETS);
    flags_release();
}

/* However they came there. Rules are heard, targets up to the limit, in every process the same. */
static void targets_past_the_limit_of_all_flags_do_not_count_and_nothing_ends(void **state)
{
    struct t *t = *state;
    struct uuid first, last;

    assert_true(uuid_parse("00000000-0000-0000-0000-000000000001", 36, &first));
    assert_true(uuid_parse("00000000-0000-0000-0000-000000110000", 36, &last));
    sql_run(t,
        "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', 0), ('work.size', 0);"
        "INSERT INTO platform.flag_override (flag, subject, answer) SELECT 'work.flag', "
        "lpad(n::text, 32, '0')::uuid, true FROM generate_series(1, 66000) n");
    expect_ok(flags_refresh());
    assert_true(answer_for(first, UUID_NIL, &FLAG));
    sql_run(t,
        "INSERT INTO platform.flag_override (flag, subject, answer) SELECT 'work.flag', "
        "lpad(n::text, 32, '0')::uuid, true FROM generate_series(66001, 110000) n;"
        "UPDATE platform.flag SET rollout = 10000, value = 'large' WHERE name = 'work.size'");
    expect_ok(flags_refresh());
    assert_true(answer_for(first, UUID_NIL, &FLAG));
    assert_false(answer_for(last, UUID_NIL, &FLAG));
    assert_string_equal(size_for(t, uuid_new()), "large");
    sql_run(t, "UPDATE platform.flag SET killed = true WHERE name = 'work.flag'");
    expect_ok(flags_refresh());
    assert_false(answer_for(first, UUID_NIL, &FLAG));
    says(t, &(struct said){ .name = "work.size",
                .org = uuid_new(),
                .value = "small",
                .wanted = &FLAG_TOO_MANY_TARGETS });
    sql_run(t, "DELETE FROM platform.flag_override WHERE subject > '%s'",
        "00000000-0000-0000-0000-000000099000");
    says(t, &(struct said){ .name = "work.size", .org = uuid_new(), .value = "small" });
    flags_release();
}

static void the_longest_value_is_answered_whole(void **state)
{
    struct t *t = *state;
    const char *value;

    sql_run(t, "INSERT INTO platform.flag (name, rollout, value) VALUES ('work.any', 10000, "
               "repeat('\U0001F600', 1000))");
    expect_ok(flags_refresh());
    value = longest_for(arena_of(t), uuid_new());
    assert_int_equal(strlen(value), 4000);
    flags_release();
}

static void ask_without_memory(void *arg)
{
    (void)longest_for(arg, uuid_new());
}

/* The look-up does not return then; whoever changes flags must not wait for it. */
static void an_answer_that_finds_no_memory_keeps_no_change_out(void **state)
{
    struct t *t = *state;
    struct arena *small = arena_new(64 * 1024);

    sql_run(t, "INSERT INTO platform.flag (name, rollout, value) VALUES ('work.any', 10000, "
               "repeat('x', 1000))");
    expect_ok(flags_refresh());
    for (int i = 0; arena_contain(small, ask_without_memory, small); i++)
        assert_true(i < 100);
    sql_run(t, "UPDATE platform.flag SET value = 'y'");
    expect_ok(flags_refresh());
    assert_string_equal(longest_for(arena_of(t), uuid_new()), "y");
    arena_free(small);
    flags_release();
}

/* Few, but long: then memory is the limit. */
static void long_values_of_targets_end_before_the_memory_does(void **state)
{
    struct t *t = *state;

    sql_run(t, "INSERT INTO platform.flag (name, rollout) VALUES ('work.size', 0);"
               "INSERT INTO platform.flag_override (flag, subject, answer, value) SELECT "
               "'work.size', lpad(n::text, 32, '0')::uuid, true, repeat('x', 1000) "
               "FROM generate_series(1, 60000) n");
    expect_ok(flags_refresh());
    flags_release();
}

static void every_change_is_audited_with_what_was_before(void **state)
{
    struct t *t = *state;

    says(t, &(struct said){ .name = "work.flag", .change = { .rollout = 2500 } });
    says(t, &(struct said){ .name = "work.flag", .change = { .rollout = 5000 } });
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = "
                                "'platform.flag_changed' AND (after->>'rollout')::int - "
                                "(before->>'rollout')::int = 2500"),
        2);
    flags_release();
}

static void front_ends_are_told_the_shown_ones_and_operators_why(void **state)
{
    struct t *t = *state;
    const struct flag_evaluation *answers;
    struct ctx *c = make_ctx(t, NULL, NULL);
    size_t n;

    says(t, &(struct said){ .name = "work.flag", .change = { .rollout = FLAG_EVERYBODY } });
    assert_string_equal(flag_answers(c), "{\"work.flag\":true,\"work.size\":\"small\"}");
    flag_explain(c, uuid_new(), UUID_NIL, &answers, &n);
    assert_int_equal(n, 4);
    assert_string_equal(answers[0].reason, "rollout");
    assert_string_equal(answers[3].value, "7");
    assert_string_equal(answers[3].reason, "default");
    flags_release();
}

static err ask_worker(struct ctx *c, void *arg)
{
    (void)arg;
    return job_enqueue(c, &TELL, &(const struct nothing){ 0 });
}

static const char *answer_of_worker(struct t *t)
{
    const char *answer = NULL;

    expect_ok(tx_run(make_ctx(t, NULL, NULL), ask_worker, NULL));
    for (int i = 0; i < 500 && answer == NULL; i++) {
        poll(NULL, 0, 20);
        answer = sql_text(t, "DELETE FROM heard.flag RETURNING answer");
    }
    return answer ? answer : "nobody answered";
}

static void another_process_sees_a_change_within_a_second(void **state)
{
    struct t *t = *state;
    pid_t worker;

    sql_run(t, "CREATE SCHEMA heard; CREATE TABLE heard.flag (answer text);"
               "GRANT USAGE ON SCHEMA heard TO ashlar_system; "
               "GRANT INSERT ON heard.flag TO ashlar_system");
    worker = worker_start(t, 1000);
    assert_string_equal(answer_of_worker(t), "small");
    says(t, &(struct said){ .name = "work.size", .change = { 0, 10000, "large" } });
    poll(NULL, 0, 1000);
    assert_string_equal(answer_of_worker(t), "large");
    says(t, &(struct said){ .name = "work.size", .change = { .killed = true } });
    poll(NULL, 0, 1000);
    assert_string_equal(answer_of_worker(t), "small");
    worker_end(worker);
    flags_release();
}

int main(void)
{
    if (worker_was_meant(modules))
        return 0;
    testkit_modules = modules;
    return run_db_tests(a_flag_without_a_row_has_its_default,
        a_rollout_answers_by_bucket_of_the_organisation,
        without_a_tenant_the_person_is_sticky_and_nobody_is_in_only_when_all_are,
        an_override_wins_and_the_organisations_goes_before_the_persons,
        more_overrides_than_one_page_are_all_heard,
        readers_go_on_while_snapshots_are_swapped_and_freed,
        values_come_from_target_then_rollout_then_default,
        a_killed_flag_is_off_whatever_else_is_said,
        a_value_the_flag_cannot_have_is_refused_and_past_that_ignored,
        the_first_target_leaves_everybody_elses_answer_alone, targets_have_an_end,
        targets_past_the_limit_of_all_flags_do_not_count_and_nothing_ends,
        the_longest_value_is_answered_whole, an_answer_that_finds_no_memory_keeps_no_change_out,
        long_values_of_targets_end_before_the_memory_does,
        every_change_is_audited_with_what_was_before,
        front_ends_are_told_the_shown_ones_and_operators_why,
        another_process_sees_a_change_within_a_second);
}
