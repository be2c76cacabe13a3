/* Erasing oneself: what goes, what stays, and when it is refused. */
#include "testkit.h"

static void organisations_nobody_else_belongs_to_go_with_the_person(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct org *shared = make_org(t, .name = "Shared");
    make_org(t, .owner = ann);
    make_org(t, .owner = ann);
    sql_run(t,
        "INSERT INTO users.membership (org_id, person_id, role) "
        "SELECT o.id, p.id, 'member' FROM users.org o, users.person p "
        "WHERE o.name = '%s' AND p.email = '%s'",
        shared->name, ann->email);
    as_person(t, ann);

    DELETE_AT(t, "/v1/me");

    expect(t, 204);
    expect_event(t, "users.person_erased");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership"), 1);
    as_owner_of(t, shared);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200, "data.0.email", shared->owner->email);
    assert_int_equal(count_of(t, "data"), 1);
}

static void the_last_owner_of_others_stays(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    make_member(t, org, "admin");
    as_owner_of(t, org);

    DELETE_AT(t, "/v1/me");

    expect_problem(t, 409, "users/last-owner");
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200, "role", "owner");
}

static void nothing_says_who_the_person_was(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "ann@example.org");
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect(t, 200);

    DELETE_AT(t, "/v1/me");

    expect(t, 204);
    assert_non_null(header_of(t, "Clear-Site-Data"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.person"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.credential"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.signup"), 0);
    drain_jobs(t);
    assert_int_equal(tables_with(t, "ann@example.org"), 0);
}

static void the_session_is_dead_and_the_address_free_again(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "ann@example.org");
    struct person *elsewhere = other_browser_of(t, ann);
    as_person(t, ann);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);

    as_person(t, elsewhere);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    as_person(t, make_person(t, .email = "ann@example.org", .name = "Another Ann"));
    GET_AT(t, "/v1/me");
    expect(t, 200, "name", "Another Ann");
}

int main(void)
{
    return run_db_tests(organisations_nobody_else_belongs_to_go_with_the_person,
        the_last_owner_of_others_stays, nothing_says_who_the_person_was,
        the_session_is_dead_and_the_address_free_again);
}
