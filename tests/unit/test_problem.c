/* The phases of a request as clients see them: responses, failures, headers. No socket, no
 * database.
 */
#include "http_world.h"
#include "http/request/exchange.h"
#include <limits.h>

static const struct error_kind GONE_WRONG = { "test/gone-wrong", 409, "Gone wrong", "Do less." };
static const struct error_kind OWN_LIMIT = { "test/own-limit", 429, "Too often", "Wait." };

struct thing {
    const char *name;
    int64_t version;
};
static const struct field thing_fields[] = {
    TEXT(thing, name, .max = 20, .doc = "Name"),
    INT(thing, version, .etag = true, .doc = "Version"),
};
static SHAPE(thing);

struct plain {
    const char *name;
};
static const struct field plain_fields[] = {
    TEXT(plain, name, .doc = "Name"),
};
static SHAPE(plain);

struct thing_in {
    const char *id, *name, *colour;
};
static const struct field thing_in_fields[] = {
    TEXT(thing_in, id, .in = PATH, .doc = "Which"),
    TEXT(thing_in, name, .max = 20, .doc = "Name"),
    TEXT(thing_in, colour, .in = QUERY, .one_of = "red|blue", .fallback = "red", .doc = "Colour"),
};
static SHAPE(thing_in);

static int runs, left_ms;

HANDLER(get_thing, nothing, thing)
{
    (void)in;
    (void)c;
    *out = (struct thing){ "ann", 7 };
    return NULL;
}

HANDLER(get_plain, nothing, plain)
{
    (void)in;
    out->name = request_user_agent(c) ? request_user_agent(c) : "nobody";
    return NULL;
}

HANDLER(put_thing, thing_in, thing)
{
    runs++;
    left_ms = ctx_left_ms(c);
    TRY(ctx_match_version(c, 7));
    *out = (struct thing){ arena_printf(c->arena, "%s/%s/%s", in->id, in->name, in->colour), 8 };
    return NULL;
}

HANDLER(poke, nothing, nothing)
{
    (void)in, (void)out;
    runs++;
    response_cookie(c, &(struct cookie){ .name = "left", .value = "behind" });
    response_forget_site(c);
    return NULL;
}

HANDLER(break_down, nothing, nothing)
{
    (void)in, (void)out;
    response_cookie(c, &(struct cookie){ .name = "left", .value = "behind" });
    response_retry_after(c, 77); /* of something that went well at the second try */
    return problem(c, &GONE_WRONG, "name", "It was %s.", "wrong");
}

HANDLER(fall_over, nothing, nothing)
{
    err ignored = problem(c, &GONE_WRONG, NULL, "SELECT secret FROM internals");
    (void)in, (void)out, (void)ignored;
    return &ERR_INTERNAL;
}

HANDLER(refuse_without_a_time, nothing, nothing)
{
    (void)in, (void)out;
    return problem(c, &OWN_LIMIT, NULL, "Slower.");
}

HANDLER(throttle, nothing, nothing)
{
    (void)in, (void)out;
    response_retry_after(c, 77);
    return problem(c, &ERR_RATE_LIMITED, NULL, "Slower.");
}

#define ROW(m, p, i, fn, st)                                                                       \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .tx = TX_MANUAL, .status = st, .errors = ERRORS(&GONE_WRONG, &OWN_LIMIT),                      \
    .idempotency = KEY_IGNORED, .handler = BY(fn)

