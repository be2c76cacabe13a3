/*
 * The way out, against a server of the test's own. connect() is ours in this program: whatever the
 * guard would let through by mistake is counted here and goes nowhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include <arpa/inet.h>
#include <ashlar/net.h>
#include <ashlar/text.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { SEEN_MAX = 16384, BIG = 300000 };

static atomic_int connects, forbidden_connects, requests;
static int sink_fd, sink_port;
static char seen[SEEN_MAX]; /* the last request's bytes; written before its answer */
static struct arena *a;
static struct ctx c;

/* Visible, so that libcurl's calls land here too. */
PUBLIC int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;

    atomic_fetch_add(&connects, 1);
    if (address->sa_family == AF_INET && ntohs(v4->sin_port) == sink_port &&
        ntohl(v4->sin_addr.s_addr) == INADDR_LOOPBACK)
        return (int)syscall(SYS_connect, fd, address, size);
    atomic_fetch_add(&forbidden_connects, 1);
    errno = ECONNREFUSED;
    return -1;
}

/* How many lines of a header list there is memory for before one finds none; negative: for all. */
static int appends_left = -1;

PUBLIC struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
    struct curl_slist *(*append)(struct curl_slist *, const char *);

    *(void **)&append = dlsym(RTLD_NEXT, "curl_slist_append");
    if (appends_left >= 0 && appends_left-- == 0)
        return NULL;
    return append(list, text);
}

/* --- The server --- */

static void say(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
}

static void say_much(int fd, size_t size)
{
    char block[1000];

    memset(block, 'x', sizeof block);
    for (size_t sent = 0; sent < size && write(fd, block, sizeof block) > 0; sent += sizeof block)
        ;
}

static void say_headers(int fd, int n)
{
    for (int i = 0; i < n; i++) {
        say(fd, "X-Much: ");
        say_much(fd, 1000);
        say(fd, "\r\n");
    }
}

/* For ten seconds, or until the peer has gone away. */
static void drip(int fd, const char *drop)
{
    char none;

    for (int i = 0; i < 100; i++) {
        say(fd, drop);
        nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
        if (recv(fd, &none, 1, MSG_DONTWAIT) == 0)
            return;
    }
}

static bool asks_for(const char *path)
{
    const char *at = strchr(seen, ' ');
    return at != NULL && text_starts_with(at + 1, path);
}

static void answer(int fd)
{
    if (asks_for("/redirect"))
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
    else if (asks_for("/early"))
        say(fd, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: yes\r\n"
                "Content-Length: 2\r\n\r\nok");
    else if (asks_for("/silent"))
        drip(fd, "");
    else if (asks_for("/drip")) {
        say(fd, "HTTP/1.1 200 OK\r\n\r\n");
        drip(fd, ".");
    } else if (asks_for("/big")) {
        say(fd, "HTTP/1.1 200 OK\r\n\r\n");
        say_much(fd, BIG);
    } else if (asks_for("/header")) {
        say(fd, "HTTP/1.1 200 OK\r\n");
        say_headers(fd, 90);
    } else if (!asks_for("/reset"))
        say(fd, "HTTP/1.1 201 Created\r\nX-Mixed-Case:  spaced \r\nContent-Length: 5\r\n\r\nhello");
}

static void read_request(int fd)
{
    size_t size = 0, body = 0;
    ssize_t n;
    char *head_end = NULL, *length;

    while (size < SEEN_MAX - 1 && (n = read(fd, seen + size, SEEN_MAX - 1 - size)) > 0) {
        size += (size_t)n;
        seen[size] = '\0';
        head_end = strstr(seen, "\r\n\r\n");
        length = strcasestr(seen, "content-length: ");
        body = length != NULL ? (size_t)strtoul(length + 16, NULL, 10) : 0;
        if (head_end != NULL && size >= (size_t)(head_end + 4 - seen) + body)
            return;
    }
}

