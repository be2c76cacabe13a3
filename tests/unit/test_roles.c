/* Names of the database's roles in SQL: whole words only, wherever they stand. */
#include "config/settings_rules.h"
#include "db/roles.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void whole_words_are_replaced_and_nothing_else(void **state)
{
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        { "", "" },
        { "GRANT SELECT ON t TO ashlar_app", "GRANT SELECT ON t TO acme_app" },
        { "ashlar_owner,ashlar_app;ashlar_system", "acme_owner,acme_app;acme_system" },
        { "'ashlar_app' \"ashlar_app\" (ashlar_app)", "'acme_app' \"acme_app\" (acme_app)" },
        { "format('GRANT %s TO ashlar_app', x)", "format('GRANT %s TO acme_app', x)" },
        { "$$ashlar_app$$", "$$ashlar_app$$" }, /* $ is of words: see the next two */
        { "AS $$ TO ashlar_app $$", "AS $$ TO acme_app $$" },
        { "AS $$\nashlar_app\n$$", "AS $$\nacme_app\n$$" },
        { "-- ashlar_system\nSELECT 1", "-- acme_system\nSELECT 1" },
        { "ashlar_application ashlar_apps ashlar_app2 ashlar_app_x", NULL },
        { "my_ashlar_app x1ashlar_app $ashlar_app ashlar_app$", NULL },
        { "ashlar_ ashlar ashlar_ow ashlar_ownership ashlar_systems", NULL },
        { "ASHLAR_APP Ashlar_owner", NULL },
        { "\xc3\xa4"
          "ashlar_app ashlar_app\xc3\xa4",
            NULL },
        { "public.ashlar_app()", "public.acme_app()" },
    };
    struct arena *a = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(roles_in_sql_with(a, "acme_", cases[i].sql, strlen(cases[i].sql)),
            cases[i].expected ? cases[i].expected : cases[i].sql);
    assert_string_equal(roles_in_sql_with(a, "acme_", "ashlar_apps", 10), "acme_app");
    arena_free(a);
}

static void many_long_names_fit(void **state)
{
    static const char prefix[] = "a234567890_234567890_234567890_23456789_";
    struct arena *a = arena_new(0);
    const size_t size = 11 * 2000;
    char *sql = arena_alloc(a, size + 1);
    const char *out;

    (void)state;
    for (size_t i = 0; i < 2000; i++)
        memcpy(sql + i * 11, "ashlar_app ", 11);
    out = roles_in_sql_with(a, prefix, sql, size);
    assert_int_equal(strlen(out), 2000 * (sizeof prefix - 1 + 4));
    arena_free(a);
}

static void a_prefix_needs_no_quotes(void **state)
{
    static const char *const bad[] = { "_", "1_", "acme", "Acme_", "ac-me_", "ac me_", "pg_",
        "pg_x_", "a\"_", "a'_", "a;_", "\xc3\xa4_", "_acme_" };
    static const char *const good[] = { "ashlar_", "a_", "acme_staging_", "a1__", "pgx_" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(rule_role_prefix(ENV_PRODUCTION, bad[i]));
    for (size_t i = 0; i < COUNT(good); i++)
        assert_null(rule_role_prefix(ENV_PRODUCTION, good[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_words_are_replaced_and_nothing_else),
        cmocka_unit_test(many_long_names_fit),
        cmocka_unit_test(a_prefix_needs_no_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
