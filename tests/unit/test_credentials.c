/* Who asks: sessions, bearer tokens, cookies of other sites, tokens of routes. No socket, no
 * database. */
#include "http_world.h"

static const struct setting ROUTE_TOKEN = {
    .name = "ASHLAR_TEST_TOKEN", .type = SETTING_TEXT, .max = 100, .doc = "A token"
};
static const struct setting UNSET_TOKEN = {
    .name = "ASHLAR_TEST_OTHER", .type = SETTING_TEXT, .max = 100, .doc = "A token"
};
static const struct setting *const settings[] = { &ROUTE_TOKEN, &UNSET_TOKEN, NULL };

static int runs;

HANDLER(poke, nothing, nothing)
{
    (void)c, (void)in, (void)out;
    runs++;
    return NULL;
}

#define ROW(m, p, i, a)                                                                            \
    .method = m, .path = p, .id = i, .summary = "s", .auth = a, .rate = RATE_NONE,                 \
    .tx = TX_MANUAL, .status = 204, .errors = NO_ERRORS, .idempotency = KEY_IGNORED,               \
    .handler = BY(poke)

static const struct route routes[] = {
    { ROW(GET, "/open", "getOpen", AUTH_PUBLIC) },
    { ROW(POST, "/poke", "poke", AUTH_PUBLIC) },
    { ROW(GET, "/own", "getOwn", AUTH_SESSION), .scope = SCOPE_SELF },
    { ROW(POST, "/operate", "operate", AUTH_TOKEN), .token = &ROUTE_TOKEN },
    { ROW(POST, "/unconfigured", "unconfigured", AUTH_TOKEN), .token = &UNSET_TOKEN },
    { .id = NULL },
};

enum { AUTHENTICATORS = 100, PREFIX_SIZE = 16 };

static struct authenticator authenticators[AUTHENTICATORS + 1];
static char prefixes[AUTHENTICATORS][PREFIX_SIZE];
static const char *refused_by_first, *refused_by_longer, *refused_by_last;

static bool refuse_by_first(const char *token)
{
    refused_by_first = token;
    return false;
}

static bool refuse_by_longer(const char *token)
{
    refused_by_longer = token;
    return false;
}

static bool refuse_by_last(const char *token)
{
    refused_by_last = token;
    return false;
}

static const struct module test_module = {
    .name = "test",
    .summary = "Test",
    .routes = ROUTES(routes),
    .settings = settings,
    .authenticate = authenticators,
};

/* "t0", "t0_1", "t2", …: two have a common start. */
static void fill_authenticators(void)
{
    for (int i = 0; i < AUTHENTICATORS; i++) {
        snprintf(prefixes[i], sizeof prefixes[i], i == 1 ? "t0_%d" : "t%d", i);
        authenticators[i] = (struct authenticator){
            .prefix = prefixes[i], .purpose = "test.token", .becomes = ACTOR_PERSON
        };
    }
    authenticators[0].is_well_formed = refuse_by_first;
    authenticators[1].is_well_formed = refuse_by_longer;
    authenticators[AUTHENTICATORS - 1].is_well_formed = refuse_by_last;
    refused_by_first = refused_by_longer = refused_by_last = NULL;
}

static int begin(void **state)
{
    (void)state;
    fill_authenticators();
    world_start(&test_module,
        (const char *const[]){ "ASHLAR_TEST_TOKEN=sesame", "ASHLAR_PUBLIC_URL=http://api.test",
            "ASHLAR_CORS_ORIGINS=http://app.test", NULL });
    runs = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end();
    return 0;
}

static void without_a_credential_a_session_route_is_401(void **state)
{
    (void)state;
    ask("GET", "/own");
    assert_int_equal(response.status, 401);
    assert_header("WWW-Authenticate", "Bearer");
    ask("GET", "/own", .headers = { { "Authorization", "Basic YTpi" } });
    assert_int_equal(response.status, 401);
}

static void an_unknown_bearer_token_is_told_even_on_a_public_route(void **state)
{
    (void)state;
    ask("GET", "/open", .headers = { { "Authorization", "Bearer nonsense" } });
    assert_int_equal(response.status, 401);
}

