/* Heads and chunks that cannot be read, whole and in pieces: each has exactly one answer of the
 * usual form, and nothing behind it on its connection is read. On both runtimes. */
#include "listener_world.h"
#include <netinet/tcp.h>

enum { LONGEST = 200 * 1024, SOON_MS = 3000 };

#define GOOD "GET /fast HTTP/1.1\r\nHost: x\r\n"

/* --- Answers --- */

struct response {
    int status;
    bool problem, close;
};

static bool has_line(const char *head, size_t size, const char *line)
{
    const char *at = memmem(head, size, line, strlen(line));
    return at != NULL && at < head + size;
}

/* One whole response at `*at`, which then is behind it. */
static bool next_response(const char **at, struct response *out)
{
    static const char length[] = "\r\nContent-Length: ";
    const char *end = strstr(*at, "\r\n\r\n"), *sized;
    size_t size, body;

    if (end == NULL || strncmp(*at, "HTTP/1.1 ", 9) != 0)
        return false;
    size = (size_t)(end + 2 - *at);
    sized = memmem(*at, size, length, sizeof length - 1);
    body = sized ? strtoul(sized + sizeof length - 1, NULL, 10) : 0;
    if (strlen(end + 4) < body)
        return false;
    out->status = (int)strtol(*at + 9, NULL, 10);
    out->problem = has_line(*at, size, "\r\nContent-Type: application/problem+json\r\n") &&
                   has_line(*at, size, "\r\nX-Request-Id: ") && body > 0 &&
                   memmem(end, 4 + body, "\"code\":\"", 8) != NULL;
    out->close = has_line(*at, size, "\r\nConnection: close\r\n");
    *at = end + 4 + body;
    return true;
}

static void assert_answers(const char *what, int served, int status)
{
    const char *at = answer.text;
    struct response r = { 0 };

    for (int i = 0; i < served; i++) {
        if (!next_response(&at, &r) || r.status != 200)
            fail_msg("%s: of %d that were good number %d is %d: %.300s", what, served, i, r.status,
                answer.text);
    }
    if (!next_response(&at, &r))
        fail_msg("%s: no whole answer: %.600s", what, at);
    if (r.status != status || !r.problem || !r.close)
        fail_msg("%s: not %d as a problem, then closed: %.900s", what, status, at);
    if (*at != '\0')
        fail_msg("%s: something behind its answer: %.600s", what, at);
    if (!answer.closed)
        fail_msg("%s: the connection stays open", what);
}

/* --- Sending --- */

/* In pieces of `piece` bytes, 0: at once. */
static void send_in(const char *data, size_t size, size_t piece)
{
    int fd = dial(), on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (piece == 0)
        piece = size;
    for (size_t sent = 0; sent < size; sent += piece) {
        send_bytes(fd, data + sent, size - sent < piece ? size - sent : piece);
        if (piece < size)
            usleep(500);
    }
    listen_to(fd, SOON_MS, &answer);
    close(fd);
}

/* Alone, in pieces, and behind requests that are served. */
static void assert_refused(const char *what, const char *data, size_t size, int status)
{
    static const char ahead[] = GOOD "\r\n" GOOD "\r\n";
    char *both = malloc(sizeof ahead - 1 + size);

    send_in(data, size, 0);
    assert_answers(what, 0, status);
    send_in(data, size, size > 4000 ? 3001 : 7);
    assert_answers(what, 0, status);
    memcpy(both, ahead, sizeof ahead - 1);
    memcpy(both + sizeof ahead - 1, data, size);
    send_in(both, sizeof ahead - 1 + size, 0);
    assert_answers(what, 2, status);
    send_in(both, sizeof ahead - 1 + size, 61 + size / 100);
    assert_answers(what, 2, status);
    free(both);
}

/* --- Sizes --- */

/* `prefix`, `unit` as often as it fits, `suffix`, the end of the head, and another request. */
static void refuse_size(
    const char *prefix, const char *unit, const char *suffix, size_t size, int status)
{
    size_t n = strlen(prefix), each = strlen(unit);
    char *raw = malloc(size + 256), what[100];

    memcpy(raw, prefix, n);
    for (; n + each <= size; n += each)
        memcpy(raw + n, unit, each);
    n += (size_t)snprintf(raw + n, 256, "%s\r\n\r\n" GOOD "\r\n", suffix);
    snprintf(what, sizeof what, "%zu bytes of \"%.10s\" behind \"%.20s\"", size, unit, prefix);
    assert_refused(what, raw, n, status);
    free(raw);
}

