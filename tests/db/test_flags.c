/* Flags against a real database: what operators say reaches every answer, and nothing else does. */
#include "testkit.h"
#include "jobs/flags.h"
#include <stdatomic.h>

static const struct module *const no_modules[] = { NULL };
static const struct flag FLAG = { .name = "work.flag" };
static const struct flag SURE = { .name = "work.sure", .fallback = true };

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

static void read_or_write(struct t *one, int i, void *arg)
{
    struct uuid org = uuid_new();

    (void)one;
    (void)arg;
    if (i > 0) {
        while (atomic_load(&reading))
            (void)answer_for(org, org, &FLAG);
        return;
    }
    for (int n = 0; n < 60; n++) {
        sql_run(one, "UPDATE platform.flag SET rollout = %d", n);
        if (flags_refresh() != NULL)
            abort();
    }
    atomic_store(&reading, false);
}

static void readers_go_on_while_snapshots_are_swapped_and_freed(void **state)
{
    struct t *t = *state;

    sql_run(t, "INSERT INTO platform.flag (name, rollout) VALUES ('work.flag', 0)");
    atomic_store(&reading, true);
    run_parallel(t, 3, read_or_write, NULL);
    flags_release();
}

int main(void)
{
    testkit_modules = no_modules;
    return run_db_tests(a_flag_without_a_row_has_its_default,
        a_rollout_answers_by_bucket_of_the_organisation,
        without_a_tenant_the_person_is_sticky_and_nobody_is_in_only_when_all_are,
        an_override_wins_and_the_organisations_goes_before_the_persons,
        more_overrides_than_one_page_are_all_heard,
        readers_go_on_while_snapshots_are_swapped_and_freed);
}
