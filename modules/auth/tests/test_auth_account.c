/* A person's sessions seen from each other, and suspension. */
#include "testkit.h"
#include "auth.h"

static void sessions_are_listed_and_one_says_it_is_this_one(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);

    other_browser_of(t, ann);
    as_person(t, ann);
    GET_AT(t, "/v1/auth/sessions");
    expect(t, 200, "data.0.factors", "password", "data.0.current", "true", "data.1.current",
        "false", "next_cursor", "null");
    assert_int_equal(count_of(t, "data"), 2);
    assert_null(strstr(body_of(t), "token"));
}

static void a_revoked_session_ends_on_its_next_request(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *other = other_browser_of(t, ann);
    const char *id;

    as_person(t, other);
    GET_AT(t, "/v1/me");
    expect(t, 200);
    GET_AT(t, "/v1/auth/sessions/current");
    id = member_of(t, "session.id");

    as_person(t, ann);
    DELETE_AT(t, "/v1/auth/sessions/%s", id);
    expect(t, 204);
    expect_event(t, "auth.signed_out");
    DELETE_AT(t, "/v1/auth/sessions/%s", id);
    expect_problem(t, 404, "not-found");

    as_person(t, other);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void nobody_revokes_anothers_session(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);
    const char *id;

    as_person(t, ann);
    GET_AT(t, "/v1/auth/sessions/current");
    id = member_of(t, "session.id");
    as_person(t, bob);
    DELETE_AT(t, "/v1/auth/sessions/%s", id);
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "/v1/auth/sessions");
    expect(t, 204);
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

static void all_others_end_and_this_one_goes_on(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *b = other_browser_of(t, ann),
                  *d = other_browser_of(t, ann);

    as_person(t, b);
    DELETE_AT(t, "/v1/auth/sessions");
    expect(t, 204);
    GET_AT(t, "/v1/me");
    expect(t, 200);
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, d);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

struct suspending {
    struct uuid person;
    bool on;
};

static err suspend(struct ctx *c, void *arg)
{
    const struct suspending *s = arg;

    return s->on ? auth_suspend_person(c, s->person) : auth_restore_person(c, s->person);
}

static err account(struct ctx *c, void *arg)
{
    struct auth_account *a = arg;

    return auth_get_account(c, a->person_id, a);
}

static void the_suspended_are_out_at_once_and_stay_out(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct suspending s = { ann->id, true };
    struct auth_account a = { .person_id = ann->id };

    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect(t, 200);
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend, &s));
    expect_event(t, "auth.person_suspended");
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    expect_ok(tx_read(make_ctx(t, NULL, NULL), account, &a));
    assert_true(a.suspended_at.us != 0);
    assert_int_equal(a.sessions, 0);

    /* Twice is once. */
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend, &s));
    expect_no_event(t, "auth.person_suspended");

    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'wrong password'}", ann->email);
    expect_problem(t, 401, "auth/wrong-credentials");
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect_problem(t, 403, "auth/suspended");

    s.on = false;
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend, &s));
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated"); /* being restored signs nobody in */
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect(t, 201, "status", "active");
}

static void nobody_who_does_not_exist_is_suspended(void **state)
{
    struct t *t = *state;
    struct suspending s = { uuid_new(), true };

    expect_error(tx_run(make_ctx(t, NULL, NULL), suspend, &s), &ERR_NOT_FOUND);
}

int main(void)
{
    return run_db_tests(sessions_are_listed_and_one_says_it_is_this_one,
        a_revoked_session_ends_on_its_next_request, nobody_revokes_anothers_session,
        all_others_end_and_this_one_goes_on, the_suspended_are_out_at_once_and_stay_out,
        nobody_who_does_not_exist_is_suspended);
}
