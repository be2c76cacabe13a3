/* Event streams through sockets, on both runtimes: what is sent, when, and how it ends. */
#include "../unit/http_world.h"
#include "http/server/listener.h"
#include "http/stream/streams.h"
#include "jobs/topics.h"
#include "sockets.h"
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

enum { PATIENCE_MS = 10000, QUIET_MS = 200, TEXT_MAX = 256 * 1024 };

/* --- A module whose events are numbers up to `newest`, each as long as `padding` says --- */

static const struct uuid TOPIC = { { 1 } }, OTHER = { { 2 } };
static atomic_llong newest, pulls;
static atomic_bool forbidden, broken, away;
static char padding[60001];

struct tick {
    int64_t n;
    const char *text;
};
static const struct field tick_fields[] = {
    INT(tick, n, .doc = "Number"),
    TEXT(tick, text, .max = 60000, .empty = true, .doc = "Padding"),
};
static SHAPE(tick);
static STREAM_EVENT(TICK, tick, .name = "tick", .doc = "A number");

static err pull_ticks(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    (void)topic;
    atomic_fetch_add(&pulls, 1);
    if (atomic_load(&forbidden))
        return problem(c, &ERR_FORBIDDEN, NULL, "No longer.");
    if (atomic_load(&broken))
        return &ERR_INTERNAL;
    if (atomic_load(&away))
        return &ERR_UNAVAILABLE;
    for (int64_t n = after + 1; n <= atomic_load(&newest); n++) {
        const struct tick tick = { .n = n, .text = padding };
        if (!stream_add(batch, n, &TICK, &tick))
            break;
    }
    return NULL;
}

static const struct stream_event *const tick_events[] = { &TICK.kind, NULL };
static const struct stream_kind TICKS = {
    .doc = "Numbers", .events = tick_events, .pull = pull_ticks
};

HANDLER(stream_ticks, nothing, stream_from)
{
    (void)c, (void)in;
    *out = (struct stream_from){ .topic = TOPIC, .after = atomic_load(&newest) };
    return NULL;
}

HANDLER(get_fast, nothing, nothing)
{
    (void)c, (void)in, (void)out;
    return NULL;
}