static void heads_of_every_size_have_one_answer(void **state)
{
    static const size_t sizes[] = { 17000, 20000, 24000, 26500, 30000, 32768, 33000, 40000, 65536,
        100000, LONGEST };
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        refuse_size(GOOD "X-Long: ", "a", "", sizes[i], 431);
        refuse_size(GOOD "Cookie: a=", "b", "", sizes[i], 431);
        refuse_size(GOOD "Cookie: a=b", "; c=d", "", sizes[i], 431);
        refuse_size(GOOD, "X-Many: y\r\n", "X: z", sizes[i], 431);
        refuse_size("GET /", "f", " HTTP/1.1\r\nHost: x", sizes[i], 414);
        refuse_size("GET /fast?a=b", "&c=d", " HTTP/1.1\r\nHost: x", sizes[i], 414);
    }
}

/* Where cookies and fields fill the memory sooner than their bytes do. */
static void cookies_and_fields_that_fill_the_memory_have_one_answer(void **state)
{
    (void)state;
    refuse_size(GOOD "Cookie: a=", "b", "", 13000, 431);
    refuse_size(GOOD "Cookie: a=", "b", "", 16000, 431);
    refuse_size(GOOD "Cookie: a=b", ";c", "", 2000, 431);
    refuse_size(GOOD "Cookie: a=b", ",c", "", 6000, 431);
    refuse_size(GOOD, "A:\r\n", "X: z", 3000, 431);
    refuse_size(GOOD, "A:\r\n", "X: z", 1000, 400);
}

static void just_small_enough_is_served(void **state)
{
    static char raw[20000];
    size_t n = sizeof GOOD - 1;
    (void)state;
    memset(raw, 'a', sizeof raw);
    memcpy(raw, GOOD "X: ", n + 3);
    memcpy(raw + LIMIT_HEAD - 4, "\r\n\r\n", 4);
    for (size_t piece = 0; piece < 4000; piece = piece * 3 + 997) {
        send_in(raw, LIMIT_HEAD, piece);
        assert_int_equal(status_of(&answer), 200);
        assert_int_equal(count(answer.text, "HTTP/1.1 "), 1);
    }
    memcpy(raw + LIMIT_HEAD - 4, "a\r\n\r\n", 5);
    send_in(raw, LIMIT_HEAD + 1, 0);
    assert_answers("a byte more", 0, 431);
}

/* --- Forms --- */

#define POST_CHUNKS "POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
#define AND_MORE    "\r\n\r\n" GOOD "\r\n"

