/* Time: RFC 3339 both ways, the fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ashlar/clock.h>

static void instants_are_written_as_rfc3339(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { 1, "1970-01-01T00:00:00.000001Z" },
        { -1, "1969-12-31T23:59:59.999999Z" },
        { 951782400000000, "2000-02-29T00:00:00Z" },
        { 1795336200500000, "2026-11-22T08:30:00.500000Z" },
        { INT64_MAX, "9999-12-31T23:59:59.999999Z" },
        { INT64_MIN, "0001-01-01T00:00:00Z" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[INSTANT_TEXT_SIZE];
        instant_format((struct instant){ rows[i].us }, text);
        assert_string_equal(text, rows[i].text);
    }
}

static int64_t parsed(const char *text)
{
    struct instant at = { INT64_MIN };
    if (!instant_parse(text, strlen(text), &at))
        fail_msg("refused \"%s\"", text);
    return at.us;
}

static void instants_are_read_with_zones_and_fractions(void **state)
{
    (void)state;
    assert_true(parsed("1970-01-01T00:00:00Z") == 0);
    assert_true(parsed("1970-01-01t00:00:00z") == 0);
    assert_true(parsed("1970-01-01T02:00:00+02:00") == 0);
    assert_true(parsed("1969-12-31T18:30:00-05:30") == 0);
    assert_true(parsed("1970-01-01T00:00:00.5Z") == 500000);
    assert_true(parsed("1970-01-01T00:00:00.1234567899Z") == 123456);
    assert_true(parsed("2000-02-29T00:00:00Z") == 951782400000000);
    assert_true(parsed("9999-12-31T23:59:59.999999Z") == 253402300799999999);
    assert_true(parsed("0001-01-01T00:00:00Z") == -62135596800000000);
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = { "", "2026", "2026-11-22", "2026-11-22T08:30Z",
        "2026-11-22T08:30:00", "2026-11-22 08:30:00Z", "2026-13-22T08:30:00Z",
        "2026-00-22T08:30:00Z", "2026-02-29T08:30:00Z", "1900-02-29T08:30:00Z",
        "2026-11-31T08:30:00Z", "2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z",
        "2026-11-22T08:30:61Z", "2026-11-22T08:30:00.Z", "2026-11-22T08:30:00+2:00",
        "2026-11-22T08:30:00+0200", "2026-11-22T08:30:00+24:00", "2026-11-22T08:30:00+02:60",
        "2026-11-22T08:30:00Z ", " 2026-11-22T08:30:00Z", "+026-11-22T08:30:00Z",
        "2026-1-22T08:30:00Z", "0000-01-01T00:00:00Z", "2026-11-22T08:30:00,5Z",
        "2026-11-22T-8:30:00Z" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct instant at = { 42 };
        if (instant_parse(bad[i], strlen(bad[i]), &at))
            fail_msg("accepted \"%s\"", bad[i]);
        assert_true(at.us == 42);
    }
}

static void reading_what_was_written_gives_the_same(void **state)
{
    (void)state;
    for (int64_t us = -62135596800000000; us < 253402300799000000; us += 86399 * 1000003ll * 977) {
        char text[INSTANT_TEXT_SIZE];
        instant_format((struct instant){ us }, text);
        if (parsed(text) != us)
            fail_msg("%s", text);
    }
}

static void every_day_has_the_date_the_c_library_gives_it(void **state)
{
    (void)state;
    for (int64_t us = -62135596800000000; us < 253402300799999999; us += DAYS(1)) {
        char text[INSTANT_TEXT_SIZE], expected[64];
        time_t seconds = (time_t)(us / 1000000);
        struct tm t;
        gmtime_r(&seconds, &t);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT00:00:00Z", t.tm_year + 1900,
            t.tm_mon + 1, t.tm_mday);
        instant_format((struct instant){ us }, text);
        if (strcmp(text, expected) != 0)
            fail_msg("%s, not %s", text, expected);
    }
}

static void the_fake_clock_runs_on_from_where_it_is_set(void **state)
{
    (void)state;
    struct instant at = { parsed("2030-06-01T12:00:00Z") };
    assert_false(clock_is_fake());
    clock_fake(at);
    assert_true(clock_is_fake());
    struct instant first = clock_now();
    assert_in_range(first.us, at.us, at.us + SECONDS(5));
    usleep(2000);
    assert_true(clock_now().us - first.us >= 2000);
    clock_fake(INSTANT_NONE);
    assert_false(clock_is_fake());
    assert_in_range(clock_now().us, (int64_t)time(NULL) * 1000000 - SECONDS(2),
        (int64_t)time(NULL) * 1000000 + SECONDS(2));
}

static void faking_does_not_touch_deadlines(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_us();
    clock_fake((struct instant){ parsed("2030-06-01T12:00:00Z") });
    assert_in_range(clock_monotonic_us(), before, before + SECONDS(5));
    clock_fake(INSTANT_NONE);
}

static void adding_saturates(void **state)
{
    (void)state;
    assert_true(instant_add((struct instant){ 5 }, DAYS(1)).us == 86400000005);
    assert_true(instant_add((struct instant){ INT64_MAX - 1 }, 5).us == INT64_MAX);
    assert_true(instant_add((struct instant){ INT64_MIN + 1 }, -5).us == INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_are_written_as_rfc3339),
        cmocka_unit_test(instants_are_read_with_zones_and_fractions),
        cmocka_unit_test(what_is_no_instant_is_refused),
        cmocka_unit_test(reading_what_was_written_gives_the_same),
        cmocka_unit_test(every_day_has_the_date_the_c_library_gives_it),
        cmocka_unit_test(the_fake_clock_runs_on_from_where_it_is_set),
        cmocka_unit_test(faking_does_not_touch_deadlines),
        cmocka_unit_test(adding_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
