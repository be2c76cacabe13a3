/* General limits: bursts, refill, isolation, a table that does not grow; and client addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/request/client_address.h"
#include "http/request/exchange.h"
#include "http/request/rate.h"
#include <ashlar/clock.h>

static int begin(void **state)
{
    (void)state;
    rate_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    rate_stop();
    return 0;
}

#define NAME(text) ((struct bytes){ text, sizeof text - 1 })

/* How many of `n` at once are let in. */
static int let_in(enum rate_subject subject, struct bytes id, int64_t now_us, int n)
{
    int in = 0;
    for (int i = 0; i < n; i++) {
        struct rate_report report = { .policy = NULL };
        in += rate_take(RATE_SENSITIVE, subject, id, now_us, &report);
    }
    return in;
}

static void a_burst_is_let_in_and_then_the_sustained_rate(void **state)
{
    const int64_t start = SECONDS(1000);
    (void)state;
    assert_int_equal(let_in(RATE_PERSON, NAME("ann"), start, 100), 20);
    assert_int_equal(let_in(RATE_PERSON, NAME("ann"), start + SECONDS(1), 100), 0);
    assert_int_equal(let_in(RATE_PERSON, NAME("ann"), start + SECONDS(2), 100), 1);
    assert_int_equal(let_in(RATE_PERSON, NAME("ann"), start + SECONDS(12), 100), 5);
    assert_int_equal(let_in(RATE_PERSON, NAME("ann"), start + SECONDS(1000), 100), 20);
}

static void refused_requests_do_not_prolong_the_wait(void **state)
{
    const int64_t start = SECONDS(1000);
    (void)state;
    let_in(RATE_PERSON, NAME("bob"), start, 20);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(let_in(RATE_PERSON, NAME("bob"), start + i, 1), 0);
    assert_int_equal(let_in(RATE_PERSON, NAME("bob"), start + SECONDS(2), 1), 1);
}

static void subjects_and_classes_do_not_share_a_bucket(void **state)
{
    struct rate_report report = { .policy = NULL };
    (void)state;
    let_in(RATE_PERSON, NAME("same"), SECONDS(5), 100);
    assert_int_equal(let_in(RATE_PERSON, NAME("other"), SECONDS(5), 1), 1);
    assert_int_equal(let_in(RATE_ORG, NAME("same"), SECONDS(5), 1), 1);
    assert_true(rate_take(RATE_READ, RATE_PERSON, NAME("same"), SECONDS(5), &report));
}

static void the_report_says_how_long_to_wait(void **state)
{
    struct rate_report report = { .policy = NULL };
    (void)state;
    assert_true(rate_take(RATE_SENSITIVE, RATE_PERSON, NAME("cy"), SECONDS(9), &report));
    assert_string_equal(report.policy, "sensitive-person");
    assert_int_equal(report.burst, 20);
    assert_int_equal(report.window_s, 40);
    assert_int_equal(report.left, 19);
    assert_int_equal(report.reset_s, 2);
    let_in(RATE_PERSON, NAME("cy"), SECONDS(9), 19);
    assert_false(rate_take(RATE_SENSITIVE, RATE_PERSON, NAME("cy"), SECONDS(9), &report));
    assert_int_equal(report.left, 0);
    assert_int_equal(report.retry_s, 2);
}

static void the_report_keeps_the_tightest_limit(void **state)
{
    struct rate_report report = { .policy = NULL };
    (void)state;
    rate_take(RATE_READ, RATE_PERSON, NAME("dee"), SECONDS(9), &report);
    rate_take(RATE_READ, RATE_ORG, NAME("org"), SECONDS(9), &report);
    assert_string_equal(report.policy, "read-person");
}

static void a_million_strangers_do_not_grow_the_table(void **state)
{
    struct rate_report report = { .policy = NULL };
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        struct bytes id = { &i, sizeof i };
        assert_true(rate_take(RATE_READ, RATE_ADDRESS, id, SECONDS(9) + i, &report));
    }
}

static void none_is_never_limited(void **state)
{
    struct rate_report report = { .policy = NULL };
    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_true(rate_take(RATE_NONE, RATE_ADDRESS, NAME("x"), 1, &report));
    assert_null(report.policy);
}

