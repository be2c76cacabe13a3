/* Alerts begin and end once, whatever the readings do in between. Time is the test's. */
#include "monitoring/alert.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define S(n) ((int64_t)(n)*1000000)

static const struct alert_rule LAG = {
    .name = "lag", .high = 300, .low = 150, .bad_for_us = S(30), .good_for_us = S(60)
};

/* One reading every ten seconds; how often it changed. */
static int run(struct alert_state *s, int64_t *now_us, const int64_t *values, int n)
{
    int changes = 0;

    for (int i = 0; i < n; i++, *now_us += S(10))
        changes += alert_step(s, &LAG, values[i], *now_us);
    return changes;
}
#define RUN(s, now, ...)                                                                           \
    run(s, now, (const int64_t[]){ __VA_ARGS__ },                                                  \
        (int)(sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)))

static void it_begins_when_bad_for_long_enough(void **state)
{
    struct alert_state s = { 0 };
    int64_t now = S(1000);
    (void)state;
    assert_int_equal(RUN(&s, &now, 300, 400, 500), 0);
    assert_int_equal(RUN(&s, &now, 500), 1);
    assert_true(s.firing);
    assert_int_equal(s.since_us, S(1000));
}

static void a_spike_is_none(void **state)
{
    struct alert_state s = { 0 };
    int64_t now = S(1000);
    (void)state;
    assert_int_equal(RUN(&s, &now, 900, 900, 900, 10, 900, 900, 900, 299, 900, 900, 900), 0);
    assert_false(s.firing);
}

static void one_that_swings_around_the_bound_begins_once_and_ends_once(void **state)
{
    struct alert_state s = { 0 };
    int64_t now = S(1000);
    int changes = 0;
    (void)state;
    changes += RUN(&s, &now, 300, 300, 300, 300);
    for (int i = 0; i < 50; i++)
        changes += RUN(&s, &now, 290, 310, 200, 151, 149, 300);
    assert_int_equal(changes, 1);
    changes += RUN(&s, &now, 150, 10, 0, 0, 0, 0);
    assert_int_equal(changes, 1);
    changes += RUN(&s, &now, 0, 0, 0, 0);
    assert_int_equal(changes, 2);
    assert_false(s.firing);
}

static void what_cannot_be_read_changes_nothing(void **state)
{
    struct alert_state s = { 0 };
    int64_t now = S(1000);
    (void)state;
    assert_int_equal(RUN(&s, &now, 400, -1, -1), 0);
    assert_int_equal(RUN(&s, &now, 400), 1);
    assert_int_equal(RUN(&s, &now, -1, -1, -1, -1, -1, -1, -1, -1, -1), 0);
    assert_true(s.firing);
    assert_int_equal(s.value, 400);
}

static void a_share_is_of_the_window_and_wants_enough_events(void **state)
{
    struct alert_window w = { .n = 0 };
    int64_t now = S(1000);
    (void)state;
    assert_int_equal(alert_share(&w, 1000000, 500000, now, S(300), 20), 0); /* before us */
    assert_int_equal(alert_share(&w, 1000010, 500010, now += S(10), S(300), 20), 0);
    assert_int_equal(alert_share(&w, 1000040, 500010, now += S(10), S(300), 20), 25);
    assert_int_equal(alert_share(&w, 1000140, 500010, now += S(10), S(300), 20), 7);
    for (int i = 0; i < 40; i++)
        assert_in_range(alert_share(&w, 1000140, 500010, now += S(10), S(300), 20), 0, 7);
    assert_int_equal(alert_share(&w, 1000140, 500010, now += S(10), S(300), 20), 0);
    assert_int_equal(alert_share(&w, 1000240, 500110, now += S(10), S(300), 20), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_when_bad_for_long_enough),
        cmocka_unit_test(a_spike_is_none),
        cmocka_unit_test(one_that_swings_around_the_bound_begins_once_and_ends_once),
        cmocka_unit_test(what_cannot_be_read_changes_nothing),
        cmocka_unit_test(a_share_is_of_the_window_and_wants_enough_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
