/* Sessions: how they begin, how they travel, and that they end when they should. */
#include "testkit.h"
#include "config/load.h"
#include "config/platform_settings.h"

static void sign_in(struct t *t, const char *email, const char *password, const char *transport)
{
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s','transport':'%s'}", email,
        password, transport);
}

static void as_bearer(struct t *t, const char *token)
{
    with_header(t, "Authorization", at(t, "Bearer %s", token));
}

static void a_browser_gets_a_cookie_and_no_token(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_nobody(t);

    sign_in(t, ann->email, ann->password, "cookie");

    expect(t, 201, "status", "active", "token", "null", "person.id", ann->id_text,
        "session.factors", "password");
    expect_event(t, "auth.signed_in");
    assert_non_null(strstr(header_of(t, "Set-Cookie"), "HttpOnly"));
    assert_non_null(strstr(header_of(t, "Set-Cookie"), "SameSite=Lax"));
    GET_AT(t, "/v1/auth/sessions/current");
    expect(t, 200, "status", "active", "person.email", ann->email);
}

static void everyone_else_gets_a_token_and_no_cookie(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *token;
    as_nobody(t);

    sign_in(t, ann->email, ann->password, "bearer");

    expect(t, 201, "status", "active");
    assert_null(header_of(t, "Set-Cookie"));
    token = member_of(t, "token");
    assert_true(text_starts_with(token, "ses_"));
    as_bearer(t, token);
    GET_AT(t, "/v1/me");
    expect(t, 200, "id", ann->id_text);
}

static void signing_out_ends_the_session_on_the_next_request(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct person *phone = other_browser_of(t, ann);
    const char *stolen;
    as_person(t, ann);
    stolen = cookie_of(t, "ashlar_session");

    DELETE_AT(t, "/v1/auth/sessions/current");

    expect(t, 204);
    expect_event(t, "auth.signed_out");
    assert_non_null(header_of(t, "Clear-Site-Data"));
    assert_null(cookie_of(t, "ashlar_session"));
    as_nobody(t);
    with_header(t, "Cookie", at(t, "ashlar_session=%s", stolen));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, phone);
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

static void wrong_password_and_unknown_address_are_told_alike(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    as_nobody(t);

    sign_in(t, ann->email, "not her password", "cookie");
    expect_problem(t, 401, "auth/wrong-credentials");
    sign_in(t, "nobody@example.org", "not her password", "cookie");
    expect_problem(t, 401, "auth/wrong-credentials");
}

static void an_unverified_address_is_told_so_only_to_who_signed_up(void **state)
{
    struct t *t = *state;
    as_nobody(t);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'ann@example.org','password':'a long pass phrase','name':'Ann'}");

    sign_in(t, "ann@example.org", "a long pass phrase", "cookie");
    expect_problem(t, 403, "auth/email-unverified");
    assert_null(header_of(t, "Set-Cookie"));
    sign_in(t, "ann@example.org", "another pass phrase", "cookie");
    expect_problem(t, 401, "auth/wrong-credentials");
    as_nobody(t);
    sign_in(t, "ann@example.org", "a long pass phrase", "cookie");
    expect_problem(t, 401, "auth/wrong-credentials");
}

static void a_session_ends_after_fourteen_idle_days(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t));

    for (int i = 0; i < 3; i++) {
        advance(t, DAYS(13));
        GET_AT(t, "/v1/me");
        expect(t, 200); /* each use starts the fourteen days anew */
    }
    advance(t, DAYS(14) + MINUTES(1));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void a_session_ends_after_ninety_days_however_much_it_is_used(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t));

    for (int day = 0; day < 89; day += 10) {
        GET_AT(t, "/v1/me");
        expect(t, 200);
        advance(t, DAYS(10));
    }
    advance(t, MINUTES(1));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void signing_in_again_ends_the_session_it_replaces(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *old;
    as_person(t, ann);
    old = cookie_of(t, "ashlar_session");

    sign_in(t, ann->email, ann->password, "cookie");

    expect(t, 201);
    assert_string_not_equal(cookie_of(t, "ashlar_session"), old);
    GET_AT(t, "/v1/me");
    expect(t, 200);
    as_nobody(t);
    with_header(t, "Cookie", at(t, "ashlar_session=%s", old));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void signing_in_over_the_session_of_somebody_else_is_ordinary(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t), *bob = make_person(t);
    as_person(t, ann);

    sign_in(t, bob->email, bob->password, "cookie");

    expect(t, 201, "person.id", bob->id_text);
    GET_AT(t, "/v1/me");
    expect(t, 200, "id", bob->id_text);
    assert_int_equal(sql_int(t,
                         "SELECT count(*) FROM auth.session s JOIN users.person p "
                         "ON p.id = s.person_id WHERE p.email = '%s'",
                         ann->email),
        0);
}

static void signing_in_renews_a_password_hash_of_yesterdays_cost(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *before = sql_text(t, "SELECT password_hash FROM auth.credential");
    as_nobody(t);

    config_override(&ASHLAR_PASSWORD_PASSES, "2");
    sign_in(t, ann->email, ann->password, "cookie");
    expect(t, 201);

    assert_string_not_equal(sql_text(t, "SELECT password_hash FROM auth.credential"), before);
    sign_in(t, ann->email, ann->password, "cookie");
    expect(t, 201);
    config_override(&ASHLAR_PASSWORD_PASSES, "1");
}

static void what_lies_in_the_database_opens_no_session(void **state)
{
    struct t *t = *state;
    make_person(t);
    as_nobody(t);

    as_bearer(t, sql_text(t, "SELECT encode(token_hash, 'hex') FROM auth.session"));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_bearer(t, sql_text(t, "SELECT 'ses_' || rtrim(translate(encode(token_hash, 'base64'), "
                             "'+/', '-_'), '=') FROM auth.session"));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_bearer(t, sql_text(t, "SELECT id::text FROM auth.session"));
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
}

static void what_expired_is_swept_away(void **state)
{
    struct t *t = *state;
    make_person(t);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'bob@example.org','password':'a long pass phrase','name':'Bob'}");
    drain_jobs(t);

    advance(t, DAYS(15));
    drain_jobs(t);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.signup"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.throttle"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.credential"), 1);
}

int main(void)
{
    return run_db_tests(a_browser_gets_a_cookie_and_no_token,
        everyone_else_gets_a_token_and_no_cookie, signing_out_ends_the_session_on_the_next_request,
        wrong_password_and_unknown_address_are_told_alike,
        an_unverified_address_is_told_so_only_to_who_signed_up,
        a_session_ends_after_fourteen_idle_days,
        a_session_ends_after_ninety_days_however_much_it_is_used,
        signing_in_again_ends_the_session_it_replaces,
        signing_in_over_the_session_of_somebody_else_is_ordinary,
        signing_in_renews_a_password_hash_of_yesterdays_cost,
        what_lies_in_the_database_opens_no_session, what_expired_is_swept_away);
}
