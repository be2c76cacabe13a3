/* Heads as bytes: what two servers in a row could read differently is refused before anything looks
 * at it. */
#include "listener_world.h"

/* Before the library's: which version it is decides nothing. */
PUBLIC const char *MHD_get_version(void);
PUBLIC const char *MHD_get_version(void)
{
    return "1.0.1";
}

static void hostile_framing_is_refused_and_the_connection_closed(void **state)
{
    static const struct {
        const char *raw;
        size_t size;
    } cases[] = {
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 0\r\n\r\n"
              "aaaaGET /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n"
              "aaaaGET /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\naaaa") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\naaaa") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\naaaa") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\naaaa") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\naaaa") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
              "4\r\naaaa\r\n0\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
              "0\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n"
              "0\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
              "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x y\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: a@b\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: \r\n\r\n") },
        { RAW("GET /fast HTTP/1.9\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTP/2.0\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTQ/1.1\r\nHost: x\r\n\r\n") },
        { RAW("TRACE /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("G\xc3\xa9T /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("get /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET http://x/fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast%00 HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /a%2f..%2ffast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET //fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /./fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /%2e%2e/fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast\x01 HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast#x HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: a\x01z\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: a\x7f\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX y: a\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX(): a\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Type: "
              "application/json\r\nContent-Length: 2\r\n\r\n{}") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n") },
        { RAW("GET\0 /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET\0X /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast\0 HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast\0/../x HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\0\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\0y\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: a\0\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: \0a\r\nY: b\r\n\r\n") },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 4\0\r\n\r\n"
              "aaaaGET /fast HTTP/1.1\r\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\nHost: x\n\n") },
        { RAW("GET /fast HTTP/1.1\nHost: x\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\nX: y\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: y\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: y\r\n\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n") },
        { RAW("GET /fast HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n") },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        exchange_bytes(cases[i].raw, cases[i].size);
        if (status_of(&answer) < 400)
            fail_msg("let in (%d): %s", status_of(&answer), cases[i].raw);
        if (count(answer.text, "HTTP/1.1 2") > 0 || count(answer.text, "{\"size\"") > 0)
            fail_msg("something was served: %s", cases[i].raw);
    }
    assert_int_equal(posts, 0);
}

static void unusual_heads_that_read_only_one_way_are_let_in(void **state)
{
    char raw[10 * 1024] = "GET /fast HTTP/1.1\r\nHost: x\r\nX-Long: ";
    size_t size = strlen(raw);
    int fd;
    (void)state;
    exchange_bytes(RAW("\r\nGET /fast HTTP/1.1\r\nHost:x\r\nA:\r\nB: \r\nC:\t c \t\r\n\r\n"));
    assert_int_equal(status_of(&answer), 200);
    exchange_bytes(RAW("GET /fast?%41=1&b=%20 HTTP/1.1\r\nHost: x\r\nCookie: a=b; c\r\n\r\n"));
    assert_int_equal(status_of(&answer), 422); /* for its query */

    /* Read in two pieces, the second of which does not fit into the library's first buffer. */
    memset(raw + size, 'a', sizeof raw - size);
    memcpy(raw + sizeof raw - 13, "\r\nLast: z\r\n\r\n", 13);
    fd = dial();
    send_bytes(fd, raw, 3000);
    usleep(20 * 1000);
    send_bytes(fd, raw + 3000, sizeof raw - 3000);
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    close(fd);
}

