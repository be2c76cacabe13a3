/* The kit itself: that it notices what it says it notices. */
#include "testkit.h"
#include "kit.h"

/* Runs what must fail on a struct t that remembers instead of jumping. */
static const char *failure_of(struct t *t, void (*fn)(struct t *t))
{
    const char *failure;

    t->remembers = true;
    fn(t);
    t->remembers = false;
    failure = t->failure;
    t->failure = NULL;
    return failure;
}

static void another_status(struct t *t)
{
    expect(t, 201);
}

static void another_member(struct t *t)
{
    expect(t, 200, "name", "Somebody else");
}

static void a_member_too_many(struct t *t)
{
    expect(t, 200, "name", NULL);
}

static void a_problem_that_is_none(struct t *t)
{
    expect_problem(t, 200, "not-found");
}

static void another_field(struct t *t)
{
    expect_problem(t, 422, "invalid-fields", .field = "locale");
}

static void an_event_nobody_published(struct t *t)
{
    expect_event(t, "users.invited");
}

static void mail_nobody_sent(struct t *t)
{
    (void)mail_to(t, "nobody@example.org");
}

static void expectations_that_do_not_hold_fail(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t, .name = "Ann Lee"));
    GET_AT(t, "/v1/me");
    expect(t, 200, "name", "Ann Lee", "nothing", NULL);
    assert_non_null(failure_of(t, another_status));
    assert_non_null(failure_of(t, another_member));
    assert_non_null(failure_of(t, a_member_too_many));
    assert_non_null(failure_of(t, a_problem_that_is_none));
    assert_non_null(failure_of(t, an_event_nobody_published));
    assert_non_null(failure_of(t, mail_nobody_sent));
    PATCH_JSON(t, "/v1/me", "{'name':''}");
    expect_problem(t, 422, "invalid-fields", .field = "name", .pointer = "/name");
    assert_non_null(failure_of(t, another_field));
}

static void what_factories_publish_is_no_news(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    make_member(t, org, "viewer");
    expect_no_event(t, "users.org_created");
    expect_no_event(t, "users.invited");
    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'ann@example.org','role':'member'}");
    expect(t, 201);
    expect_event(t, "users.invited");
    expect_no_event(t, "users.invited");
}

static void each_role_has_its_own_browser(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *admin = as_admin_of(t, org);
    const char *cookie = cookie_of(t, SESSION_COOKIE);

    assert_ptr_equal(me(t), admin);
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", admin->email);
    as_owner_of(t, org);
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", org->owner->email);
    assert_string_not_equal(cookie_of(t, SESSION_COOKIE), cookie);
    as_person(t, other_browser_of(t, admin));
    GET_AT(t, "/v1/me");
    expect(t, 200, "email", admin->email);
    assert_string_not_equal(cookie_of(t, SESSION_COOKIE), cookie);
    as_nobody(t);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void the_clock_moves_for_c_and_sql(void **state)
{
    struct t *t = *state;
    int64_t before = sql_int(t, "SELECT extract(epoch FROM platform.now())::bigint");

    advance(t, DAYS(8));
    assert_in_range(
        sql_int(t, "SELECT extract(epoch FROM platform.now())::bigint") - before, 691200, 691260);
    as_person(t, make_person(t));
    GET_AT(t, "/v1/auth/sessions/current");
    expect(t, 200);
    assert_true(text_starts_with(member_of(t, "session.signed_in_at"),
        sql_text(t, "SELECT to_char(platform.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')")));
}

static void rename_me(struct t *one, int i, void *arg)
{
    (void)arg;
    PATCH_JSON(one, "/v1/me", "{'name':'Person number %d'}", i);
    expect(one, i < 7 ? 200 : 418); /* the last one's failure must come out */
}

static void failures_in_parallel_come_out(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    t->remembers = true;
    run_parallel(t, 8, rename_me, NULL);
    t->remembers = false;
    assert_non_null(t->failure);
    assert_non_null(strstr(t->failure, "expected 418, got 200"));
    t->failure = NULL;
}

int main(void)
{
    return run_db_tests(expectations_that_do_not_hold_fail, what_factories_publish_is_no_news,
        each_role_has_its_own_browser, the_clock_moves_for_c_and_sql,
        failures_in_parallel_come_out);
}