static const struct route routes[] = {
    { ROW(GET, "/thing", "getThing", get_thing, 200) },
    { ROW(GET, "/plain", "getPlain", get_plain, 200), .deprecated = "2027-01-01",
        .sunset = "2028-01-01" },
    { ROW(PUT, "/things/{id}", "putThing", put_thing, 200) },
    { ROW(POST, "/poke", "poke", poke, 204) },
    { ROW(POST, "/break", "breakDown", break_down, 204) },
    { ROW(POST, "/fall", "fallOver", fall_over, 204) },
    { ROW(POST, "/throttle", "throttle", throttle, 204) },
    { ROW(POST, "/refuse", "refuse", refuse_without_a_time, 204) },
    { .method = POST,
        .path = "/limited",
        .id = "limited",
        .summary = "s",
        .auth = AUTH_PUBLIC,
        .rate = RATE_SENSITIVE,
        .tx = TX_MANUAL,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(poke) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

static int begin(void **state)
{
    (void)state;
    world_start(&test_module, (const char *const[]){ "ASHLAR_PUBLIC_URL=http://api.test",
                                  "ASHLAR_RATE_LIMITS=true", NULL });
    runs = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end();
    return 0;
}

#define JSON                                                                                       \
    {                                                                                              \
        "Content-Type", "application/json"                                                         \
    }

static void a_reply_is_rendered_from_its_shape(void **state)
{
    (void)state;
    ask("GET", "/thing");
    assert_int_equal(response.status, 200);
    assert_string_equal(response_text(), "{\"name\":\"ann\",\"version\":7}");
    assert_header("Content-Type", "application/json");
    assert_header("X-Content-Type-Options", "nosniff");
    assert_header("Cache-Control", "private, no-cache");
    assert_string_equal(response.route_id, "getThing");
    assert_int_equal(strncmp(response_header("X-Request-Id"), "req_", 4), 0);
}

static void an_etag_that_still_fits_saves_the_body(void **state)
{
    const char *tag;
    (void)state;
    ask("GET", "/thing");
    tag = response_header("ETag");
    assert_int_equal(strncmp(tag, "\"v7.", 4), 0);
    ask("GET", "/thing", .headers = { { "If-None-Match", tag } });
    assert_int_equal(response.status, 304);
    assert_int_equal(response.body.size, 0);
    assert_header("ETag", tag);
    assert_null(response_header("Content-Type"));
    /* The version alone says nothing about what this reader is shown. */
    ask("GET", "/thing", .headers = { { "If-None-Match", "\"v7\"" } });
    assert_int_equal(response.status, 200);
}

static void a_reply_without_version_has_an_etag_over_its_bytes(void **state)
{
    const char *tag;
    (void)state;
    ask("GET", "/plain");
    tag = response_header("ETag");
    ask("GET", "/plain", .headers = { { "If-None-Match", tag } });
    assert_int_equal(response.status, 304);
    ask("GET", "/plain", .headers = { { "If-None-Match", tag }, { "User-Agent", "other" } });
    assert_int_equal(response.status, 200);
}

static void if_match_guards_a_change(void **state)
{
    (void)state;
    ask("PUT", "/things/a", "{\"name\":\"n\"}", { JSON, { "If-Match", "\"v6\"" } });
    assert_int_equal(response.status, 412);
    assert_told("\"code\":\"precondition-failed\"");
    ask("PUT", "/things/a", "{\"name\":\"n\"}", { JSON, { "If-Match", "\"v7\"" } });
    assert_int_equal(response.status, 200);
    assert_int_equal(strncmp(response_header("ETag"), "\"v8.", 4), 0);
    assert_header("Cache-Control", "no-store");
}

static void a_guard_that_cannot_be_kept_is_refused(void **state)
{
    (void)state;
    runs = 0;
    ask("POST", "/poke", .headers = { { "If-Match", "\"v6\"" } });
    assert_int_equal(response.status, 400);
    assert_told("\"pointer\":\"header:If-Match\"");
    assert_int_equal(runs, 0);
    ask("POST", "/poke", .headers = { { "If-Match", "*" } });
    assert_int_equal(response.status, 204);
    ask("GET", "/plain", .headers = { { "If-Match", "\"v6\"" } });
    assert_int_equal(response.status, 200);
}

static void whoever_must_wait_is_told_how_long_and_nobody_else(void **state)
{
    (void)state;
    ask("POST", "/refuse");
    assert_int_equal(response.status, 429);
    assert_in_range(strtol(response_header("Retry-After"), NULL, 10), 1, 3);
    ask("POST", "/break");
    assert_int_equal(response.status, 409);
    assert_null(response_header("Retry-After"));
}

static void probes_have_no_bound_that_others_could_fill(void **state)
{
    (void)state;
    http_limit_manual(0);
    ask("POST", "/poke");
    assert_int_equal(response.status, 503);
    assert_non_null(response_header("Retry-After"));
    ask("GET", "/livez", .headers = { { "Cookie", SESSION_COOKIE "=ses_of_somebody" } });
    assert_int_equal(response.status, 200);
    assert_null(response_header("Set-Cookie"));
    http_limit_manual(INT_MAX);
}

/* "Why did this fail?" is asked of the log. */
static void the_line_of_a_failure_has_its_code(void **state)
{
    char lines[8192];
    int ends[2];
    ssize_t n;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    log_start_by_name("info", "json");
    log_redirect(ends[1]);
    ask("GET", "/thing");
    ask("POST", "/break");
    log_redirect(-1);
    log_start_by_name("error", "json");
    n = read(ends[0], lines, sizeof lines - 1);
    assert_true(n > 0);
    lines[n] = '\0';
    assert_non_null(strstr(lines, "\"status\":200,"));
    assert_non_null(strstr(lines, "\"address\":\"192.0.2.7\"}\n"));
    assert_non_null(strstr(lines, "\"address\":\"192.0.2.7\",\"code\":\"test/gone-wrong\"}\n"));
    close(ends[0]);
    close(ends[1]);
}

static void a_compressed_body_is_not_read(void **state)
{
    (void)state;
    ask("PUT", "/things/a", "{\"name\":\"n\"}", { JSON, { "Content-Encoding", "gzip" } });
    assert_int_equal(response.status, 415);
    assert_told("header:Content-Encoding");
    assert_int_equal(runs, 0);
    ask("PUT", "/things/a", "{\"name\":\"n\"}", { JSON, { "Content-Encoding", "identity" } });
    assert_int_equal(response.status, 200);
}

static void head_is_get(void **state)
{
    (void)state;
    ask("HEAD", "/thing");
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body.size, strlen("{\"name\":\"ann\",\"version\":7}"));
}

static void path_query_and_body_fill_one_struct(void **state)
{
    (void)state;
    ask("PUT", "/things/a%20b?colour=blue", "{\"name\":\"n\"}", { JSON });
    assert_told("a b/n/blue");
    ask("PUT", "/things/%C3%A9", "{\"name\":\"n\"}",
        { { "content-type", "Application/JSON; charset=UTF-8" } });
    assert_told("\xc3\xa9/n/red");
}

static void what_is_wrong_with_the_input_is_told_at_once(void **state)
{
    (void)state;
    ask("PUT", "/things/a?colour=green&size=1", "{\"name\":\"\",\"extra\":1}", { JSON });
    assert_int_equal(response.status, 422);
    assert_header("Content-Type", "application/problem+json");
    assert_told("\"pointer\":\"query:colour\"");
    assert_told("\"pointer\":\"query:size\"");
    assert_told("\"pointer\":\"/name\"");
    assert_told("\"pointer\":\"/extra\"");
    assert_int_equal(runs, 0);
}

static void only_json_is_read(void **state)
{
    static const char *const types[] = { "text/plain", "application/x-www-form-urlencoded",
        "application/json; charset=latin1", "application/jsonp", "multipart/form-data", "" };
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        ask("PUT", "/things/a", "{\"name\":\"n\"}", { { "Content-Type", types[i] } });
        assert_int_equal(response.status, 415);
    }
    ask("PUT", "/things/a", "{\"name\":\"n\"}");
    assert_int_equal(response.status, 415);
    ask("PUT", "/things/a", "{\"name\":", { JSON });
    assert_int_equal(response.status, 400);
    assert_told("bad-json");
    assert_int_equal(runs, 0);
}

