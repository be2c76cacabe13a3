/* Sockets: keep-alive, bodies, deadlines, draining. */
#include "listener_world.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

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

/* Asks at one of the two ports, on one connection after the other, until told to stop. */
struct asker {
    pthread_t thread;
    uint16_t at;
    atomic_bool *stop;
};

static void *keep_asking(void *arg)
{
    const struct asker *a = arg;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(a->at) };
    char got[1024];

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (!atomic_load(a->stop)) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool open = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
        for (int i = 0; i < 8 && open; i++) {
            send_bytes(fd, RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
            open = recv(fd, got, sizeof got, 0) > 0;
        }
        close(fd);
    }
    return NULL;
}

static atomic_bool removal_is_slow;

/* Before the C library's, also for libmicrohttpd: taking a descriptor out of a set takes its time.
 */
PUBLIC int epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
    if (op == EPOLL_CTL_DEL && atomic_load(&removal_is_slow))
        usleep(1000);
    return (int)syscall(SYS_epoll_ctl, set, op, fd, event);
}

/* Where two threads take what they listen on out of one set, the library ends the process. */
static void draining_while_everybody_asks_harms_nobody(void **state)
{
    enum { ASKERS = 4, ROUNDS = 20 };
    struct asker askers[ASKERS];
    atomic_bool stop = false;
    (void)state;
    atomic_store(&removal_is_slow, true);
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){ .at = i % 2 ? ops_port : port, .stop = &stop };
        pthread_create(&askers[i].thread, NULL, keep_asking, &askers[i]);
    }
    for (int i = 0; i < ROUNDS; i++) {
        usleep(2000);
        listener_stop(0);
        assert_true(listener_start());
    }
    atomic_store(&stop, true);
    for (int i = 0; i < ASKERS; i++)
        pthread_join(askers[i].thread, NULL);
    atomic_store(&removal_is_slow, false);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_and_the_connection_kept),
        TEST(bodies_come_whole_and_in_pieces),
        TEST(a_body_of_the_largest_size_comes_through),
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
        TEST(draining_while_everybody_asks_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