static void only_trusted_proxies_say_whose_request_it_is(void **state)
{
    static const struct {
        const char *peer, *forwarded, *trusted, *client;
    } cases[] = {
        { "203.0.113.9", NULL, NULL, "203.0.113.9" },
        { "203.0.113.9", "198.51.100.1", NULL, "203.0.113.9" },
        { "203.0.113.9", "198.51.100.1", "10.0.0.0/8", "203.0.113.9" },
        { "10.1.2.3", "198.51.100.1", "10.0.0.0/8", "198.51.100.1" },
        { "10.1.2.3", "1.1.1.1, 198.51.100.1", "10.0.0.0/8", "198.51.100.1" },
        { "10.1.2.3", "1.1.1.1, 198.51.100.1,10.9.9.9", "10.0.0.0/8", "198.51.100.1" },
        { "10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.0/8", "10.0.0.1" },
        { "10.1.2.3", "evil", "10.0.0.0/8", "10.1.2.3" },
        { "10.1.2.3", "1.1.1.1, evil, 10.0.0.9", "10.0.0.0/8", "10.0.0.9" },
        { "10.1.2.3", "", "10.0.0.0/8", "10.1.2.3" },
        { "127.0.0.1", "2001:db8::7", "127.0.0.1, ::1", "2001:db8::7" },
        { "::ffff:10.1.2.3", "198.51.100.1", "10.0.0.0/8", "198.51.100.1" },
        { "fd00::1", "198.51.100.1", "fd00::/8", "198.51.100.1" },
        { "fe00::1", "198.51.100.1", "fd00::/8", "fe00::1" },
        { "10.128.0.1", "198.51.100.1", "10.0.0.0/9", "10.128.0.1" },
        { "", "198.51.100.1", "10.0.0.0/8", NULL },
    };
    struct arena *a = arena_new(0);
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *client =
            address_of_client(a, cases[i].peer, cases[i].forwarded, cases[i].trusted);
        if (cases[i].client == NULL)
            assert_null(client);
        else
            assert_string_equal(client, cases[i].client);
    }
    arena_free(a);
}

static void networks_and_limits_take_ipv6_by_64(void **state)
{
    static const char *const whole[] = { "0.0.0.0", "255.255.255.255", "9.10.99.100",
        "1.200.101.19" };
    struct arena *a = arena_new(0);
    (void)state;
    assert_string_equal(address_network(a, "192.0.2.77"), "192.0.2.0/24");
    assert_string_equal(address_network(a, "2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    assert_string_equal(address_limited(a, "192.0.2.77"), "192.0.2.77");
    assert_string_equal(address_limited(a, "2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_null(address_network(a, NULL));
    for (size_t i = 0; i < COUNT(whole); i++)
        assert_string_equal(address_limited(a, whole[i]), whole[i]);
    arena_free(a);
}

/* Some proxies add a line of their own behind the client's. */
static void several_lines_of_a_header_are_one_list(void **state)
{
    const struct http_header lines[] = { { "X-Forwarded-For", "203.0.113.9" }, { "Accept", "*/*" },
        { "x-forwarded-for", "192.0.2.7" } };
    const struct http_request q = { .headers = lines, .n_headers = COUNT(lines) };
    struct arena *a = arena_new(0);
    const char *list = request_header_list(a, &q, "X-Forwarded-For");
    (void)state;
    assert_string_equal(list, "203.0.113.9, 192.0.2.7");
    assert_string_equal(address_of_client(a, "10.0.0.1", list, "10.0.0.0/8"), "192.0.2.7");
    assert_null(request_header_list(a, &q, "Cookie"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_let_in_and_then_the_sustained_rate),
        cmocka_unit_test(refused_requests_do_not_prolong_the_wait),
        cmocka_unit_test(subjects_and_classes_do_not_share_a_bucket),
        cmocka_unit_test(the_report_says_how_long_to_wait),
        cmocka_unit_test(the_report_keeps_the_tightest_limit),
        cmocka_unit_test(a_million_strangers_do_not_grow_the_table),
        cmocka_unit_test(none_is_never_limited),
        cmocka_unit_test(only_trusted_proxies_say_whose_request_it_is),
        cmocka_unit_test(several_lines_of_a_header_are_one_list),
        cmocka_unit_test(networks_and_limits_take_ipv6_by_64),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
