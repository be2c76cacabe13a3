/* Which origins may ride a session cookie. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "http/request/origin.h"

static const struct origin_rules production = {
    .listed = "https://app.example.org , https://admin.example.org:8443,https://Shop.example.org ",
    .own = "https://api.example.org/",
};
static const struct origin_rules development = { .own = "http://localhost:8080",
    .any_localhost = true };

static void only_listed_and_own_origins_are_allowed(void **state)
{
    (void)state;
    assert_true(origin_is_allowed(&production, "https://app.example.org"));
    assert_true(origin_is_allowed(&production, "https://admin.example.org:8443"));
    assert_true(origin_is_allowed(&production, "https://api.example.org"));
    assert_true(origin_is_allowed(&production, "https://shop.example.org"));
    assert_false(origin_is_allowed(&production, "http://app.example.org"));
    assert_false(origin_is_allowed(&production, "https://app.example.org:8443"));
    assert_false(origin_is_allowed(&production, "https://app.example.org.evil.test"));
    assert_false(origin_is_allowed(&production, "https://evil-app.example.org"));
    assert_false(origin_is_allowed(&production, "https://app.example.or"));
    assert_false(origin_is_allowed(&production, "null"));
    assert_false(origin_is_allowed(&production, ""));
    assert_false(origin_is_allowed(&production, "http://localhost:3000"));
}

static void development_allows_this_machine_on_any_port(void **state)
{
    (void)state;
    assert_true(origin_is_allowed(&development, "http://localhost:3000"));
    assert_true(origin_is_allowed(&development, "http://127.0.0.1:5173"));
    assert_true(origin_is_allowed(&development, "http://localhost"));
    assert_false(origin_is_allowed(&development, "http://localhost.evil.test"));
    assert_false(origin_is_allowed(&development, "http://localhost:3000/x"));
    assert_false(origin_is_allowed(&development, "http://localhost:"));
    assert_false(origin_is_allowed(&development, "http://localhost:123456"));
    assert_false(origin_is_allowed(&development, "http://127.0.0.1.evil.test"));
}

static void the_browsers_word_decides(void **state)
{
    (void)state;
    assert_true(origin_may_mutate(&production, "same-origin", "https://api.example.org"));
    assert_true(origin_may_mutate(&production, "same-origin", NULL));
    assert_true(origin_may_mutate(&production, "none", NULL));
    assert_false(origin_may_mutate(&production, "cross-site", NULL));
    assert_false(origin_may_mutate(&production, "same-site", NULL));
    assert_false(origin_may_mutate(&production, "cross-site", "https://evil.test"));
    assert_false(origin_may_mutate(&production, "same-site", "https://blog.example.org"));
    assert_true(origin_may_mutate(&production, "same-site", "https://app.example.org"));
    assert_true(origin_may_mutate(&production, "cross-site", "https://app.example.org"));
    assert_false(origin_may_mutate(&production, "none", "https://evil.test"));
}

static void without_it_the_origin_decides(void **state)
{
    (void)state;
    assert_true(origin_may_mutate(&production, NULL, "https://api.example.org"));
    assert_true(origin_may_mutate(&production, NULL, "https://app.example.org"));
    assert_false(origin_may_mutate(&production, NULL, "https://evil.test"));
    assert_false(origin_may_mutate(&production, NULL, "null"));
}

static void what_is_no_browser_may_pass(void **state)
{
    (void)state;
    assert_true(origin_may_mutate(&production, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_listed_and_own_origins_are_allowed),
        cmocka_unit_test(development_allows_this_machine_on_any_port),
        cmocka_unit_test(the_browsers_word_decides),
        cmocka_unit_test(without_it_the_origin_decides),
        cmocka_unit_test(what_is_no_browser_may_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