static void an_unknown_cookie_is_taken_away(void **state)
{
    (void)state;
    ask("GET", "/open", .headers = { { "Cookie", "ashlar_session=nonsense" } });
    assert_int_equal(response.status, 204);
    assert_header("Set-Cookie", "ashlar_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    ask("GET", "/own", .headers = { { "Cookie", "ashlar_session=nonsense" } });
    assert_int_equal(response.status, 401);
    assert_header("Set-Cookie", "ashlar_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

static void a_cookie_from_another_site_changes_nothing(void **state)
{
    const struct http_header cookie = { "Cookie", "ashlar_session=ses_x" };
    (void)state;
    ask("POST", "/poke", .headers = { cookie, { "Origin", "http://evil.test" } });
    assert_int_equal(response.status, 403);
    assert_told("cross-site-request");
    ask("POST", "/poke", .headers = { cookie, { "Sec-Fetch-Site", "cross-site" } });
    assert_int_equal(response.status, 403);
    assert_int_equal(runs, 0);
    ask("POST", "/poke", .headers = { cookie, { "Origin", "http://app.test" } });
    assert_int_equal(response.status, 204);
    ask("GET", "/open", .headers = { cookie, { "Origin", "http://evil.test" } });
    assert_int_equal(response.status, 204);
}

static void a_page_of_another_site_changes_nothing_without_a_cookie_either(void **state)
{
    const struct http_header bearer = { "Authorization", "Bearer nonsense" };
    (void)state;
    ask("POST", "/poke", .headers = { { "Sec-Fetch-Site", "cross-site" } });
    assert_int_equal(response.status, 403);
    assert_told("cross-site-request");
    ask("POST", "/poke", .headers = { { "Origin", "http://evil.test" } });
    assert_int_equal(response.status, 403);
    assert_int_equal(runs, 0);
    ask("POST", "/poke", .headers = { { "Origin", "http://app.test" } });
    assert_int_equal(response.status, 204);
    ask("POST", "/poke", .headers = { { "Sec-Fetch-Site", "none" } });
    assert_int_equal(response.status, 204);
    ask("POST", "/poke");
    assert_int_equal(response.status, 204);
    ask("POST", "/poke", .headers = { bearer, { "Origin", "http://evil.test" } });
    assert_int_equal(response.status, 401); /* of the token, and not of the origin */
}

static void a_route_token_opens_its_route_only_when_it_is_right(void **state)
{
    (void)state;
    ask("POST", "/operate");
    assert_int_equal(response.status, 401);
    ask("POST", "/operate", .headers = { { "Authorization", "Bearer sesam" } });
    assert_int_equal(response.status, 401);
    ask("POST", "/operate", .headers = { { "Authorization", "bearer sesame" } });
    assert_int_equal(response.status, 204);
    ask("POST", "/unconfigured", .headers = { { "Authorization", "Bearer " } });
    assert_int_equal(response.status, 404);
}

/* As many as the modules declare, and the longest prefix counts. */
static void each_token_belongs_to_the_authenticator_of_its_prefix(void **state)
{
    (void)state;
    ask("GET", "/own", .headers = { { "Authorization", "Bearer t0_1_a" } });
    assert_int_equal(response.status, 401);
    assert_string_equal(refused_by_longer, "t0_1_a");
    assert_null(refused_by_first);
    ask("GET", "/own", .headers = { { "Authorization", "Bearer t0_10_a" } });
    assert_string_equal(refused_by_first, "t0_10_a");
    ask("GET", "/own", .headers = { { "Authorization", "Bearer t99_a" } });
    assert_int_equal(response.status, 401);
    assert_string_equal(refused_by_last, "t99_a");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_credential_a_session_route_is_401),
        TEST(an_unknown_bearer_token_is_told_even_on_a_public_route),
        TEST(an_unknown_cookie_is_taken_away),
        TEST(a_cookie_from_another_site_changes_nothing),
        TEST(a_page_of_another_site_changes_nothing_without_a_cookie_either),
        TEST(each_token_belongs_to_the_authenticator_of_its_prefix),
        TEST(a_route_token_opens_its_route_only_when_it_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
