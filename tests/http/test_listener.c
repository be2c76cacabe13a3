/* Sockets: what is refused before anything looks at it, deadlines, keep-alive, draining. */
#include "../unit/http_world.h"
#include "http/listener.h"
#include "http/socket.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

enum { ANSWER_MAX = 64 * 1024, QUIET_MS = 300, PATIENCE_MS = 20000 };

struct text_in {
    const char *text;
};
static const struct field text_in_fields[] = {
    TEXT(text_in, text, .max = 60000, .empty = true, .doc = "Text"),
};
static SHAPE(text_in);

struct size_out {
    int64_t size;
};
static const struct field size_out_fields[] = {
    INT(size_out, size, .doc = "Bytes"),
};
static SHAPE(size_out);

static int posts;

HANDLER(post_text, text_in, size_out)
{
    (void)c;
    posts++;
    out->size = (int64_t)strlen(in->text);
    return NULL;
}

HANDLER(get_slow, nothing, size_out)
{
    (void)in;
    TRY(sleep_ms(c, 500));
    out->size = 1;
    return NULL;
}

HANDLER(get_brief, nothing, size_out)
{
    (void)in;
    TRY(sleep_ms(c, 1));
    out->size = 3;
    return NULL;
}

HANDLER(get_fast, nothing, size_out)
{
    (void)c, (void)in;
    out->size = 2;
    return NULL;
}