static void a_refused_head_closes_the_connection(void **state)
{
    (void)state;
    exchange_bytes(RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n0\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(status_of(&answer), 400);
    assert_true(answer.closed);
    assert_non_null(strstr(answer.text, "application/problem+json"));
    assert_int_equal(count(answer.text, "HTTP/1.1 "), 1);
}

static void more_than_64_headers_are_refused(void **state)
{
    char raw[2048] = "GET /fast HTTP/1.1\r\nHost: x\r\n";
    (void)state;
    for (int i = 0; i < 63; i++)
        snprintf(raw + strlen(raw), sizeof raw - strlen(raw), "X-%d: y\r\n", i);
    snprintf(raw + strlen(raw), sizeof raw - strlen(raw), "\r\n");
    exchange_bytes(raw, strlen(raw));
    assert_int_equal(status_of(&answer), 200);
    snprintf(raw + strlen(raw) - 2, 16, "X-64: y\r\n\r\n");
    exchange_bytes(raw, strlen(raw));
    assert_int_equal(status_of(&answer), 400);
}

static void an_oversized_body_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    exchange_bytes(RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       "Content-Length: 10737418240\r\n\r\n"));
    assert_int_equal(status_of(&answer), 413);
    exchange_bytes(RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n"));
    assert_int_equal(status_of(&answer), 413);
    exchange_bytes(RAW("POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assert_int_equal(status_of(&answer), 411);
    assert_int_equal(posts, 0);
}

static void who_waits_for_100_continue_gets_it(void **state)
{
    int fd = dial();
    (void)state;
    send_bytes(fd, RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n"));
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 100);
    send_bytes(fd, RAW("{\"text\":\"\"}"));
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    close(fd);
}

static void a_head_without_host_is_answered_once_and_as_every_other(void **state)
{
    (void)state;
    exchange_bytes(RAW("GET /fast HTTP/1.1\r\nX: y\r\n\r\n"));
    assert_int_equal(status_of(&answer), 400);
    assert_int_equal(count(answer.text, "HTTP/1.1 "), 1);
    assert_non_null(strstr(answer.text, "application/problem+json"));
    assert_non_null(strstr(answer.text, "X-Request-Id"));
    assert_true(answer.closed);
}

/* `prefix`, then `unit` as often as `size` bytes hold, then the end of the head. */
static void ask_with_head_of(const char *prefix, const char *unit, size_t size)
{
    size_t n = strlen(prefix), each = strlen(unit);
    char *raw = malloc(size + 64);

    memcpy(raw, prefix, n);
    for (; n + each <= size; n += each)
        memcpy(raw + n, unit, each);
    n += (size_t)snprintf(raw + n, 64, "%s",
        strstr(prefix, "HTTP/1.1") ? "\r\n\r\n" : " HTTP/1.1\r\nHost: x\r\n\r\n");
    exchange_bytes(raw, n);
    free(raw);
}

/* Whatever fills a connection's memory, and however far: there is an answer. */
static void every_size_of_head_is_answered(void **state)
{
    static const struct {
        const char *prefix, *unit;
    } kinds[] = {
        { "GET /fast HTTP/1.1\r\nHost: x\r\nX-Long: ", "a" },
        { "GET /fast HTTP/1.1\r\nHost: x\r\nCookie: a=", "b" },
        { "GET /fast HTTP/1.1\r\nHost: x\r\nCookie: a=b", "; c=d" },
        { "GET /fast HTTP/1.1\r\nHost: x\r\nCookie: a=b", ";c" },
        { "GET /fast?a=b", "&c" },
        { "GET /", "f" },
    };
    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t size = 250; size < 40000; size += size < 2000 ? 250 : 500) {
            ask_with_head_of(kinds[k].prefix, kinds[k].unit, size);
            if (status_of(&answer) == 0)
                fail_msg("no answer: \"%s\" at %zu bytes", kinds[k].unit, size);
        }
        assert_in_range(status_of(&answer), 414, 431);
    }
}

static void what_was_let_in_is_let_in(void **state)
{
    (void)state;
    ask_with_head_of("GET /fast HTTP/1.1\r\nHost: x\r\nX-Long: ", "a", 15500);
    assert_int_equal(status_of(&answer), 200);
    ask_with_head_of("GET /fast HTTP/1.1\r\nHost: x\r\nCookie: a=", "b", 8500);
    assert_int_equal(status_of(&answer), 200);
}

static void a_head_that_is_too_large_is_a_problem_of_ours(void **state)
{
    (void)state;
    ask_with_head_of("GET /fast HTTP/1.1\r\nHost: x\r\nX-Long: ", "a", 17000);
    assert_int_equal(status_of(&answer), 431);
    assert_non_null(strstr(answer.text, "\"code\":\"head-too-large\""));
    assert_non_null(strstr(answer.text, "X-Request-Id"));
    assert_non_null(strstr(answer.text, "Connection: close"));
    assert_true(answer.closed);
}

static void what_the_library_answers_itself_is_counted(void **state)
{
    (void)state;
    ask_with_head_of("GET /fast HTTP/1.1\r\nHost: x\r\nX-Long: ", "a", 39000);
    assert_int_equal(status_of(&answer), 431);
    ask_with_head_of("GET /", "f", 39000);
    assert_int_equal(status_of(&answer), 414);
    assert_metric("\nashlar_http_unreadable_total{answer=\"431\"} 1\n");
    assert_metric("\nashlar_http_unreadable_total{answer=\"414\"} 1\n");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hostile_framing_is_refused_and_the_connection_closed),
        TEST(unusual_heads_that_read_only_one_way_are_let_in),
        TEST(a_refused_head_closes_the_connection),
        TEST(more_than_64_headers_are_refused),
        TEST(an_oversized_body_is_refused_before_it_is_sent),
        TEST(who_waits_for_100_continue_gets_it),
        TEST(a_head_without_host_is_answered_once_and_as_every_other),
        TEST(every_size_of_head_is_answered),
        TEST(what_was_let_in_is_let_in),
        TEST(a_head_that_is_too_large_is_a_problem_of_ours),
        TEST(what_the_library_answers_itself_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
