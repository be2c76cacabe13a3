/* What servers say in headers of their answers, and how long they ask to be left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ashlar/clock.h>
#include <ashlar/net.h>

static int64_t asks(const char *retry_after, const char *date)
{
    const struct net_header headers[] = {
        { "content-type", "text/html" },
        { "retry-after", retry_after },
        { "date", date },
    };
    const struct net_response response = { .headers = headers, .n_headers = date != NULL ? 3 : 2 };

    return net_retry_after_ms(&response);
}

static void set_clock(const char *text)
{
    struct instant at;

    assert_true(instant_parse(text, strlen(text), &at));
    clock_fake(at);
}

static void seconds_are_taken_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(asks("120", NULL), 120000);
    assert_int_equal(asks("0", NULL), 0);
    assert_int_equal(asks("-1", NULL), 0);
}

static void a_date_counts_from_now(void **state)
{
    int64_t ms;

    (void)state;
    set_clock("2026-10-21T07:28:00.5Z");
    ms = asks("Wed, 21 Oct 2026 07:30:00 GMT", NULL);
    assert_in_range(ms, 118000, 120000);
    assert_in_range(asks("Wednesday, 21-Oct-26 07:30:00 GMT", NULL), 118000, 120000);
    assert_in_range(asks("Wed Oct 21 07:30:00 2026", NULL), 118000, 120000);
    clock_fake(INSTANT_NONE);
}

static void a_date_counts_by_the_clock_of_the_server(void **state)
{
    (void)state;
    set_clock("2026-10-21T07:28:00Z");
    assert_int_equal(asks("Wed, 21 Oct 2015 07:30:00 GMT", "Wed, 21 Oct 2015 07:29:00 GMT"), 60000);
    assert_int_equal(asks("Wed, 21 Oct 2026 07:30:00 GMT", "Wed, 21 Oct 2026 07:31:00 GMT"), 0);
    clock_fake(INSTANT_NONE);
}

static void nobody_is_left_alone_for_more_than_a_day(void **state)
{
    (void)state;
    set_clock("2026-10-21T07:28:00Z");
    assert_int_equal(asks("99999999", NULL), 24 * 3600 * 1000);
    assert_int_equal(asks("9223372036854775807", NULL), 24 * 3600 * 1000);
    assert_int_equal(asks("Fri, 31 Dec 9999 23:59:59 GMT", NULL), 24 * 3600 * 1000);
    clock_fake(INSTANT_NONE);
}

static void what_is_no_time_to_come_says_nothing(void **state)
{
    static const char *const values[] = { "", " ", "soon", "1e9", "99999999999999999999",
        "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo 2030 07:28:00 GMT", "0x10", "12 12 12 12",
        "%n%n%n%s" };
    const struct net_response silent = { .n_headers = 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        assert_int_equal(asks(values[i], NULL), 0);
    assert_int_equal(net_retry_after_ms(&silent), 0);
}

static void the_first_header_of_a_name_is_found(void **state)
{
    const struct net_header headers[] = { { "a", "1" }, { "b", "2" }, { "b", "3" } };
    const struct net_response response = { .headers = headers, .n_headers = COUNT(headers) };

    (void)state;
    assert_string_equal(net_response_header(&response, "b"), "2");
    assert_null(net_response_header(&response, "c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_taken_as_they_are),
        cmocka_unit_test(a_date_counts_from_now),
        cmocka_unit_test(a_date_counts_by_the_clock_of_the_server),
        cmocka_unit_test(nobody_is_left_alone_for_more_than_a_day),
        cmocka_unit_test(what_is_no_time_to_come_says_nothing),
        cmocka_unit_test(the_first_header_of_a_name_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
