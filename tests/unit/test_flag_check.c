/* A flag that could never be what it says does not start. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "flags/flags.h"
#include "module/registry.h"

static const struct flag good = { .name = "work.bulk_2", .doc = "Bulk", .expires = "2027-01-31" },
                         again = { .name = "work.bulk_2", .doc = "Another" },
                         shouting = { .name = "Work.Bulk", .doc = "Bulk" },
                         silent = { .name = "work.silent", .doc = "" },
                         empty = { .name = "work.size", .doc = "Size", .type = FLAG_TEXT },
                         other = { .name = "work.colour",
                             .doc = "Colour",
                             .type = FLAG_TEXT,
                             .fallback_text = "blue",
                             .one_of = "red|green" },
                         low = { .name = "work.most",
                             .doc = "Most",
                             .type = FLAG_INT,
                             .fallback_int = 0,
                             .min = 1,
                             .max = 9 },
                         undated = { .name = "work.old", .doc = "Old", .expires = "next year" };

/* What is said about one flag; "" when it is fine. */
static const char *said_of(const struct flag *first, const struct flag *second)
{
    static char text[1024];
    const struct flag *const flags[] = { first, second, NULL };
    const struct module work = { .name = "work", .flags = flags };
    const struct module *const list[] = { &work, NULL };
    struct buf problems;

    registry_set(list);
    buf_init(&problems, NULL, sizeof text - 1);
    flags_check(&problems);
    snprintf(text, sizeof text, "%s", problems.data);
    buf_release(&problems);
    return text;
}

static void a_good_one_is_fine(void **state)
{
    (void)state;
    assert_string_equal(said_of(&good, NULL), "");
}

static void defects_are_named(void **state)
{
    (void)state;
    assert_string_equal(
        said_of(&good, &again), "work: flag work.bulk_2: the name is used twice.\n");
    assert_non_null(strstr(said_of(&shouting, NULL), "its name is lower case"));
    assert_non_null(strstr(said_of(&silent, NULL), "it has no doc"));
    assert_non_null(strstr(said_of(&empty, NULL), "its default is not an allowed value"));
    assert_non_null(strstr(said_of(&other, NULL), "its default is not an allowed value"));
    assert_non_null(strstr(said_of(&low, NULL), "its default is not an allowed value"));
    assert_non_null(strstr(said_of(&undated, NULL), "expires is a date"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_fine),
        cmocka_unit_test(defects_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