static void a_body_past_the_limit_is_refused(void **state)
{
    char *body = malloc(70 * 1024);
    (void)state;
    memset(body, ' ', 70 * 1024);
    body[70 * 1024 - 1] = '\0';
    ask("PUT", "/things/a", body, { JSON });
    assert_int_equal(response.status, 413);
    free(body);
}

static void a_form_nobody_reads_is_ignored_where_nobody_is_signed_in(void **state)
{
    (void)state;
    ask("POST", "/poke", "List-Unsubscribe=One-Click",
        { { "Content-Type", "application/x-www-form-urlencoded" } });
    assert_int_equal(response.status, 204);
    ask("POST", "/poke", "{\"unknown\":1}", { JSON });
    assert_int_equal(response.status, 422);
}

static void unknown_paths_methods_and_forms_are_told_apart(void **state)
{
    (void)state;
    ask("GET", "/nothing");
    assert_int_equal(response.status, 404);
    assert_string_equal(response.route_id, "unmatched");
    ask("POST", "/thing");
    assert_int_equal(response.status, 405);
    assert_header("Allow", "GET, HEAD, OPTIONS");
    ask("BREW", "/thing");
    assert_int_equal(response.status, 405);
    ask("GET", "/a/../thing");
    assert_int_equal(response.status, 400);
    ask("GET", "/things/%ff");
    assert_int_equal(response.status, 405);
    ask("PUT", "/things/%ff", "{\"name\":\"n\"}", { JSON });
    assert_int_equal(response.status, 400);
    ask("PUT", "/things/a?colour=%00", "{\"name\":\"n\"}", { JSON });
    assert_int_equal(response.status, 400);
}

