/* Settings: sources, types, rules, and what people are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "config/load.h"
#include "config/platform_settings.h"
#include "config/rules.h"
#include "registry.h"
#include <ashlar/text.h>
#include <fcntl.h>
#include <sys/stat.h>

#define KEY "00112233445566778899aabbccddeeff0123456789abcdef0f1e2d3c4b5a6978"

/* What production needs at the least. */
#define PRODUCTION                                                                                 \
    "ASHLAR_ENV=production", "ASHLAR_PUBLIC_URL=https://api.acme.example",                         \
        "ASHLAR_APP_URL=https://app.acme.example", "ASHLAR_SECRET_KEY=" KEY,                       \
        "DATABASE_URL=postgresql://db.acme.example/ashlar?sslmode=verify-full",                    \
        "ASHLAR_SMTP_URL=smtp://mail.acme.example:587", "ASHLAR_MAIL_FROM=hello@acme.example"

static struct arena *a;
static struct buf problems;
static const struct module *const no_modules[] = { NULL };

static int begin(void **state)
{
    (void)state;
    a = arena_new(0);
    buf_init(&problems, a, 64 * 1024);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static bool load_with(const struct module *const *modules, const char *const *list)
{
    char *copy[40] = { NULL };
    for (size_t i = 0; list[i]; i++)
        copy[i] = arena_strdup(a, list[i]);
    buf_clear(&problems);
    return config_load(modules, copy, &problems);
}
#define load(...) load_with(no_modules, (const char *const[]){ __VA_ARGS__, NULL })

#define assert_told(text)                                                                          \
    do {                                                                                           \
        if (!strstr(problems.data, (text)))                                                        \
            fail_msg("not told \"%s\" but:\n%s", (text), problems.data);                           \
    } while (0)

static void development_starts_with_nothing_set(void **state)
{
    (void)state;
    assert_true(load("ASHLAR_ENV=development"));
    assert_int_equal(config_environment(), ENV_DEVELOPMENT);
    assert_true(config_is_local());
    assert_string_equal(setting_text(&ASHLAR_LISTEN), "127.0.0.1:8080");
    assert_string_equal(setting_text(&ASHLAR_LOG_FORMAT), "readable");
    assert_int_equal(setting_int(&ASHLAR_THREADS), 8);
    assert_true(setting_bool(&ASHLAR_RATE_LIMITS));
    assert_null(setting_text(&ASHLAR_SMTP_URL));
}

static void production_starts_with_what_it_needs(void **state)
{
    (void)state;
    if (!load(PRODUCTION))
        fail_msg("%s", problems.data);
    assert_int_equal(config_environment(), ENV_PRODUCTION);
    assert_false(config_is_local());
    assert_string_equal(setting_text(&ASHLAR_LOG_FORMAT), "json");
}

static void forgetting_the_environment_is_strict_and_says_so(void **state)
{
    (void)state;
    assert_false(load("UNRELATED=1"));
    assert_told("ASHLAR_SECRET_KEY: must be set in production");
    assert_told("ASHLAR_ENV=development");
}

static void all_problems_are_told_at_once(void **state)
{
    (void)state;
    assert_false(load("ASHLAR_ENV=staging", "ASHLAR_THREADS=many", "ASHLAR_WORKERS=65",
        "ASHLAR_RUNTIME=fast", "ASHLAR_LISTENN=:1", "ASHLAR_RATE_LIMITS=off"));
    assert_told("ASHLAR_THREADS: \"many\" will not do: must be integer from 1 to 64");
    assert_told("ASHLAR_WORKERS: \"65\" will not do");
    assert_told("ASHLAR_RUNTIME: \"fast\" will not do: must be threads");
    assert_told("ASHLAR_LISTENN: there is no such setting. Did you mean ASHLAR_LISTEN?");
    assert_told("ASHLAR_RATE_LIMITS: refused in staging");
    assert_told("ASHLAR_SECRET_KEY: must be set in staging");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(development_starts_with_nothing_set, begin, end),
        cmocka_unit_test_setup_teardown(production_starts_with_what_it_needs, begin, end),
        cmocka_unit_test_setup_teardown(
            forgetting_the_environment_is_strict_and_says_so, begin, end),
        cmocka_unit_test_setup_teardown(all_problems_are_told_at_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