static const struct route routes[] = {
    { .method = GET,
        .path = "/v1/ticks/stream",
        .id = "streamTicks",
        .summary = "Stream numbers",
        .auth = AUTH_PUBLIC,
        .rate = RATE_NONE,
        .stream = &TICKS,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(stream_ticks) },
    { .method = GET,
        .path = "/fast",
        .id = "getFast",
        .summary = "Get nothing",
        .auth = AUTH_PUBLIC,
        .rate = RATE_NONE,
        .tx = TX_MANUAL,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(get_fast) },
    { .method = 0 },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

/* --- The server --- */

static const char *runtime;
static uint16_t port;

static int begin_with(const char *streams)
{
    char listen[64], run[64];

    port = free_port();
    snprintf(listen, sizeof listen, "ASHLAR_LISTEN=127.0.0.1:%u", port);
    snprintf(run, sizeof run, "ASHLAR_RUNTIME=%s", runtime);
    world_start(&test_module, (const char *const[]){ listen, run, "ASHLAR_THREADS=2",
                                  "ASHLAR_CONNECTIONS=200", "ASHLAR_DB_CONNECTIONS=12", streams,
                                  "ASHLAR_CORS_ORIGINS=https://app.example.org", NULL });
    stream_pace =
        (struct stream_pace){ .beat_ms = 60000, .deaf_ms = 60000, .slow_ms = 1000, .round_ms = 20 };
    atomic_store(&newest, 0);
    atomic_store(&pulls, 0);
    atomic_store(&forbidden, false);
    atomic_store(&broken, false);
    atomic_store(&away, false);
    padding[0] = '\0';
    assert_true(listener_start());
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with("ASHLAR_STREAMS=3");
}

static int begin_wide(void **state)
{
    (void)state;
    return begin_with("ASHLAR_STREAMS=100");
}

static int end(void **state)
{
    (void)state;
    listener_stop(2000);
    assert_int_equal(streams_open(), 0);
    world_end();
    return 0;
}

/* As another process's NOTIFY would. */
static void wake(struct uuid topic)
{
    char id[UUID_TEXT_SIZE + 1], payload[64];

    uuid_format(topic, id);
    snprintf(payload, sizeof payload, "elsewher %s", id);
    topics_heard(payload);
}

static void happen(int n)
{
    atomic_fetch_add(&newest, n);
    wake(TOPIC);
}

/* --- The client --- */

static int dial(void)
{
    return dial_port(port);
}

static int ask_stream(const char *query, const char *headers)
{
    char text[512];
    int fd = dial();

    snprintf(
        text, sizeof text, "GET /v1/ticks/stream%s HTTP/1.1\r\nHost: x\r\n%s\r\n", query, headers);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    return fd;
}

static struct {
    char text[TEXT_MAX];
    size_t size;
    bool closed;
} heard;

/* Until `needle` came, it is closed, or nothing came for `quiet_ms`. */
static bool hear_until(int fd, const char *needle, int quiet_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    heard.size = 0;
    heard.text[0] = '\0';
    heard.closed = false;
    while (!strstr(heard.text, needle) && heard.size < TEXT_MAX - 1 && poll(&p, 1, quiet_ms) > 0) {
        ssize_t n = recv(fd, heard.text + heard.size, TEXT_MAX - 1 - heard.size, 0);
        heard.closed = n <= 0;
        if (heard.closed)
            break;
        heard.size += (size_t)n;
        heard.text[heard.size] = '\0';
    }
    return strstr(heard.text, needle) != NULL;
}

#define assert_heard(fd, needle)                                                                   \
    do {                                                                                           \
        if (!hear_until(fd, needle, PATIENCE_MS))                                                  \
            fail_msg("not heard \"%s\" but: %s", needle, heard.text);                              \
    } while (0)

static void assert_status(int fd, const char *line)
{
    assert_heard(fd, line);
}

static void wait_for_streams(int n)
{
    for (int ms = 0; streams_open() != n && ms < PATIENCE_MS; ms += 10)
        usleep(10000);
    assert_int_equal(streams_open(), n);
}

/* Opened, caught up, parked. */
static int follow(void)
{
    int fd = ask_stream("", "");

    assert_heard(fd, ":\n\n");
    usleep(QUIET_MS * 1000);
    return fd;
}

/* --- What is sent --- */

static void the_head_says_what_it_is_and_that_nobody_may_collect_it(void **state)
{
    int fd = ask_stream("", "Origin: https://app.example.org\r\n");

    (void)state;
    assert_heard(fd, ":\n\n");
    assert_non_null(strstr(heard.text, "HTTP/1.1 200"));
    assert_non_null(strstr(heard.text, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(heard.text, "Cache-Control: no-cache, no-store, no-transform\r\n"));
    assert_non_null(strstr(heard.text, "X-Accel-Buffering: no\r\n"));
    assert_non_null(strstr(heard.text, "Access-Control-Allow-Origin: https://app.example.org\r\n"));
    assert_non_null(strstr(heard.text, "Access-Control-Allow-Credentials: true\r\n"));
    assert_non_null(strstr(heard.text, "retry: "));
    close(fd);
}

static void events_come_when_their_topic_is_woken(void **state)
{
    int fd = follow();

    (void)state;
    happen(2);
    assert_heard(fd, "id: 2\nevent: tick\ndata: {\"n\":2,\"text\":\"\"}\n\n");
    assert_non_null(strstr(heard.text, "id: 1\nevent: tick\ndata: {\"n\":1,\"text\":\"\"}\n\n"));
    happen(1);
    assert_heard(fd, "id: 3\n");
    assert_null(strstr(heard.text, "id: 2\n"));
    close(fd);
}

static void other_topics_do_not_wake_it(void **state)
{
    int fd = follow();
    long long before = atomic_load(&pulls);

    (void)state;
    atomic_fetch_add(&newest, 1);
    wake(OTHER);
    assert_false(hear_until(fd, "id: ", QUIET_MS));
    assert_int_equal(atomic_load(&pulls), before);
    topics_heard("elsewher"); /* more topics than a NOTIFY holds */
    assert_heard(fd, "id: 1\n");
    close(fd);
}

static void a_thousand_wakes_are_a_few_pulls(void **state)
{
    int fd = follow();
    long long before = atomic_load(&pulls);

    (void)state;
    for (int i = 0; i < 1000; i++)
        wake(TOPIC);
    usleep(QUIET_MS * 1000);
    assert_in_range(atomic_load(&pulls) - before, 1, 20);
    close(fd);
}

static void who_comes_again_gets_what_it_missed(void **state)
{
    int fd;

    (void)state;
    atomic_store(&newest, 9);
    fd = ask_stream("?after=3", "Last-Event-ID: 7\r\n");
    assert_heard(fd, "id: 9\n");
    assert_non_null(strstr(heard.text, "id: 8\n"));
    assert_null(strstr(heard.text, "id: 7\n"));
    close(fd);
    fd = ask_stream("?after=3", "");
    assert_heard(fd, "id: 9\n");
    assert_non_null(strstr(heard.text, "id: 4\n"));
    close(fd);
}

static void a_place_that_is_no_number_is_refused(void **state)
{
    int fd = ask_stream("?after=x", "");

    (void)state;
    assert_status(fd, "HTTP/1.1 422");
    close(fd);
    fd = ask_stream("", "Last-Event-ID: -4\r\n");
    assert_status(fd, "HTTP/1.1 422");
    close(fd);
    assert_int_equal(streams_open(), 0);
}

static void more_than_a_batch_comes_in_pieces_and_whole(void **state)
{
    int fd, n = 0;

    (void)state;
    atomic_store(&newest, 350);
    fd = ask_stream("?after=0", "");
    assert_heard(fd, "id: 350\n");
    for (const char *at = heard.text; (at = strstr(at, "event: tick\n")); at++)
        n++;
    assert_int_equal(n, 350);
    assert_in_range(atomic_load(&pulls), 4, 6);
    close(fd);
}

static void who_asks_for_ndjson_gets_lines(void **state)
{
    int fd = ask_stream("", "Accept: application/x-ndjson\r\n");

    (void)state;
    assert_heard(fd, "{\"event\":\"heartbeat\"}\n");
    assert_non_null(strstr(heard.text, "Content-Type: application/x-ndjson\r\n"));
    assert_null(strstr(heard.text, "retry"));
    happen(1);
    assert_heard(fd, "{\"id\":1,\"event\":\"tick\",\"data\":{\"n\":1,\"text\":\"\"}}\n");
    close(fd);
}

static void head_is_answered_without_a_stream(void **state)
{
    static const char request[] = "HEAD /v1/ticks/stream HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = dial();

    (void)state;
    assert_int_equal(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
    assert_status(fd, "HTTP/1.1 200");
    assert_int_equal(streams_open(), 0);
    close(fd);
}

static void a_quiet_stream_beats(void **state)
{
    int fd;

    (void)state;
    stream_pace.beat_ms = 300;
    stream_pace.deaf_ms = 100;
    fd = follow();
    assert_heard(fd, ":\n\n");
    assert_heard(fd, ":\n\n");
    close(fd);
}

static void while_nobody_listens_it_looks_for_itself(void **state)
{
    int fd;

    (void)state;
    stream_pace.deaf_ms = 300;
    fd = follow();
    atomic_fetch_add(&newest, 1);
    assert_heard(fd, "id: 1\n");
    close(fd);
}

/* --- How it ends --- */

static void who_may_no_longer_follow_is_told_why_and_let_go(void **state)
{
    int fd = follow();

    (void)state;
    atomic_store(&forbidden, true);
    happen(1);
    assert_heard(fd, "event: end\ndata: {\"code\":\"forbidden\"}\n\n");
    assert_false(hear_until(fd, "id: ", PATIENCE_MS));
    assert_true(heard.closed);
    wait_for_streams(0);
    close(fd);
}

static void a_pull_that_fails_ends_it(void **state)
{
    int fd = follow();

    (void)state;
    atomic_store(&broken, true);
    happen(1);
    assert_heard(fd, "{\"code\":\"internal\"}");
    close(fd);
}

static void an_absent_database_is_waited_for(void **state)
{
    int fd = follow();

    (void)state;
    atomic_store(&away, true);
    happen(1);
    assert_false(hear_until(fd, "id: ", QUIET_MS));
    assert_false(heard.closed);
    atomic_store(&away, false);
    wake(TOPIC);
    assert_heard(fd, "id: 1\n");
    close(fd);
}

/* Half of them politely, half as if their process had died with something unread. */
static void a_hundred_clients_that_left_are_noticed_at_once(void **state)
{
    static const struct linger cut = { .l_onoff = 1 };
    int fds[100];
    int64_t left_us;
    long long before;

    (void)state;
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = ask_stream("", "");
        assert_heard(fds[i], ":\n\n");
    }
    usleep(QUIET_MS * 1000); /* until all are parked */
    assert_int_equal(streams_open(), 100);
    before = atomic_load(&pulls);
    left_us = clock_monotonic_us();
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (i % 2)
            assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &cut, sizeof cut), 0);
        close(fds[i]);
    }
    wait_for_streams(0);
    assert_true(clock_monotonic_us() - left_us < SECONDS(2));
    assert_int_equal(atomic_load(&pulls), before);
}

