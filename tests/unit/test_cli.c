/* The command line's own decisions: names of new modules, and the nearest verb. */
#include "cli/cli.h"
#include "cli/fetch.h"
#include "cli/module_name.h"
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
}

static void a_mistyped_verb_finds_its_neighbour(void **state)
{
    static const char *const words[] = { "serve", "migrate", "routes" };

    (void)state;
    assert_string_equal(cli_nearest("sevre", words, COUNT(words), sizeof words[0]), "serve");
    assert_string_equal(cli_nearest("route", words, COUNT(words), sizeof words[0]), "routes");
    assert_null(cli_nearest("zzz", words, COUNT(words), sizeof words[0]));
    assert_null(cli_nearest(
        "a-very-long-word-that-is-longer-than-any-verb", words, COUNT(words), sizeof words[0]));
}

static void a_server_on_every_address_is_asked_on_the_loopback_one(void **state)
{
    char url[FETCH_URL_MAX];

    (void)state;
    fetch_own_url(":8080", "/readyz", url);
    assert_string_equal(url, "http://127.0.0.1:8080/readyz");
    fetch_own_url("0.0.0.0:8080", "/readyz", url);
    assert_string_equal(url, "http://127.0.0.1:8080/readyz");
    fetch_own_url("[::]:8080", "/readyz", url);
    assert_string_equal(url, "http://127.0.0.1:8080/readyz");
    fetch_own_url("10.0.0.7:80", "/livez", url);
    assert_string_equal(url, "http://10.0.0.7:80/livez");
}

static void every_verb_says_what_it_does(void **state)
{
    (void)state;
    for (const struct verb *v = cli_verbs; v->name != NULL; v++) {
        assert_non_null(v->run);
        assert_true(v->summary[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_noun_is_guessed_from_the_plural),
        cmocka_unit_test(a_given_noun_is_taken),
        cmocka_unit_test(names_that_cannot_work_are_refused_with_a_reason),
        cmocka_unit_test(a_mistyped_verb_finds_its_neighbour),
        cmocka_unit_test(a_server_on_every_address_is_asked_on_the_loopback_one),
        cmocka_unit_test(every_verb_says_what_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
