/* Bodies are let in before they are read: so much of one address, so much of all. */
#include "listener_world.h"

enum { BODY_SIZE = 64 * 1024, PER_ADDRESS = 16, ADDRESSES = 3 }; /* of 4 MiB: a quarter each */

static int small_begin(void **state)
{
    world_setting = "ASHLAR_BODIES_MIB=4";
    return begin(state);
}

/* 127.0.0.LAST is another client than 127.0.0.1. */
static int dial_as(int last)
{
    struct sockaddr_in from = { .sin_family = AF_INET },
                       at = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + (uint32_t)last);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* All of a body but its last byte. */
static void send_most(int fd, const char *path)
{
    static char body[BODY_SIZE];
    char head[256];

    memset(body, ' ', sizeof body);
    body[0] = '{';
    snprintf(head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: %d\r\n\r\n",
        path, BODY_SIZE);
    send_bytes(fd, head, strlen(head));
    send_bytes(fd, body, sizeof body - 1);
}

static void fill(int *fds, int last)
{
    for (int i = 0; i < PER_ADDRESS; i++) {
        fds[i] = dial_as(last);
        send_most(fds[i], "/text");
    }
    listen_to(fds[PER_ADDRESS - 1], QUIET_MS, &answer);
    assert_int_equal(answer.size, 0); /* it is waited for */
}

static void let_go(int *fds, int n)
{
    for (int i = 0; i < n; i++)
        close(fds[i]);
}

static void assert_refused(int last, int status)
{
    int fd = dial_as(last);

    send_most(fd, "/text");
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), status);
    assert_non_null(strstr(answer.text, "\r\nRetry-After: "));
    assert_true(answer.closed);
    close(fd);
}

static void one_address_does_not_take_the_others_room(void **state)
{
    int fds[PER_ADDRESS], fd;
    (void)state;
    fill(fds, 1);
    assert_refused(1, 429);
    assert_metric("\nashlar_bound_used{bound=\"bodies\"} 1048576\n");
    assert_metric("\nashlar_rate_limited_total{subject=\"address\"} 1\n");
    fd = dial_as(2);
    send_most(fd, "/text");
    send_bytes(fd, "}", 1);
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 422); /* read, and it has no text */
    close(fd);
    let_go(fds, PER_ADDRESS);
    usleep(200 * 1000);
    assert_metric("\nashlar_bound_used{bound=\"bodies\"} 0\n");
    fill(fds, 1);
    let_go(fds, PER_ADDRESS);
}

static void all_together_have_a_ceiling(void **state)
{
    int fds[ADDRESSES * PER_ADDRESS], fd;
    (void)state;
    for (int i = 0; i < ADDRESSES; i++)
        fill(fds + i * PER_ADDRESS, 1 + i);
    assert_refused(9, 503);
    assert_metric("\nashlar_bound_limit{bound=\"bodies\"} 4194304\n");
    assert_metric("\nashlar_bound_used{bound=\"bodies\"} 3145728\n");
    assert_metric("\nashlar_bound_refused_total{bound=\"bodies\"} 1\n");
    exchange_bytes(RAW("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(status_of(&answer), 200);
    fd = dial_as(9); /* a small one has room */
    send_bytes(fd, RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       "Content-Length: 2\r\n\r\n{}"));
    listen_to(fd, QUIET_MS, &answer);
    assert_int_equal(status_of(&answer), 422);
    close(fd);
    for (int i = 0; i < ADDRESSES * PER_ADDRESS; i++) { /* one after the other is given back */
        send_bytes(fds[i], "}", 1);
        listen_to(fds[i], i == ADDRESSES * PER_ADDRESS - 1 ? QUIET_MS : 1, &answer);
    }
    let_go(fds, ADDRESSES * PER_ADDRESS);
    usleep(200 * 1000);
    assert_metric("\nashlar_bound_used{bound=\"bodies\"} 0\n");
}

static void what_an_address_has_too_many_of_is_refused_before_its_body(void **state)
{
    enum { MORE_THAN_THE_BURST = 130 };
    int fd = dial();
    (void)state;
    for (int i = 0; i < MORE_THAN_THE_BURST; i++) /* until one is refused, which closes it */
        send_bytes(fd, RAW("POST /counted HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           "Content-Length: 11\r\n\r\n{\"text\":\"\"}"));
    listen_to(fd, 30, &answer);
    assert_int_equal(status_of(&answer), 200);
    assert_non_null(strstr(answer.text, "RateLimit: \"write-address\""));
    close(fd);
    for (int i = 0; i < 10 && status_of(&answer) != 429; i++) { /* 20 come back each second */
        fd = dial();
        send_most(fd, "/counted");
        listen_to(fd, 10, &answer);
        close(fd);
    }
    assert_int_equal(status_of(&answer), 429);
    assert_non_null(strstr(answer.text, "\r\nRetry-After: "));
    assert_in_range(posts, 100, MORE_THAN_THE_BURST);
}

static void who_announces_a_body_sends_it(void **state)
{
    int fd = dial();
    (void)state;
    send_bytes(fd, RAW("POST /text HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       "Content-Length: 65536\r\n\r\n"));
    listen_to(fd, 8000, &answer);
    assert_true(answer.closed);
    assert_int_equal(answer.size, 0);
    close(fd);
    usleep(200 * 1000);
    assert_metric("\nashlar_bound_used{bound=\"bodies\"} 0\n");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, small_begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_address_does_not_take_the_others_room),
        TEST(all_together_have_a_ceiling),
        TEST(who_announces_a_body_sends_it),
        TEST(what_an_address_has_too_many_of_is_refused_before_its_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
