/* Which pages of other origins may read responses. */
#include "http_world.h"

HANDLER(get_nothing, nothing, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

static const struct route routes[] = {
    { .method = DELETE_,
        .path = "/thing",
        .id = "deleteThing",
        .summary = "s",
        .auth = AUTH_PUBLIC,
        .rate = RATE_NONE,
        .tx = TX_MANUAL,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(get_nothing) },
    { .method = POST,
        .path = "/open",
        .id = "postOpen",
        .summary = "s",
        .auth = AUTH_PUBLIC,
        .any_origin = true,
        .rate = RATE_NONE,
        .tx = TX_MANUAL,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(get_nothing) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

static int begin(void **state)
{
    (void)state;
    world_start(&test_module, (const char *const[]){ "ASHLAR_PUBLIC_URL=http://api.test",
                                  "ASHLAR_CORS_ORIGINS=http://app.test", NULL });
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end();
    return 0;
}

static void a_listed_origin_may_read(void **state)
{
    (void)state;
    ask("DELETE", "/thing", .headers = { { "Origin", "http://app.test" } });
    assert_int_equal(response.status, 204);
    assert_header("Access-Control-Allow-Origin", "http://app.test");
    assert_header("Access-Control-Allow-Credentials", "true");
    assert_header("Vary", "Origin");
    assert_non_null(strstr(response_header("Access-Control-Expose-Headers"), "ETag"));
}

static void failures_can_be_read_too(void **state)
{
    (void)state;
    ask("GET", "/no", .headers = { { "Origin", "http://app.test" } });
    assert_int_equal(response.status, 404);
    assert_header("Access-Control-Allow-Origin", "http://app.test");
}

static void others_get_no_permission_and_caches_know(void **state)
{
    static const char *const others[] = { "http://evil.test", "null", "https://app.test",
        "http://app.test.evil.test", "http://app.test/" };
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        ask("DELETE", "/thing", .headers = { { "Origin", others[i] } });
        assert_null(response_header("Access-Control-Allow-Origin"));
        assert_null(response_header("Access-Control-Allow-Credentials"));
        assert_header("Vary", "Origin");
    }
}

static void a_preflight_is_answered_for_a_listed_origin(void **state)
{
    (void)state;
    ask("OPTIONS", "/thing",
        .headers = {
            { "Origin", "http://app.test" }, { "Access-Control-Request-Method", "DELETE" } });
    assert_int_equal(response.status, 204);
    assert_int_equal(response.body.size, 0);
    assert_header("Access-Control-Allow-Origin", "http://app.test");
    assert_non_null(strstr(response_header("Access-Control-Allow-Methods"), "DELETE"));
    assert_non_null(strstr(response_header("Access-Control-Allow-Headers"), "Idempotency-Key"));
    assert_header("Access-Control-Max-Age", "600");
}

static void a_preflight_of_others_permits_nothing(void **state)
{
    (void)state;
    ask("OPTIONS", "/thing",
        .headers = {
            { "Origin", "http://evil.test" }, { "Access-Control-Request-Method", "DELETE" } });
    assert_int_equal(response.status, 204);
    assert_null(response_header("Access-Control-Allow-Methods"));
    assert_null(response_header("Access-Control-Allow-Origin"));
}

static void options_names_the_methods_of_a_path(void **state)
{
    (void)state;
    ask("OPTIONS", "/thing");
    assert_int_equal(response.status, 204);
    assert_header("Allow", "DELETE, OPTIONS");
    ask("OPTIONS", "/nothing");
    assert_int_equal(response.status, 404);
}

static void the_test_environment_lets_this_machine_in(void **state)
{
    (void)state;
    ask("DELETE", "/thing", .headers = { { "Origin", "http://localhost:3000" } });
    assert_header("Access-Control-Allow-Origin", "http://localhost:3000");
}

static void a_route_open_to_every_origin_takes_no_credentials(void **state)
{
    (void)state;
    ask("OPTIONS", "/open",
        .headers = {
            { "Origin", "https://shop.example" }, { "Access-Control-Request-Method", "POST" } });
    assert_int_equal(response.status, 204);
    assert_header("Access-Control-Allow-Origin", "*");
    assert_non_null(strstr(response_header("Access-Control-Allow-Headers"), "X-Retry-Count"));
    assert_null(response_header("Access-Control-Allow-Credentials"));

    ask("POST", "/open",
        .headers = { { "Origin", "http://app.test" }, { "Authorization", "Bearer ses_nobody" },
            { "Cookie", "ashlar_session=ses_nobody" } });
    assert_int_equal(response.status, 204);
    assert_header("Access-Control-Allow-Origin", "*");
    assert_null(response_header("Access-Control-Allow-Credentials"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_origin_may_read),
        cmocka_unit_test(failures_can_be_read_too),
        cmocka_unit_test(others_get_no_permission_and_caches_know),
        cmocka_unit_test(a_preflight_is_answered_for_a_listed_origin),
        cmocka_unit_test(a_preflight_of_others_permits_nothing),
        cmocka_unit_test(options_names_the_methods_of_a_path),
        cmocka_unit_test(the_test_environment_lets_this_machine_in),
        cmocka_unit_test(a_route_open_to_every_origin_takes_no_credentials),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