static void a_problem_names_its_code_detail_and_request(void **state)
{
    (void)state;
    ask("POST", "/break");
    assert_int_equal(response.status, 409);
    assert_header("Content-Type", "application/problem+json");
    assert_header("Cache-Control", "no-store");
    assert_told("{\"type\":\"http://api.test/errors/test/gone-wrong\",\"title\":\"Gone wrong\","
                "\"status\":409,\"code\":\"test/gone-wrong\",\"detail\":\"It was wrong.\","
                "\"request_id\":\"req_");
    assert_told("\"errors\":[{\"pointer\":\"/name\",\"code\":\"test/gone-wrong\"");
    assert_told(response_header("X-Request-Id"));
}

static void internals_are_not_told(void **state)
{
    (void)state;
    ask("POST", "/fall");
    assert_int_equal(response.status, 500);
    assert_told("\"code\":\"internal\"");
    assert_false(told("SELECT"));
    assert_false(told("detail"));
}

static void a_failed_handler_leaves_no_cookie(void **state)
{
    (void)state;
    ask("POST", "/break");
    assert_null(response_header("Set-Cookie"));
    ask("POST", "/poke");
    assert_header("Set-Cookie", "left=behind; Path=/; HttpOnly; SameSite=Lax");
    assert_header("Clear-Site-Data", "\"cookies\", \"storage\"");
}

static void a_throttle_says_when_to_come_back(void **state)
{
    (void)state;
    ask("POST", "/throttle");
    assert_int_equal(response.status, 429);
    assert_header("Retry-After", "77");
}

static void an_address_has_its_limit(void **state)
{
    int let_in = 0;
    (void)state;
    for (int i = 0; i < 40; i++) {
        ask("POST", "/limited", .peer = "198.51.100.1");
        let_in += response.status == 204;
    }
    assert_int_equal(let_in, 30);
    assert_int_equal(response.status, 429);
    assert_told("\"code\":\"rate-limited\"");
    assert_int_not_equal(strtol(response_header("Retry-After"), NULL, 10), 0);
    assert_header("RateLimit-Policy", "\"sensitive-address\";q=30;w=60");
    ask("POST", "/limited", .peer = "198.51.100.2");
    assert_int_equal(response.status, 204);
    assert_header("RateLimit", "\"sensitive-address\";r=29;t=2");
}

static void what_goes_away_says_so(void **state)
{
    (void)state;
    ask("GET", "/plain");
    assert_header("Deprecation", "@1798761600");
    assert_header("Sunset", "Sat, 01 Jan 2028 00:00:00 GMT");
}

static void a_browsers_name_is_cut_and_must_be_text(void **state)
{
    char name[301];
    (void)state;
    memset(name, 'a', 300);
    name[300] = '\0';
    ask("GET", "/plain", .headers = { { "User-Agent", name } });
    assert_int_equal(response.body.size, strlen("{\"name\":\"\"}") + 200);
    ask("GET", "/plain", .headers = { { "User-Agent", "\xff" } });
    assert_told("nobody");
}

static void every_code_has_a_page(void **state)
{
    (void)state;
    ask("GET", "/errors/not-found");
    assert_int_equal(response.status, 200);
    assert_header("Content-Type", "text/html; charset=utf-8");
    assert_told("<code>not-found</code>, status 404");
    ask("GET", "/errors/test/gone-wrong");
    assert_told("Do less.");
    ask("GET", "/errors");
    assert_told("/errors/test/gone-wrong");
    ask("GET", "/errors/test/no-such");
    assert_int_equal(response.status, 404);
}

static void the_operations_door_serves_the_platforms_routes_only(void **state)
{
    struct http_request q = { .method = "GET", .target = "/thing", .ops = true };
    (void)state;
    http_handle(world_arena, &q, &response);
    assert_int_equal(response.status, 404);
    q.target = "/metrics";
    http_handle(world_arena, &q, &response);
    assert_int_equal(response.status, 200);
    assert_told("getThing");
}

static void a_body_is_judged_before_it_is_read(void **state)
{
    struct http_header headers[] = { { "Content-Length", "65536" }, { "Host", "x" } };
    struct http_request q = {
        .method = "PUT", .target = "/things/a", .headers = headers, .n_headers = COUNT(headers)
    };
    struct http_body coming;
    (void)state;
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 0);
    assert_int_equal(coming.max, 65536);
    headers[0].value = "65537";
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 413);
    headers[0].value = "99999999999999999999";
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 400);
    headers[0] = (struct http_header){ "Transfer-Encoding", "chunked" };
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 411);
    q.target = "/nothing";
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 404);
}

