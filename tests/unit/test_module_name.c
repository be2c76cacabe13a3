/* Names of new modules. */
#include "tools/module_name.h"
#include <ashlar/base.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void the_noun_is_guessed_from_the_plural(void **state)
{
    static const struct {
        const char *module, *noun, *nouns;
    } cases[] = {
        { "invoices", "invoice", "invoices" },
        { "companies", "company", "companies" },
        { "boxes", "box", "boxes" },
        { "branches", "branch", "branches" },
        { "classes", "class", "classes" },
        { "billing", "billing", "billings" },
        { "status", "status", "statuses" },
        { "days", "day", "days" },
    };
    struct module_name n;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(module_name_make(&n, cases[i].module, NULL));
        assert_string_equal(n.noun, cases[i].noun);
        assert_string_equal(n.nouns, cases[i].nouns);
    }
}

static void a_given_noun_is_taken(void **state)
{
    struct module_name n;

    (void)state;
    assert_null(module_name_make(&n, "billing", "charge"));
    assert_string_equal(n.module, "billing");
    assert_string_equal(n.noun, "charge");
    assert_string_equal(n.nouns, "charges");
}

static void names_that_cannot_work_are_refused_with_a_reason(void **state)
{
    static const char *const bad[] = { "", "ab", "Invoices", "in-voices", "in_voices", "invoices2",
        "../etc", "platform", "public", "order", "user", "test", "aaaaaaaaaaaaaaaaaaaaaaaaa" };
    struct module_name n;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(module_name_make(&n, bad[i], NULL));
    assert_non_null(module_name_make(&n, "invoices", "In voice"));
    /* its file would be written over another of the module */
    assert_non_null(module_name_make(&n, "stores", NULL));
    assert_non_null(module_name_make(&n, "invoices", "routes"));
    assert_null(module_name_make(&n, "stores", "shop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_noun_is_guessed_from_the_plural),
        cmocka_unit_test(a_given_noun_is_taken),
        cmocka_unit_test(names_that_cannot_work_are_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
