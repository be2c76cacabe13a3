/* Cookie lines in both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/request/cookies.h"

static struct arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_string_equal(cookie_find(a, "a=1; sid=x=y; b=2", "sid", false), "x=y");
    assert_string_equal(cookie_find(a, "sid=1", "sid", false), "1");
    assert_string_equal(cookie_find(a, "a=1;sid=2", "sid", false), "2");
    assert_null(cookie_find(a, "xsid=1; sidx=2; SID=3; sid", "sid", false));
    assert_null(cookie_find(a, "", "sid", false));
    assert_null(cookie_find(a, NULL, "sid", false));
}

static void with_https_only_the_host_prefix_counts(void **state)
{
    (void)state;
    assert_null(cookie_find(a, "sid=evil", "sid", true));
    assert_string_equal(cookie_find(a, "sid=evil; __Host-sid=good", "sid", true), "good");
    assert_null(cookie_find(a, "__Host-sid=good", "sid", false));
}

static void a_cookie_that_is_there_twice_is_none(void **state)
{
    (void)state;
    assert_null(cookie_find(a, "sid=1; sid=2", "sid", false));
    assert_null(cookie_find(a, "sid=1; a=b; sid=1", "sid", false));
    assert_null(cookie_find(a, "sid=; sid=1", "sid", false));
}

static void malformed_values_are_none(void **state)
{
    static const char *const bad[] = { "sid=", "sid=a b", "sid=\"a\"", "sid=a,b", "sid=a\\b",
        "sid=a\x01", "sid=\xc3\xa9", "sid=a\x7f" };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(cookie_find(a, bad[i], "sid", false));
    assert_string_equal(cookie_find(a, "junk \x01; sid=ok; =;;", "sid", false), "ok");
}

static void a_value_longer_than_any_of_ours_is_none(void **state)
{
    char header[COOKIE_VALUE_MAX + 8] = "sid=";

    (void)state;
    memset(header + 4, 'x', COOKIE_VALUE_MAX);
    assert_non_null(cookie_find(a, header, "sid", false));
    header[4 + COOKIE_VALUE_MAX] = 'x';
    assert_null(cookie_find(a, header, "sid", false));
    assert_null(cookie_line(a, &(struct cookie){ .name = "sid", .value = header + 4 }, false));
}

static void a_set_cookie_line_is_closed_to_scripts_and_other_sites(void **state)
{
    const struct cookie c = { .name = "sid", .value = "tok", .max_age_s = 60 };
    (void)state;
    assert_string_equal(
        cookie_line(a, &c, false), "sid=tok; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    assert_string_equal(cookie_line(a, &c, true),
        "__Host-sid=tok; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
}

static void an_empty_value_takes_the_cookie_away(void **state)
{
    const struct cookie c = { .name = "sid", .value = "", .max_age_s = 60, .strict = true };
    (void)state;
    assert_string_equal(
        cookie_line(a, &c, false), "sid=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

static void what_would_break_the_line_is_refused(void **state)
{
    (void)state;
    assert_null(cookie_line(a, &(struct cookie){ .name = "sid", .value = "a;b" }, false));
    assert_null(cookie_line(a, &(struct cookie){ .name = "sid", .value = "a\r\nX: y" }, false));
    assert_null(cookie_line(a, &(struct cookie){ .name = "s=d", .value = "a" }, false));
    assert_null(cookie_line(a, &(struct cookie){ .name = "", .value = "a" }, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(with_https_only_the_host_prefix_counts),
        cmocka_unit_test(a_cookie_that_is_there_twice_is_none),
        cmocka_unit_test(malformed_values_are_none),
        cmocka_unit_test(a_value_longer_than_any_of_ours_is_none),
        cmocka_unit_test(a_set_cookie_line_is_closed_to_scripts_and_other_sites),
        cmocka_unit_test(an_empty_value_takes_the_cookie_away),
        cmocka_unit_test(what_would_break_the_line_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