/* The exchange that was opened before the body is the one that is answered. */
static void a_request_with_a_body_is_opened_once(void **state)
{
    struct http_header headers[] = { { "Content-Length", "2" }, { "Host", "x" },
        { "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" } };
    struct http_request q = {
        .method = "PUT", .target = "/things/a", .headers = headers, .n_headers = COUNT(headers)
    };
    struct http_body coming;
    const struct exchange *opened;
    const char *id;
    (void)state;
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 0);
    assert_non_null(q.opened);
    opened = q.opened;
    id = arena_strdup(world_arena, opened->c.request_id);
    /* No route has it any more: were it matched again, this would be 404. */
    q.target = "/nothing";
    q.body = "{}";
    q.body_size = 2;
    http_handle(world_arena, &q, &response);
    assert_int_not_equal(response.status, 404);
    assert_string_equal(response.route_id, opened->route->id);
    assert_header("X-Request-Id", id);
}

static void an_upload_takes_nothing_of_the_handlers_time(void **state)
{
    struct http_header headers[] = { { "Content-Length", "12" }, { "Host", "x" },
        { "Content-Type", "application/json" } };
    struct http_request q = {
        .method = "PUT", .target = "/things/a", .headers = headers, .n_headers = COUNT(headers)
    };
    struct http_body coming;
    (void)state;
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 0);
    q.opened->started_us -= SECONDS(3600);
    q.opened->c.deadline_us -= SECONDS(3600);
    q.body = "{\"name\":\"b\"}";
    q.body_size = 12;
    left_ms = 0;
    http_handle(world_arena, &q, &response);
    assert_int_equal(response.status, 200);
    assert_true(left_ms > 0);
    assert_true(clock_monotonic_us() - q.opened->started_us < SECONDS(3600));
}

static void a_request_with_a_body_counts_once(void **state)
{
    struct http_header headers[] = { { "Content-Length", "2" }, { "Host", "x" },
        { "Content-Type", "application/json" } };
    struct http_request q = { .method = "POST",
        .target = "/limited",
        .headers = headers,
        .n_headers = COUNT(headers),
        .peer = "192.0.2.7" };
    struct http_body coming;
    (void)state;
    assert_int_equal(http_preflight(world_arena, &q, &coming, &response), 0);
    assert_int_equal(q.opened->rate.left, 29);
    q.body = "{}";
    q.body_size = 2;
    http_handle(world_arena, &q, &response);
    assert_int_equal(response.status, 204);
    assert_int_equal(q.opened->rate.left, 29);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reply_is_rendered_from_its_shape),
        TEST(an_etag_that_still_fits_saves_the_body),
        TEST(a_reply_without_version_has_an_etag_over_its_bytes),
        TEST(if_match_guards_a_change),
        TEST(a_guard_that_cannot_be_kept_is_refused),
        TEST(whoever_must_wait_is_told_how_long_and_nobody_else),
        TEST(probes_have_no_bound_that_others_could_fill),
        TEST(the_line_of_a_failure_has_its_code),
        TEST(a_compressed_body_is_not_read),
        TEST(head_is_get),
        TEST(path_query_and_body_fill_one_struct),
        TEST(what_is_wrong_with_the_input_is_told_at_once),
        TEST(only_json_is_read),
        TEST(a_body_past_the_limit_is_refused),
        TEST(a_form_nobody_reads_is_ignored_where_nobody_is_signed_in),
        TEST(unknown_paths_methods_and_forms_are_told_apart),
        TEST(a_problem_names_its_code_detail_and_request),
        TEST(internals_are_not_told),
        TEST(a_failed_handler_leaves_no_cookie),
        TEST(a_throttle_says_when_to_come_back),
        TEST(an_address_has_its_limit),
        TEST(what_goes_away_says_so),
        TEST(a_browsers_name_is_cut_and_must_be_text),
        TEST(every_code_has_a_page),
        TEST(the_operations_door_serves_the_platforms_routes_only),
        TEST(a_body_is_judged_before_it_is_read),
        TEST(a_request_with_a_body_is_opened_once),
        TEST(a_request_with_a_body_counts_once),
        TEST(an_upload_takes_nothing_of_the_handlers_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