static void who_does_not_read_is_cut(void **state)
{
    int fd = follow();

    (void)state;
    memset(padding, 'x', sizeof padding - 1);
    atomic_store(&newest, 1000); /* 60 MB */
    wake(TOPIC);
    wait_for_streams(0);
    close(fd);
}

static void past_the_ceiling_others_are_refused_until_one_goes(void **state)
{
    int fds[3], late;

    (void)state;
    for (int i = 0; i < 3; i++)
        fds[i] = follow();
    late = ask_stream("", "");
    assert_heard(late, "Retry-After: 5\r\n");
    assert_non_null(strstr(heard.text, "HTTP/1.1 503"));
    close(late);
    close(fds[0]);
    wait_for_streams(2);
    late = ask_stream("", "");
    assert_status(late, "HTTP/1.1 200");
    close(late);
    close(fds[1]);
    close(fds[2]);
}

static void *stop_listening(void *arg)
{
    (void)arg;
    listener_stop(8000);
    return NULL;
}

static void a_restart_sends_everybody_away_politely(void **state)
{
    pthread_t stopper;
    int fd = follow();

    (void)state;
    pthread_create(&stopper, NULL, stop_listening, NULL);
    assert_heard(fd, "0\r\n\r\n"); /* the whole end of a chunked response */
    assert_non_null(strstr(heard.text, "event: end\ndata: {\"code\":\"draining\"}\n\n"));
    assert_non_null(strstr(heard.text, "retry: "));
    hear_until(fd, "never", PATIENCE_MS);
    assert_true(heard.closed);
    close(fd);
    pthread_join(stopper, NULL);
    assert_true(listener_start()); /* for the teardown */
}

