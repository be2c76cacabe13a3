/* What any route answers when something on our side is broken: a code, when to come back, nothing
 * of what is inside. */
#include "testkit.h"

static const char *const impatient[] = { "ASHLAR_DB_STATEMENT_MS=300", NULL };

static const char *path_of_org(struct t *t)
{
    return at(t, "/v1/orgs/%s", org_of(t));
}

static void a_defect_of_ours_tells_nothing_of_what_is_inside(void **state)
{
    static const char *const inside[] = { "name_of_it", "users.", "column", "SELECT", "42703" };
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    sql_run(t, "ALTER TABLE users.org RENAME COLUMN name TO name_of_it");
    on_purpose(t);
    GET_AT(t, "%s", path_of_org(t));
    expect_problem(t, 500, "internal");
    assert_null(member_of(t, "detail"));
    for (size_t i = 0; i < COUNT(inside); i++)
        if (strstr(body_of(t), inside[i]))
            fail_msg("told: %s", body_of(t));
    sql_run(t, "ALTER TABLE users.org RENAME COLUMN name_of_it TO name");
    GET_AT(t, "%s", path_of_org(t));
    expect(t, 200);
}

static void what_takes_too_long_is_given_up_without_effect(void **state)
{
    struct t *t = *state;
    int64_t seconds = 0, started_us;

    as_owner_of(t, make_org(t, .name = "Acme"));
    sql_run(t, "CREATE POLICY slow ON users.org AS RESTRICTIVE FOR UPDATE "
               "USING (pg_catalog.pg_sleep(5) IS NOT NULL)");
    started_us = clock_monotonic_us();
    PATCH_JSON(t, path_of_org(t), "{'name':'Other'}");
    expect_problem(t, 503, "timeout");
    assert_true(clock_monotonic_us() - started_us < SECONDS(4));
    assert_true(text_to_int(header_of(t, "Retry-After"), &seconds) && seconds > 0);
    sql_run(t, "DROP POLICY slow ON users.org");
    GET_AT(t, "%s", path_of_org(t));
    expect(t, 200, "name", "Acme", "version", "1");
}

static void what_somebody_else_holds_locked_is_not_waited_for(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t, .name = "Acme"));
    sql_run(t, "BEGIN; LOCK TABLE users.org IN ACCESS EXCLUSIVE MODE");
    GET_AT(t, "%s", path_of_org(t));
    assert_int_equal(status_of(t), 503);
    assert_non_null(header_of(t, "Retry-After"));
    sql_run(t, "ROLLBACK");
    GET_AT(t, "%s", path_of_org(t));
    expect(t, 200, "name", "Acme");
}

static void a_body_without_a_length_is_refused_before_it_is_read(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    with_header(t, "Transfer-Encoding", "chunked");
    POST_JSON(t, "/v1/orgs", "{'name':'Mine'}");
    expect_problem(t, 411, "length-required");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 0);
}

int main(void)
{
    testkit_environment = impatient;
    return run_db_tests(a_defect_of_ours_tells_nothing_of_what_is_inside,
        what_takes_too_long_is_given_up_without_effect,
        what_somebody_else_holds_locked_is_not_waited_for,
        a_body_without_a_length_is_refused_before_it_is_read);
}
