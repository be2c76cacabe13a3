/* Bodies as their bytes came, and routes another service signs. */
#include "http/documents/openapi.h"
#include "http_world.h"

struct hook_in {
    struct raw raw;
    const char *from;
};
static const struct field hook_in_fields[] = {
    TEXT(hook_in, from, .in = QUERY, .optional = true, .doc = "Who"),
};
static RAW_SHAPE(hook_in);

struct seen {
    const char *type, *first, *from, *signature;
    int64_t size;
    bool is_person;
};
static const struct field seen_fields[] = {
    TEXT(seen, type, .optional = true, .doc = "d"),
    TEXT(seen, first, .optional = true, .doc = "d"),
    TEXT(seen, from, .optional = true, .doc = "d"),
    TEXT(seen, signature, .optional = true, .doc = "d"),
    INT(seen, size, .doc = "d"),
    BOOL(seen, is_person, .doc = "d"),
};
static SHAPE(seen);

HANDLER(look, hook_in, seen)
{
    *out = (struct seen){
        .type = in->raw.type,
        .first = in->raw.body.data,
        .size = (int64_t)in->raw.body.size,
        .from = in->from,
        .signature = request_header_value(c, "x-signature"),
        .is_person = c->actor.kind == ACTOR_PERSON,
    };
    return NULL;
}

#define RAW_ROUTE(p, i, who)                                                                       \
    {                                                                                              \
        .method = POST, .path = p, .id = i, .summary = "s", .auth = who, .rate = RATE_NONE,        \
        .idempotency = KEY_IGNORED, .tx = TX_MANUAL, .body_max = 1000, .status = 200,              \
        .errors = NO_ERRORS, .handler = BY(look)                                                   \
    }

static const struct route routes[] = {
    RAW_ROUTE("/hook", "takeHook", AUTH_SIGNATURE),
    RAW_ROUTE("/beacon", "takeBeacon", AUTH_PUBLIC),
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

static int begin(void **state)
{
    (void)state;
    world_start(&test_module, (const char *const[]){ "ASHLAR_PUBLIC_URL=http://api.test", NULL });
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end();
    return 0;
}

static void the_bytes_come_as_they_were_sent(void **state)
{
    (void)state;
    ask("POST", "/hook?from=me", .body = "{not json",
        .headers = { { "Content-Type", "Application/JSON; charset=utf-8" } });
    assert_int_equal(response.status, 200);
    assert_told("\"type\":\"application/json\",\"first\":\"{not json\",\"from\":\"me\"");
    assert_told("\"size\":9");
}

static void bytes_behind_a_nul_are_counted(void **state)
{
    const struct http_request request = {
        .method = "POST", .target = "/beacon", .body = "a\0b", .body_size = 3, .peer = "192.0.2.7"
    };

    (void)state;
    http_handle(world_arena, &request, &response);
    assert_int_equal(response.status, 200);
    assert_told("\"type\":null,\"first\":\"a\"");
    assert_told("\"size\":3");
}

static void no_body_is_no_error(void **state)
{
    (void)state;
    ask("POST", "/beacon");
    assert_int_equal(response.status, 200);
    assert_told("\"first\":null");
}

static void more_than_the_limit_is_refused(void **state)
{
    char *large = arena_alloc(world_arena, 1002);

    (void)state;
    memset(large, 'x', 1001);
    ask("POST", "/hook", .body = large);
    assert_int_equal(response.status, 413);
}

static void unknown_query_is_refused_all_the_same(void **state)
{
    (void)state;
    ask("POST", "/hook?zz=1", .body = "x");
    assert_int_equal(response.status, 422);
}

static void a_signed_route_looks_at_no_credential(void **state)
{
    (void)state;
    ask("POST", "/hook", .body = "x",
        .headers = { { "Authorization", "Bearer ses_nonsense" }, { "X-Signature", "abc" } });
    assert_int_equal(response.status, 200);
    assert_told("\"signature\":\"abc\",\"size\":1,\"is_person\":false");
    ask("POST", "/hook", .body = "x",
        .headers = { { "Cookie", SESSION_COOKIE "=ses_nonsense" },
            { "Sec-Fetch-Site", "cross-site" }, { "Origin", "http://evil.test" } });
    assert_int_equal(response.status, 200);
}

static void a_public_raw_route_still_minds_bad_bearer_tokens(void **state)
{
    (void)state;
    ask("POST", "/beacon", .body = "x", .headers = { { "Authorization", "Bearer ses_nonsense" } });
    assert_int_equal(response.status, 401);
}

static void the_document_says_any_type(void **state)
{
    const char *document = openapi_document().data;

    (void)state;
    assert_non_null(
        strstr(document, "\"requestBody\":{\"required\":true,\"content\":{\"*/*\":{}}}"));
    assert_null(strstr(document, "\"hook_in\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_bytes_come_as_they_were_sent),
        TEST(bytes_behind_a_nul_are_counted),
        TEST(no_body_is_no_error),
        TEST(more_than_the_limit_is_refused),
        TEST(unknown_query_is_refused_all_the_same),
        TEST(a_signed_route_looks_at_no_credential),
        TEST(a_public_raw_route_still_minds_bad_bearer_tokens),
        TEST(the_document_says_any_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