static void heads_of_other_forms_have_one_answer(void **state)
{
    static const struct {
        const char *raw;
        size_t size;
        int status;
    } heads[] = {
        { RAW("GET /fast" AND_MORE), 400 },
        { RAW("GET" AND_MORE), 400 },
        { RAW("GET /fast HTTP/0.9" AND_MORE), 505 },
        { RAW("GET /fast HTTP/2.0\r\nHost: x" AND_MORE), 505 },
        { RAW("GET /fast HTTP/3.1\r\nHost: x" AND_MORE), 505 },
        { RAW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
        { RAW("GET /fast HTTP/1.2\r\nHost: x" AND_MORE), 505 },
        { RAW("GET /fast HTTP/11\r\nHost: x" AND_MORE), 400 },
        { RAW("GET /fast HTTP/1.10\r\nHost: x" AND_MORE), 400 },
        { RAW("GET /fast http/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("GET /fastHTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("GET /fast HTTP/1.1 \r\nHost: x" AND_MORE), 400 },
        { RAW("GET /fa st HTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("GET  /fast HTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW(" GET /fast HTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("GET\t/fast\tHTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("get /fast HTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("BREW /fast HTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("AMETHODOFMANYLETTERS /fast HTTP/1.1\r\nHost: x" AND_MORE), 400 },
        { RAW("junk" AND_MORE), 400 },
        { RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" AND_MORE), 400 },
        { RAW("\n\n" GOOD "\r\n"), 400 },
        { RAW("GET /fast HTTP/1.1\nHost: x\n\n" GOOD "\r\n"), 400 },
        { RAW("GET /fast HTTP/1.1" AND_MORE), 400 },
        { RAW(GOOD "Host: y" AND_MORE), 400 },
        { RAW(GOOD "nameless" AND_MORE), 400 },
        { RAW("GET /fast HTTP/1.1\r\nnameless" AND_MORE), 400 },
        { RAW(GOOD ": nameless" AND_MORE), 400 },
        { RAW(GOOD "X : y" AND_MORE), 400 },
        { RAW(GOOD "X: y\r\n folded" AND_MORE), 400 },
        { RAW("GET /fast HTTP/1.1\r\n Host: x" AND_MORE), 400 },
        { RAW(GOOD "X: a\0b" AND_MORE), 400 },
        { RAW(GOOD "X: a\rb" AND_MORE), 400 },
        { RAW(GOOD "Content-Length: 4 4" AND_MORE), 400 },
        { RAW(GOOD "Content-Length: -4" AND_MORE), 400 },
        { RAW(GOOD "Content-Length: 4x" AND_MORE), 400 },
        { RAW(GOOD "Content-Length:" AND_MORE), 400 },
        { RAW(GOOD "Content-Length: 4\r\nContent-Length: 5" AND_MORE), 400 },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 10737418240" AND_MORE), 413 },
        { RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999" AND_MORE),
            413 },
        { RAW("POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0" AND_MORE),
            400 },
        { RAW("POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n0" AND_MORE), 400 },
        { RAW("POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0" //
              AND_MORE),
            400 },
        { RAW("POST /raw HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0" AND_MORE),
            400 },
        { RAW(POST_CHUNKS "zz\r\naaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "\r\naaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "-4\r\naaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "0x4\r\naaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "4 \r\naaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "4\naaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "4\r\naaaaa" AND_MORE), 400 },
        { RAW(POST_CHUNKS "4\r\naaaa\n0" AND_MORE), 400 },
        { RAW(POST_CHUNKS "4;a\nb\r\naaaa\r\n0" AND_MORE), 400 },
        { RAW(POST_CHUNKS "fffffffffffffffff\r\naaaa" AND_MORE), 413 },
        { RAW(POST_CHUNKS "4\r\naaaa\r\n0\r\nX: trailer" AND_MORE), 400 },
        { RAW(POST_CHUNKS "4\r\naaaa\r\n0\r\nnameless" AND_MORE), 400 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++)
        assert_refused(heads[i].raw, heads[i].raw, heads[i].size, heads[i].status);
    assert_int_equal(posts, 0);
}

/* A response to HEAD has no body: what follows would be read as the next response. */
static void head_is_refused_without_a_body(void **state)
{
    static char raw[20000];
    (void)state;
    memset(raw, 'a', sizeof raw);
    memcpy(raw, "HEAD /fast HTTP/1.1\r\nX: ", 24);
    send_in(raw, sizeof raw, 0);
    assert_int_equal(status_of(&answer), 431);
    assert_true(answer.closed);
    assert_string_equal(strstr(answer.text, "\r\n\r\n"), "\r\n\r\n");
}

static void what_was_refused_is_counted_by_its_answer(void **state)
{
    static char raw[20000];
    (void)state;
    memset(raw, 'a', sizeof raw);
    memcpy(raw, GOOD "X: ", sizeof GOOD + 2);
    send_in(raw, sizeof raw, 0);
    memset(raw, 'a', sizeof raw);
    memcpy(raw, "GET /", 5);
    send_in(raw, sizeof raw, 0);
    send_in(RAW("GET /fast HTTP/2.0\r\n\r\n"), 0);
    send_in(RAW("GET /fast\r\n\r\n"), 0);
    assert_metric("\nashlar_http_unreadable_total{answer=\"431\"} 1\n");
    assert_metric("\nashlar_http_unreadable_total{answer=\"414\"} 1\n");
    assert_metric("\nashlar_http_unreadable_total{answer=\"505\"} 1\n");
    assert_metric("\nashlar_http_unreadable_total{answer=\"400\"} 1\n");
}

/* Who goes on sending after the answer, and who never hangs up. */
static void who_does_not_leave_is_cut(void **state)
{
    int fd = dial();
    char junk[1000];
    int64_t until_us = clock_monotonic_us() + SECONDS(6);
    ssize_t sent = 1;
    (void)state;
    memset(junk, 'a', sizeof junk);
    send_bytes(fd, RAW("junk\r\n\r\n"));
    while (sent > 0 && clock_monotonic_us() < until_us) {
        sent = send(fd, junk, sizeof junk, MSG_NOSIGNAL);
        usleep(10 * 1000);
    }
    assert_true(sent < 0);
    close(fd);
    fd = dial();
    send_bytes(fd, RAW("junk\r\n\r\n"));
    listen_to(fd, SOON_MS, &answer);
    assert_answers("junk", 0, 400);
    for (int i = 0; i < 60; i++) { /* quietly */
        usleep(100 * 1000);
        if (send(fd, junk, 1, MSG_NOSIGNAL) < 0)
            break;
        assert_in_range(i, 0, 58);
    }
    close(fd);
    exchange_bytes(RAW(GOOD "\r\n"));
    assert_int_equal(status_of(&answer), 200);
}

static int begin_threads(void **state)
{
    world_setting = "ASHLAR_RUNTIME=threads";
    return begin(state);
}

static int begin_reactors(void **state)
{
    world_setting = "ASHLAR_RUNTIME=reactors";
    return begin(state);
}

#define TESTS(fn)                                                                                  \
    { #fn " on threads", fn, begin_threads, end, NULL },                                           \
    {                                                                                              \
#fn " on reactors", fn, begin_reactors, end, NULL                                          \
    }
int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS(heads_of_every_size_have_one_answer),
        TESTS(cookies_and_fields_that_fill_the_memory_have_one_answer),
        TESTS(just_small_enough_is_served),
        TESTS(heads_of_other_forms_have_one_answer),
        TESTS(head_is_refused_without_a_body),
        TESTS(what_was_refused_is_counted_by_its_answer),
        TESTS(who_does_not_leave_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
