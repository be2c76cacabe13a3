/* What any route may answer, whatever it does: seen once each, on whatever route is at hand. */
#include "testkit.h"

enum { ENOUGH_REQUESTS = 2000 };

static const char *const with_limits[] = { "ASHLAR_RATE_LIMITS=true", NULL };

static void a_page_of_another_origin_cannot_use_the_cookie(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    with_header(t, "Sec-Fetch-Site", "cross-site");
    with_header(t, "Origin", "https://evil.example");
    POST_JSON(t, "/v1/orgs", "{'name':'Mine'}");
    expect_problem(t, 403, "cross-site-request");

    with_header(t, "Sec-Fetch-Site", NULL);
    with_header(t, "Origin", "null");
    POST_JSON(t, "/v1/orgs", "{'name':'Mine'}");
    expect_problem(t, 403, "cross-site-request");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 0);
}

/* Signed in by a page of somebody else's, people would write into that account what is theirs. */
static void a_page_of_another_origin_signs_nobody_in(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    const char *body = at(t, "{'email':'%s','password':'%s'}", ann->email, ann->password);

    as_nobody(t);
    with_header(t, "Sec-Fetch-Site", "cross-site");
    with_header(t, "Origin", "https://evil.example");
    POST_JSON(t, "/v1/auth/sessions", "%s", body);
    expect_problem(t, 403, "cross-site-request");
    assert_null(header_of(t, "Set-Cookie"));
    with_header(t, "Sec-Fetch-Site", NULL);
    with_header(t, "Origin", "https://evil.example");
    POST_JSON(t, "/v1/auth/sessions", "%s", body);
    expect_problem(t, 403, "cross-site-request");
    with_header(t, "Sec-Fetch-Site", NULL);
    with_header(t, "Origin", NULL);
    POST_JSON(t, "/v1/auth/sessions", "%s", body); /* no browser */
    expect(t, 201, "person.email", ann->email);
}

static void reading_is_no_business_of_the_origin(void **state)
{
    struct t *t = *state;

    as_person(t, make_person(t));
    with_header(t, "Sec-Fetch-Site", "cross-site");
    with_header(t, "Origin", "https://evil.example");
    GET_AT(t, "/v1/me");
    expect(t, 200);
    assert_null(header_of(t, "Access-Control-Allow-Origin"));
}

static void too_many_requests_are_told_when_to_come_back(void **state)
{
    struct t *t = *state;
    int64_t seconds = 0;
    int n = 0;

    as_nobody(t);
    from_address(t, "192.0.2.77");
    do
        GET_AT(t, "/v1/auth/sessions/current");
    while (status_of(t) != 429 && ++n < ENOUGH_REQUESTS);
    expect_problem(t, 429, "rate-limited");
    assert_non_null(header_of(t, "Retry-After"));
    assert_true(text_to_int(header_of(t, "Retry-After"), &seconds) && seconds > 0);

    from_address(t, "198.51.100.7");
    GET_AT(t, "/v1/auth/sessions/current");
    expect_problem(t, 401, "unauthenticated"); /* another address has a budget of its own */
}

static void what_is_not_there_says_what_is(void **state)
{
    struct t *t = *state;

    as_nobody(t);
    GET_AT(t, "/v1/nothing-here");
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "/v1/orgs");
    expect_problem(t, 405, "method-not-allowed");
    assert_non_null(strstr(header_of(t, "Allow"), "POST"));
}

int main(void)
{
    testkit_environment = with_limits;
    return run_db_tests(a_page_of_another_origin_cannot_use_the_cookie,
        a_page_of_another_origin_signs_nobody_in, reading_is_no_business_of_the_origin,
        too_many_requests_are_told_when_to_come_back, what_is_not_there_says_what_is);
}
