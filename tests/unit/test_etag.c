/* Entity tags and the lists of conditional requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/request/etag.h"

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

struct thing {
    const char *name;
    int64_t version;
};
static const struct field thing_fields[] = {
    TEXT(thing, name),
    INT(thing, version, .etag = true),
};
static SHAPE(thing);

static void a_version_field_is_the_version(void **state)
{
    const struct thing thing = { .name = "x", .version = 7 };
    int64_t version = 0;
    (void)state;
    assert_true(etag_version_of(&thing_shape, &thing, &version));
    assert_int_equal(version, 7);
    assert_false(etag_version_of(&nothing_shape, &thing, &version));
}

static void one_version_that_reads_differently_has_two_tags(void **state)
{
    const char *mine = etag_of_version(a, 7, (struct bytes){ "{\"role\":\"owner\"}", 16 });
    const char *theirs = etag_of_version(a, 7, (struct bytes){ "{\"role\":\"guest\"}", 16 });
    (void)state;
    assert_int_equal(strncmp(mine, "\"v7.", 4), 0);
    assert_false(etag_matches(mine, theirs));
    assert_true(etag_names_version(mine, 7));
    assert_true(etag_names_version(theirs, 7));
}

static void bodies_that_differ_have_tags_that_differ(void **state)
{
    const char *one = etag_of_body(a, (struct bytes){ "{\"a\":1}", 7 });
    (void)state;
    assert_string_equal(one, etag_of_body(a, (struct bytes){ "{\"a\":1}", 7 }));
    assert_string_not_equal(one, etag_of_body(a, (struct bytes){ "{\"a\":2}", 7 }));
    assert_int_equal(one[0], '"');
}

static void lists_name_tags(void **state)
{
    (void)state;
    assert_true(etag_matches("\"v7\"", "\"v7\""));
    assert_true(etag_matches("\"v6\", \"v7\"", "\"v7\""));
    assert_true(etag_matches("\"v6\",W/\"x\" ,\"v7\"", "\"v7\""));
    assert_true(etag_matches("W/\"v7\"", "\"v7\""));
    assert_true(etag_matches("*", "\"v7\""));
    assert_false(etag_matches("\"v70\"", "\"v7\""));
    assert_false(etag_matches("v7", "\"v7\""));
    assert_false(etag_matches("", "\"v7\""));
}

static void lists_name_versions(void **state)
{
    (void)state;
    assert_true(etag_names_version("\"v7\"", 7));
    assert_true(etag_names_version("\"x\", W/\"v7.abc\"", 7));
    assert_true(etag_names_version("*", 7));
    assert_false(etag_names_version("\"v70\"", 7));
    assert_false(etag_names_version("\"v70.abc\"", 7));
    assert_false(etag_names_version("\"v\"", 7));
    assert_false(etag_names_version("\"v6.v7\"", 7));
    assert_false(etag_names_version("v7", 7));
    assert_false(etag_names_version("\"v7", 7));
    assert_false(etag_names_version("", 7));
}

static void a_malformed_list_names_nothing(void **state)
{
    static const char *const bad[] = { "\"v7", "\"v7\" \"v8\"", "\"v7\", x", "\"v 7\"", "W\"v7\"",
        "\"v7\"\"", "*, \"v7\"" };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (etag_matches(bad[i], "\"v7\"") || etag_names_version(bad[i], 7))
            fail_msg("matched: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_field_is_the_version),
        cmocka_unit_test(one_version_that_reads_differently_has_two_tags),
        cmocka_unit_test(bodies_that_differ_have_tags_that_differ),
        cmocka_unit_test(lists_name_tags),
        cmocka_unit_test(lists_name_versions),
        cmocka_unit_test(a_malformed_list_names_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
