/* Entity tags and the lists of conditional requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/etag.h"

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

static void a_version_field_is_the_tag(void **state)
{
    const struct thing thing = { .name = "x", .version = 7 };
    (void)state;
    assert_string_equal(etag_of_struct(a, &thing_shape, &thing), "\"v7\"");
    assert_null(etag_of_struct(a, &nothing_shape, &thing));
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
    assert_true(etag_matches("\"v7\"", "\"v7\"", true));
    assert_true(etag_matches("\"v6\", \"v7\"", "\"v7\"", true));
    assert_true(etag_matches("\"v6\",W/\"x\" ,\"v7\"", "\"v7\"", true));
    assert_true(etag_matches("*", "\"v7\"", true));
    assert_false(etag_matches("\"v70\"", "\"v7\"", true));
    assert_false(etag_matches("v7", "\"v7\"", true));
    assert_false(etag_matches("", "\"v7\"", true));
}

static void a_weak_tag_matches_only_weakly(void **state)
{
    (void)state;
    assert_false(etag_matches("W/\"v7\"", "\"v7\"", true));
    assert_true(etag_matches("W/\"v7\"", "\"v7\"", false));
}

static void a_malformed_list_names_nothing(void **state)
{
    static const char *const bad[] = { "\"v7", "\"v7\" \"v8\"", "\"v7\", x", "\"v 7\"", "W\"v7\"",
        "\"v7\"\"", "*, \"v7\"" };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (etag_matches(bad[i], "\"v7\"", false))
            fail_msg("matched: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_field_is_the_tag),
        cmocka_unit_test(bodies_that_differ_have_tags_that_differ),
        cmocka_unit_test(lists_name_tags),
        cmocka_unit_test(a_weak_tag_matches_only_weakly),
        cmocka_unit_test(a_malformed_list_names_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