HANDLER(get_none, nothing, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

#define ROW(m, p, i, handler, si, so, st)                                                          \
    .method = m, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .tx = TX_MANUAL, .in = &si##_shape, .out = &so##_shape, .status = st, .errors = NO_ERRORS,     \
    .idempotency = KEY_IGNORED, .run = handler##_route
static const struct route routes[] = {
    { ROW(POST, "/text", "postText", post_text, text_in, size_out, 200) },
    { ROW(GET, "/slow", "getSlow", get_slow, nothing, size_out, 200) },
    { ROW(GET, "/brief", "getBrief", get_brief, nothing, size_out, 200) },
    { ROW(GET, "/fast", "getFast", get_fast, nothing, size_out, 200) },
    { ROW(GET, "/none", "getNone", get_none, nothing, nothing, 204) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

static uint16_t port, ops_port;

/* A port nobody listens on now. */
static uint16_t free_port(void)
{
    const char *why;
    int fd = socket_listen("127.0.0.1:0", SOCKET_ALONE, &why);
    struct sockaddr_in at;
    socklen_t size = sizeof at;

    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static int begin(void **state)
{
    char listen[64], ops[64];

    (void)state;
    port = free_port();
    do {
        ops_port = free_port();
    } while (ops_port == port);
    snprintf(listen, sizeof listen, "ASHLAR_LISTEN=127.0.0.1:%u", port);
    snprintf(ops, sizeof ops, "ASHLAR_OPS_LISTEN=127.0.0.1:%u", ops_port);
    world_start(&test_module,
        (const char *const[]){ listen, ops, "ASHLAR_THREADS=2", "ASHLAR_CONNECTIONS=200", NULL });
    assert_true(listener_start());
    posts = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    listener_stop(2000);
    world_end();
    return 0;
}

static int dial_port(uint16_t to)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(to) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static int dial(void)
{
    return dial_port(port);
}

static void send_bytes(int fd, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t n = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0) /* the server may have closed already: the answer tells */
            return;
        sent += (size_t)n;
    }
}

struct answer {
    char text[ANSWER_MAX];
    size_t size;
    bool closed;
};

/* Everything that comes until it is quiet for `quiet_ms` or the server closes. */
static void listen_to(int fd, int quiet_ms, struct answer *out)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    out->size = 0;
    out->closed = false;
    while (out->size < sizeof out->text - 1 && poll(&p, 1, quiet_ms) > 0) {
        ssize_t n = recv(fd, out->text + out->size, sizeof out->text - 1 - out->size, 0);
        if (n <= 0) {
            out->closed = true;
            break;
        }
        out->size += (size_t)n;
    }
    out->text[out->size] = '\0';
}

static struct answer answer;

static void exchange_bytes(const void *data, size_t size)
{
    int fd = dial();
    send_bytes(fd, data, size);
    listen_to(fd, QUIET_MS, &answer);
    close(fd);
}

static int count(const char *text, const char *needle)
{
    int n = 0;
    for (; (text = strstr(text, needle)); text++)
        n++;
    return n;
}

static int status_of(const struct answer *from)
{
    return strncmp(from->text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(from->text + 9, NULL, 10) : 0;
}

#define RAW(text) text, sizeof text - 1

static void a_request_is_answered_and_the_connection_kept(void **state)
{
    int fd = dial();
    (void)state;
    for (int i = 0; i < 3; i++) {
        send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
        listen_to(fd, QUIET_MS, &answer);
        assert_int_equal(status_of(&answer), 200);
        assert_non_null(strstr(answer.text, "\r\n\r\n{\"size\":2}"));
        assert_false(answer.closed);
    }
    close(fd);
}

static void bodies_come_whole_and_in_pieces(void **state)
{
    static const char body[] = "{\"text\":\"hello\"}";
    char head[256];
    int fd = dial();
    (void)state;
    snprintf(head, sizeof head,
        "POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n",
        sizeof body - 1);
    send_bytes(fd, head, strlen(head));
    for (size_t i = 0; i < sizeof body - 1; i++) {
        send_bytes(fd, body + i, 1);
        usleep(2000);
    }
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    assert_non_null(strstr(answer.text, "{\"size\":5}"));
    close(fd);
}

static void a_body_of_the_largest_size_comes_through(void **state)
{
    enum { SIZE = 64 * 1024 };
    char *raw = malloc(SIZE + 512);
    int head;
    (void)state;
    head = snprintf(raw, 512,
        "POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: %d\r\n\r\n{\"text\":\"hello\"",
        SIZE);
    memset(raw + head, ' ', SIZE);
    raw[(size_t)head + SIZE - 15 - 1] = '}';
    exchange_bytes(raw, (size_t)head + SIZE - 15);
    assert_int_equal(status_of(&answer), 200);
    free(raw);
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

static void head_tells_the_length_without_the_body(void **state)
{
    (void)state;
    exchange_bytes(RAW("HEAD /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(status_of(&answer), 200);
    assert_non_null(strstr(answer.text, "Content-Length: 10\r\n"));
    assert_null(strstr(answer.text, "{\"size\""));
}

static void replies_without_a_body_have_none(void **state)
{
    char raw[256];
    const char *tag;
    (void)state;
    exchange_bytes(RAW("GET /none HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(status_of(&answer), 204);
    assert_null(strstr(answer.text, "Content-Length"));
    assert_string_equal(strstr(answer.text, "\r\n\r\n"), "\r\n\r\n");

    exchange_bytes(RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    tag = strstr(answer.text, "ETag: ");
    assert_non_null(tag);
    snprintf(raw, sizeof raw, "GET /fast HTTP/1.1\r\nHost: x\r\nIf-None-Match: %.*s\r\n\r\n",
        (int)strcspn(tag + 6, "\r"), tag + 6);
    exchange_bytes(raw, strlen(raw));
    assert_int_equal(status_of(&answer), 304);
    assert_string_equal(strstr(answer.text, "\r\n\r\n"), "\r\n\r\n");
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    exchange_bytes(RAW("GET /none HTTP/1.1\r\nHost: x\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\n\r\n"
                       "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(count(answer.text, "HTTP/1.1 "), 3);
    assert_true(strstr(answer.text, " 204 ") < strstr(answer.text, " 200 "));
    assert_true(strstr(answer.text, " 200 ") < strstr(answer.text, " 404 "));
}

static void a_byte_a_second_does_not_hold_a_connection(void **state)
{
    static const char head[] = "GET /fast HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    int fds[2] = { dial(), dial() };
    int64_t start, took[2] = { 0, 0 };
    (void)state;
    /* One of them has been a good client before. */
    send_bytes(fds[1], RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fds[1], QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    start = clock_monotonic_us();
    for (size_t k = 0; k < COUNT(fds); k++)
        send_bytes(fds[k], head, sizeof head - 1);
    for (int i = 0; i < 60; i++) {
        for (size_t k = 0; k < COUNT(fds); k++) {
            if (took[k])
                continue;
            send_bytes(fds[k], "a", 1);
            listen_to(fds[k], 100, &answer);
            took[k] = answer.closed ? clock_monotonic_us() - start : 0;
        }
    }
    for (size_t k = 0; k < COUNT(fds); k++) {
        assert_in_range(took[k], SECONDS(4), SECONDS(8));
        close(fds[k]);
    }
}

static void operators_have_a_door_of_their_own(void **state)
{
    int fd = dial_port(ops_port);
    (void)state;
    send_bytes(fd, RAW("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 404);
    close(fd);
}

static void assert_metric(const char *line)
{
    int fd = dial_port(ops_port);

    send_bytes(fd, RAW("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fd, QUIET_MS, &answer);
    close(fd);
    if (strstr(answer.text, line) == NULL)
        fail_msg("no \"%s\" in %s", line, answer.text);
}

static void what_is_bounded_says_how_full_it_is(void **state)
{
    int fd = dial();
    (void)state;
    http_limit_manual(0);
    send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 503);
    assert_metric("\nashlar_bound_refused_total{bound=\"manual\"} 1\n");
    assert_metric("\nashlar_bound_limit{bound=\"manual\"} 0\n");
    assert_metric("\nashlar_bound_used{bound=\"connections\"} 1\n");
    assert_metric("\nashlar_bound_used{bound=\"handlers\"} 1\n"); /* which writes this */
    close(fd);
}

static void a_taken_port_is_a_failed_start(void **state)
{
    char address[32];
    const char *why = NULL;
    int taken;
    (void)state;
    listener_stop(100);
    listener_stop(100); /* a second time does nothing */
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    taken = socket_listen(address, SOCKET_ALONE, &why);
    assert_true(taken >= 0);
    assert_false(listener_start());
    close(taken);
    assert_true(listener_start());
}

/* Milliseconds of the quickest of some. */
static int64_t quickest_brief(int fd)
{
    int64_t least_us = INT64_MAX;

    for (int i = 0; i < 10; i++) {
        int64_t began_us = clock_monotonic_us(), took_us;
        struct pollfd p = { .fd = fd, .events = POLLIN };
        send_bytes(fd, RAW("GET /brief HTTP/1.1\r\nHost: x\r\n\r\n"));
        poll(&p, 1, PATIENCE_MS);
        took_us = clock_monotonic_us() - began_us;
        least_us = took_us < least_us ? took_us : least_us;
        listen_to(fd, 1, &answer);
    }
    return least_us / 1000;
}

static void an_answer_does_not_wait_for_somebody_elses(void **state)
{
    int slow[8], fd = dial();

    (void)state;
    for (size_t i = 0; i < COUNT(slow); i++) { /* some of them beside it on its reactor */
        slow[i] = dial();
        send_bytes(slow[i], RAW("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    usleep(50000); /* that they come in would wake the reactor */
    assert_in_range(quickest_brief(fd), 0, 10);
    for (size_t i = 0; i < COUNT(slow); i++) {
        listen_to(slow[i], PATIENCE_MS, &answer);
        assert_int_equal(status_of(&answer), 200);
        close(slow[i]);
    }
    close(fd);
}

static void many_slow_connections_do_not_stop_the_others(void **state)
{
    int slow[150];
    (void)state;
    for (size_t i = 0; i < COUNT(slow); i++) {
        slow[i] = dial();
        send_bytes(slow[i], RAW("GET /fast HTTP/1.1\r\nHo"));
    }
    exchange_bytes(RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(status_of(&answer), 200);
    for (size_t i = 0; i < COUNT(slow); i++)
        close(slow[i]);
}

static void a_client_that_leaves_early_harms_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        int fd = dial();
        struct linger cut = { .l_onoff = 1 };
        send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\nPOST /text HTTP/1.1\r\nHost: "
                           "x\r\nContent-Length: 500\r\n\r\n{\"te"));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
        close(fd);
    }
    exchange_bytes(RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(status_of(&answer), 200);
}

static void *stop_listening(void *arg)
{
    listener_stop(5000);
    return arg;
}

static void draining_answers_what_is_in_flight_and_closes(void **state)
{
    pthread_t stopper;
    int fd = dial(), late;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    (void)state;
    send_bytes(fd, RAW("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"));
    usleep(100 * 1000);
    pthread_create(&stopper, NULL, stop_listening, NULL);
    usleep(100 * 1000);
    assert_true(listener_is_draining());
    late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_not_equal(connect(late, (struct sockaddr *)&at, sizeof at), 0);
    close(late);
    listen_to(fd, PATIENCE_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    assert_non_null(strstr(answer.text, "Connection: close"));
    assert_true(answer.closed);
    close(fd);
    pthread_join(stopper, NULL);
    assert_true(listener_start()); /* for the teardown */
}

static void draining_answers_who_asks_on_a_connection_it_kept(void **state)
{
    pthread_t stopper;
    int fd = dial();
    (void)state;
    send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fd, QUIET_MS, &answer);
    assert_false(answer.closed);
    pthread_create(&stopper, NULL, stop_listening, NULL);
    usleep(500 * 1000);
    send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    listen_to(fd, PATIENCE_MS, &answer);
    assert_int_equal(status_of(&answer), 200);
    assert_non_null(strstr(answer.text, "Connection: close"));
    assert_true(answer.closed);
    close(fd);
    pthread_join(stopper, NULL);
    assert_true(listener_start()); /* for the teardown */
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_and_the_connection_kept),
        TEST(bodies_come_whole_and_in_pieces),
        TEST(a_body_of_the_largest_size_comes_through),
        TEST(hostile_framing_is_refused_and_the_connection_closed),
        TEST(unusual_heads_that_read_only_one_way_are_let_in),
        TEST(a_refused_head_closes_the_connection),
        TEST(more_than_64_headers_are_refused),
        TEST(an_oversized_body_is_refused_before_it_is_sent),
        TEST(who_waits_for_100_continue_gets_it),
        TEST(head_tells_the_length_without_the_body),
        TEST(replies_without_a_body_have_none),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(a_byte_a_second_does_not_hold_a_connection),
        TEST(operators_have_a_door_of_their_own),
        TEST(what_is_bounded_says_how_full_it_is),
        TEST(a_taken_port_is_a_failed_start),
        TEST(an_answer_does_not_wait_for_somebody_elses),
        TEST(many_slow_connections_do_not_stop_the_others),
        TEST(a_client_that_leaves_early_harms_nobody),
        TEST(draining_answers_what_is_in_flight_and_closes),
        TEST(draining_answers_who_asks_on_a_connection_it_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