static void *serve(void *arg)
{
    int fd;

    (void)arg;
    while ((fd = accept(sink_fd, NULL, NULL)) >= 0) {
        seen[0] = '\0';
        read_request(fd);
        atomic_fetch_add(&requests, 1);
        answer(fd);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return NULL;
}

static pthread_t server;

static int start_server(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sink_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(sink_fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(sink_fd, 16) != 0 ||
        getsockname(sink_fd, (struct sockaddr *)&at, &size) != 0)
        return -1;
    sink_port = ntohs(at.sin_port);
    return pthread_create(&server, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(sink_fd, SHUT_RDWR);
    pthread_join(server, NULL);
    close(sink_fd);
    return 0;
}

/* --- Words of these tests --- */

static void load_settings(const char *const *list)
{
    static const struct module *const no_modules[] = { NULL };
    char *copy[16] = { NULL };
    struct buf problems;

    for (size_t i = 0; list[i] != NULL; i++)
        copy[i] = arena_strdup(a, list[i]);
    buf_init(&problems, a, 4096);
    if (!config_load(no_modules, copy, &problems))
        fail_msg("%s", problems.data);
}

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    load_settings((const char *const[]){ "ASHLAR_ENV=test", NULL });
    ctx_open(&c, a, "test");
    atomic_store(&connects, 0);
    atomic_store(&forbidden_connects, 0);
    atomic_store(&requests, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static const char *sink_url(const char *path)
{
    return arena_printf(a, "http://127.0.0.1:%d%s", sink_port, path);
}

#define get(url_, ...)                                                                             \
    net_request(&c, &(struct net_request){ .method = GET, .url = (url_), ##__VA_ARGS__ },          \
        &(struct net_response){ .status = 0 })
#define get_own(path, ...) get(sink_url(path), .to_own_network = true, ##__VA_ARGS__)

static const char *header(const struct net_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (text_equal(r->headers[i].name, name))
            return r->headers[i].value;
    }
    return NULL;
}

/* --- Where it goes --- */

static void no_spelling_of_a_private_address_is_connected_to(void **state)
{
    static const char *const urls[] = { "http://127.0.0.1/", "http://127.1/", "http://2130706433/",
        "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/", "http://0177.0.0.1/",
        "http://0/", "http://0.0.0.0/", "http://localhost/", "http://LOCALHOST/", "http://[::1]/",
        "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::169.254.169.254]/",
        "http://[2002:7f00:1::]/", "http://[2001::1]/", "http://[fd00::1]/", "http://[fe80::1]/",
        "http://[fe80::1%25lo]/", "http://[fec0::1]/", "http://[ff02::1]/",
        "http://169.254.169.254/", "http://0xa9fea9fe/", "http://10.0.0.1/", "http://172.16.0.1/",
        "http://192.168.0.1/", "http://100.64.0.1/", "http://192.0.0.192/", "http://224.0.0.1/",
        "http://255.255.255.255/" };

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        err e = get(urls[i], .timeout_ms = 2000);
        if (e != &NET_REFUSED)
            fail_msg("%s: %s", urls[i], e ? e->code : "answered");
    }
    assert_int_equal(connects, 0);
}

static void other_schemes_and_user_names_never_reach_the_network(void **state)
{
    static const char *const urls[] = { "file:///etc/passwd", "ftp://127.0.0.1/",
        "gopher://127.0.0.1/", "dict://127.0.0.1/", "smtp://127.0.0.1/", "http://u:p@127.0.0.1/",
        "example.org", "" };

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        if (get(urls[i], .to_own_network = true) != &NET_REFUSED)
            fail_msg("%s must be refused", urls[i]);
    }
    assert_int_equal(connects, 0);
}

static void a_proxy_in_the_environment_is_not_used(void **state)
{
    (void)state;
    setenv("http_proxy", sink_url("/"), 1);
    setenv("ALL_PROXY", sink_url("/"), 1);
    assert_ptr_equal(get("http://169.254.169.254/latest/"), &NET_REFUSED);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    assert_int_equal(connects, 0);
}

#define PRODUCTION                                                                                 \
    "ASHLAR_ENV=production", "ASHLAR_PUBLIC_URL=https://api.acme.example",                         \
        "ASHLAR_APP_URL=https://app.acme.example",                                                 \
        "ASHLAR_SECRET_KEY=00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978",      \
        "DATABASE_URL=postgresql://db.acme.example/ashlar?sslmode=verify-full",                    \
        "ASHLAR_SMTP_URL=smtp://mail.acme.example:587", "ASHLAR_MAIL_FROM=hello@acme.example"

static void outside_development_only_https_on_443_is_spoken(void **state)
{
    (void)state;
    load_settings((const char *const[]){ PRODUCTION, NULL });
    assert_ptr_equal(get("http://93.184.216.34/"), &NET_REFUSED);
    assert_ptr_equal(get("https://93.184.216.34:8443/"), &NET_REFUSED);
    assert_ptr_equal(get_own("/ok"), &NET_REFUSED);
    assert_int_equal(connects, 0);
    assert_ptr_equal(get("https://93.184.216.34/"), &NET_UNREACHABLE); /* our connect() says no */
    assert_int_equal(forbidden_connects, 1);
}

static void an_operators_address_may_be_private(void **state)
{
    (void)state;
    assert_ptr_equal(get(sink_url("/ok")), &NET_REFUSED);
    assert_int_equal(connects, 0);
    assert_ptr_equal(get_own("/ok"), NULL);
    assert_int_equal(connects, 1); /* libcurl's calls do come by here */
    assert_int_equal(forbidden_connects, 0);
}

static void this_very_server_is_asked_where_it_listens_in_plain_http(void **state)
{
    (void)state;
    load_settings((const char *const[]){
        PRODUCTION, arena_printf(a, "ASHLAR_LISTEN=0.0.0.0:%d", sink_port), NULL });
    assert_ptr_equal(get("/ok", .to_self = true), NULL);
    assert_int_equal(connects, 1);
    assert_ptr_equal(get("@93.184.216.34/", .to_self = true), &NET_REFUSED);
    assert_ptr_equal(get(sink_url("/ok"), .to_self = true), &NET_REFUSED);
    assert_int_equal(connects, 1);
}

static void redirects_are_answers_and_not_followed(void **state)
{
    struct net_response r;

    (void)state;
    assert_ptr_equal(net_request(&c,
                         &(struct net_request){
                             .method = GET, .url = sink_url("/redirect"), .to_own_network = true },
                         &r),
        NULL);
    assert_int_equal(r.status, 302);
    assert_string_equal(header(&r, "location"), "/ok");
    assert_int_equal(requests, 1);
}

/* --- What is sent --- */

static void method_body_and_headers_arrive_and_nothing_unasked(void **state)
{
    struct net_response r;

    (void)state;
    assert_ptr_equal(
        net_request(&c,
            &(struct net_request){ .method = POST,
                .url = sink_url("/hook?x=1"),
                .headers = (const struct net_header[]){ { "Content-Type", "application/json" },
                    { "X-Empty", "" } },
                .n_headers = 2,
                .body = { "{\"a\":1}", 7 },
                .to_own_network = true },
            &r),
        NULL);
    assert_true(text_starts_with(seen, "POST /hook?x=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(seen, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(seen, "\r\nX-Empty:"));
    assert_non_null(strstr(seen, "\r\n\r\n{\"a\":1}"));
    assert_non_null(strstr(seen, arena_printf(a, "\r\ntraceparent: 00-%s-", c.trace_id)));
    assert_null(strcasestr(seen, "\r\nexpect:"));
    assert_null(strcasestr(seen, "\r\naccept-encoding:"));
    assert_int_equal(r.status, 201);
    assert_string_equal(header(&r, "x-mixed-case"), "spaced");
    assert_string_equal((const char *)r.body.data, "hello");
}

static void each_method_goes_out_as_itself(void **state)
{
    static const char *const names[] = {
        [GET] = "GET", [POST] = "POST", [PUT] = "PUT", [PATCH] = "PATCH", [DELETE_] = "DELETE"
    };

    (void)state;
    for (int m = GET; m <= DELETE_; m++) {
        assert_ptr_equal(
            net_request(&c,
                &(struct net_request){
                    .method = (enum http_method)m, .url = sink_url("/ok"), .to_own_network = true },
                &(struct net_response){ .status = 0 }),
            NULL);
        assert_true(text_starts_with(seen, arena_printf(a, "%s /ok ", names[m])));
        assert_null(strcasestr(seen, "content-type"));
    }
}

static void a_line_break_in_a_header_is_refused(void **state)
{
    static const struct net_header bad[] = { { "X", "a\r\nEvil: yes" }, { "X", "a\nb" },
        { "X\r\nEvil", "yes" }, { "X:Y", "z" }, { "", "z" }, { "X Y", "z" } };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_ptr_equal(get_own("/ok", .headers = &bad[i], .n_headers = 1), &ERR_INTERNAL);
    assert_int_equal(requests, 0);
}

static void what_lost_a_header_for_want_of_memory_is_not_sent(void **state)
{
    const struct net_header key = { "Idempotency-Key", "once" };
    err failed = &ERR_UNAVAILABLE;
    int lines = 0;

    (void)state;
    for (; failed == &ERR_UNAVAILABLE && lines < 10; lines++) {
        assert_int_equal(requests, 0);
        appends_left = lines;
        failed = get_own("/ok", .headers = &key, .n_headers = 1);
    }
    appends_left = -1;
    assert_null(failed);
    assert_int_equal(lines, 6); /* the key, trace, user agent, and two taken away: the sixth try */
}

static void nothing_leaves_while_a_transaction_is_open(void **state)
{
    (void)state;
    c.in_transaction = true;
    assert_ptr_equal(get_own("/ok"), &ERR_INTERNAL);
    assert_int_equal(connects, 0);
}

/* --- What comes back --- */

static void interim_answers_do_not_mix_with_the_last(void **state)
{
    struct net_response r;

    (void)state;
    assert_ptr_equal(net_request(&c,
                         &(struct net_request){
                             .method = GET, .url = sink_url("/early"), .to_own_network = true },
                         &r),
        NULL);
    assert_int_equal(r.status, 200);
    assert_null(header(&r, "link"));
    assert_string_equal(header(&r, "x-late"), "yes");
}

static void a_body_is_cut_at_its_cap(void **state)
{
    (void)state;
    assert_ptr_equal(get_own("/ok", .max_response = 5), NULL);
    assert_ptr_equal(get_own("/ok", .max_response = 4), &NET_TOO_LARGE);
    assert_ptr_equal(get_own("/big", .max_response = BIG), NULL);
    assert_ptr_equal(get_own("/big", .max_response = 65536), &NET_TOO_LARGE);
    assert_ptr_equal(get_own("/header"), &NET_TOO_LARGE);
}

static void a_slow_server_is_left_in_time(void **state)
{
    int64_t began_us = clock_monotonic_us();

    (void)state;
    assert_ptr_equal(get_own("/silent", .timeout_ms = 300), &NET_TIMEOUT);
    assert_ptr_equal(get_own("/drip", .timeout_ms = 300), &NET_TIMEOUT);
    c.deadline_us = clock_monotonic_us() + 200000;
    assert_ptr_equal(get_own("/drip"), &NET_TIMEOUT);
    assert_ptr_equal(get_own("/ok"), &NET_TIMEOUT); /* nothing left: not even tried */
    assert_true(clock_monotonic_us() - began_us < SECONDS(15));
}

static void a_server_that_hangs_up_is_unreachable(void **state)
{
    (void)state;
    assert_ptr_equal(get_own("/reset"), &NET_UNREACHABLE);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(no_spelling_of_a_private_address_is_connected_to),
        test(other_schemes_and_user_names_never_reach_the_network),
        test(a_proxy_in_the_environment_is_not_used),
        test(outside_development_only_https_on_443_is_spoken),
        test(an_operators_address_may_be_private),
        test(this_very_server_is_asked_where_it_listens_in_plain_http),
        test(redirects_are_answers_and_not_followed),
        test(method_body_and_headers_arrive_and_nothing_unasked),
        test(each_method_goes_out_as_itself),
        test(a_line_break_in_a_header_is_refused),
        test(what_lost_a_header_for_want_of_memory_is_not_sent),
        test(nothing_leaves_while_a_transaction_is_open),
        test(interim_answers_do_not_mix_with_the_last),
        test(a_body_is_cut_at_its_cap),
        test(a_slow_server_is_left_in_time),
        test(a_server_that_hangs_up_is_unreachable),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