static void a_restart_does_not_wait_for_who_does_not_read(void **state)
{
    pthread_t stopper;
    int fd = follow();

    (void)state;
    stream_pace.slow_ms = 60000;
    memset(padding, 'x', sizeof padding - 1);
    atomic_store(&newest, 1000);
    wake(TOPIC);
    usleep(QUIET_MS * 1000);
    pthread_create(&stopper, NULL, stop_listening, NULL);
    pthread_join(stopper, NULL);
    assert_int_equal(streams_open(), 0);
    close(fd);
    assert_true(listener_start());
}

static void others_are_served_beside_it(void **state)
{
    static const char request[] = "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n";
    int streams[3], fd;

    (void)state;
    for (int i = 0; i < 3; i++)
        streams[i] = follow();
    for (int i = 0; i < 20; i++) {
        fd = dial();
        happen(1);
        assert_int_equal(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
        assert_status(fd, "HTTP/1.1 204");
        close(fd);
    }
    for (int i = 0; i < 3; i++) {
        assert_heard(streams[i], "id: 20\n");
        close(streams[i]);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(the_head_says_what_it_is_and_that_nobody_may_collect_it),
    TEST(events_come_when_their_topic_is_woken),
    TEST(other_topics_do_not_wake_it),
    TEST(a_thousand_wakes_are_a_few_pulls),
    TEST(who_comes_again_gets_what_it_missed),
    TEST(a_place_that_is_no_number_is_refused),
    TEST(more_than_a_batch_comes_in_pieces_and_whole),
    TEST(who_asks_for_ndjson_gets_lines),
    TEST(head_is_answered_without_a_stream),
    TEST(a_quiet_stream_beats),
    TEST(while_nobody_listens_it_looks_for_itself),
    TEST(who_may_no_longer_follow_is_told_why_and_let_go),
    TEST(a_pull_that_fails_ends_it),
    TEST(an_absent_database_is_waited_for),
    cmocka_unit_test_setup_teardown(
        a_hundred_clients_that_left_are_noticed_at_once, begin_wide, end),
    TEST(who_does_not_read_is_cut),
    TEST(past_the_ceiling_others_are_refused_until_one_goes),
    TEST(a_restart_sends_everybody_away_politely),
    TEST(a_restart_does_not_wait_for_who_does_not_read),
    TEST(others_are_served_beside_it),
};

int main(void)
{
    int failed;

    runtime = "threads";
    failed = cmocka_run_group_tests_name("streams on threads", tests, NULL, NULL);
    runtime = "reactors";
    return failed + cmocka_run_group_tests_name("streams on reactors", tests, NULL, NULL);
}
