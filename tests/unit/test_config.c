/* Settings: sources, types, rules, and what people are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "child.h"
#include "config/settings_check.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "config/settings_rules.h"
#include "module/registry.h"
#include <ashlar/text.h>
#include <signal.h>
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

static void a_misspelt_environment_is_told_alone(void **state)
{
    (void)state;
    assert_false(load("ASHLAR_ENV=prod", "ASHLAR_THREADS=x"));
    assert_told("ASHLAR_ENV: \"prod\" is not an environment. Use development, test, staging or "
                "production.");
    assert_null(strstr(problems.data, "ASHLAR_THREADS"));
}

static void all_problems_are_told_at_once(void **state)
{
    (void)state;
    assert_false(load("ASHLAR_ENV=staging", "ASHLAR_THREADS=many", "ASHLAR_WORKERS=65",
        "ASHLAR_RUNTIME=fast", "ASHLAR_LISTENN=:1", "ASHLAR_RATE_LIMITS=off"));
    assert_told("ASHLAR_THREADS: \"many\" is invalid: must be integer from 1 to 64");
    assert_told("ASHLAR_WORKERS: \"65\" is invalid");
    assert_told("ASHLAR_RUNTIME: \"fast\" is invalid: must be threads or reactors");
    assert_told("ASHLAR_LISTENN: unknown setting. Did you mean ASHLAR_LISTEN?");
    assert_told("ASHLAR_RATE_LIMITS: refused in staging");
    assert_told("ASHLAR_SECRET_KEY: must be set in staging");
}

/* A file with that content and mode, in a folder that ends with the test. */
static const char *file_with(const char *content, mode_t mode)
{
    char *path = arena_strdup(a, "/tmp/ashlar-config-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    fchmod(fd, mode);
    close(fd);
    return path;
}

static void a_file_gives_the_value_without_its_last_newline(void **state)
{
    (void)state;
    const char *path = file_with("smtp-password\n", 0400);
    assert_true(load(PRODUCTION, arena_printf(a, "ASHLAR_SMTP_PASSWORD_FILE=%s", path)));
    assert_string_equal(setting_text(&ASHLAR_SMTP_PASSWORD), "smtp-password");
    unlink(path);
}

static void a_secret_that_others_can_read_is_refused_where_it_matters(void **state)
{
    (void)state;
    const char *path = file_with("smtp-password\n", 0440);
    const char *setting = arena_printf(a, "ASHLAR_SMTP_PASSWORD_FILE=%s", path);
    assert_false(load(PRODUCTION, setting));
    assert_told("may be read by others (mode 440): chmod 400");
    assert_null(strstr(problems.data, "smtp-password"));
    assert_true(load("ASHLAR_ENV=development", setting));
    unlink(path);
}

static void links_folders_and_absent_files_are_refused(void **state)
{
    (void)state;
    const char *path = file_with("x", 0400);
    const char *link_path = arena_printf(a, "%s.link", path);
    assert_int_equal(symlink(path, link_path), 0);
    assert_false(
        load("ASHLAR_ENV=test", arena_printf(a, "ASHLAR_SMTP_PASSWORD_FILE=%s", link_path)));
    assert_told("symbolic link");
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_SMTP_PASSWORD_FILE=/tmp"));
    assert_told("is not a regular file");
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_SMTP_PASSWORD_FILE=/nowhere/at/all"));
    assert_told("No such file");
    unlink(link_path);
    unlink(path);
}

static void a_huge_file_is_refused(void **state)
{
    (void)state;
    char *content = arena_alloc(a, 70000);
    memset(content, 'x', 69999);
    const char *path = file_with(content, 0400);
    assert_false(load("ASHLAR_ENV=test", arena_printf(a, "ASHLAR_SMTP_PASSWORD_FILE=%s", path)));
    assert_told("at most 64 KiB");
    unlink(path);
}

static void value_and_file_together_are_refused(void **state)
{
    (void)state;
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_THREADS=2", "ASHLAR_THREADS_FILE=/x"));
    assert_told("ASHLAR_THREADS: both ASHLAR_THREADS and ASHLAR_THREADS_FILE are set");
}

static void a_systemd_credential_is_the_last_resort_before_the_default(void **state)
{
    (void)state;
    char folder[] = "/tmp/ashlar-credentials-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(a, "%s/ASHLAR_THREADS", folder);
    FILE *file = fopen(path, "w");
    fputs("5\n", file);
    fclose(file);
    const char *where = arena_printf(a, "CREDENTIALS_DIRECTORY=%s", folder);
    assert_true(load("ASHLAR_ENV=test", where));
    assert_int_equal(setting_int(&ASHLAR_THREADS), 5);
    assert_int_equal(setting_int(&ASHLAR_WORKERS), 4);
    assert_true(load("ASHLAR_ENV=test", where, "ASHLAR_THREADS=3"));
    assert_int_equal(setting_int(&ASHLAR_THREADS), 3);
    unlink(path);
    rmdir(folder);
}

static void an_empty_variable_counts_as_unset(void **state)
{
    (void)state;
    assert_true(load("ASHLAR_ENV=test", "ASHLAR_THREADS=", "ASHLAR_SMTP_URL="));
    assert_int_equal(setting_int(&ASHLAR_THREADS), 8);
    assert_null(setting_text(&ASHLAR_SMTP_URL));
}

static void secrets_are_wiped_from_the_environment_and_never_shown(void **state)
{
    (void)state;
    char env[] = "ASHLAR_ENV=test", key[] = "ASHLAR_SECRET_KEY=" KEY,
         threads[] = "ASHLAR_THREADS=4";
    char *list[] = { env, key, threads, NULL };
    assert_true(config_load(no_modules, list, &problems));
    for (size_t i = strlen("ASHLAR_SECRET_KEY="); i < sizeof key; i++)
        assert_int_equal(key[i], 0);
    assert_string_equal(threads, "ASHLAR_THREADS=4");
    assert_string_equal(setting_text(&ASHLAR_SECRET_KEY), KEY);
    struct buf shown;
    buf_init(&shown, a, 100000);
    config_render_values(no_modules, &shown);
    assert_null(strstr(shown.data, KEY));
    assert_non_null(strstr(shown.data, "ASHLAR_THREADS"));
    assert_non_null(strstr(shown.data, "environment"));
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_SECRET_KEY=hunter2"));
    assert_null(strstr(problems.data, "hunter2"));
}

static void only_near_names_are_suggested(void **state)
{
    (void)state;
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_TREADS=1", "ASHLAR_QUUX=1",
        "ASHLAR_SECRET_KEY_FIL=x", "DATABASE_URI=not-ours"));
    assert_told("ASHLAR_TREADS: unknown setting. Did you mean ASHLAR_THREADS?");
    assert_told("ASHLAR_QUUX: unknown setting. Unset it");
    assert_told("ASHLAR_SECRET_KEY_FIL: unknown setting. Did you mean ASHLAR_SECRET_KEY?");
    assert_null(strstr(problems.data, "DATABASE_URI"));
}

static void what_only_looks_like_a_setting_is_named(void **state)
{
    char *list[] = { (char[]){ "DATABASE_URL=postgresql://a/b" },
        (char[]){ "DATABASE_READ_URL=postgresql://me:secret@a/b" },
        (char[]){ "DATABASE_SYSTEM_URL_FILE=/x" }, (char[]){ "DATABASE_EMPTY=" },
        (char[]){ "MY_DATABASE_URL=x" }, (char[]){ "DATABASE_OWNER_UR=x" }, NULL };
    size_t at = 0;
    (void)state;
    assert_string_equal(config_next_stranger(a, no_modules, list, &at), "DATABASE_READ_URL");
    assert_string_equal(config_next_stranger(a, no_modules, list, &at), "DATABASE_OWNER_UR");
    assert_null(config_next_stranger(a, no_modules, list, &at));
}

/* Values each rule takes and refuses, by environment. */
static const struct {
    const struct setting *setting;
    enum environment env;
    const char *value;
    bool good;
} cases[] = {
    { &ASHLAR_SECRET_KEY, ENV_PRODUCTION, KEY, true },
    { &ASHLAR_SECRET_KEY, ENV_PRODUCTION, "ABEiM0RVZneImaq7zN3u_wEjRWeJq83vDx4tPEtaaXg", true },
    { &ASHLAR_SECRET_KEY, ENV_PRODUCTION, "tooshort", false },
    { &ASHLAR_SECRET_KEY, ENV_PRODUCTION, DEVELOPMENT_SECRET_KEY, false },
    { &ASHLAR_SECRET_KEY, ENV_STAGING, DEVELOPMENT_SECRET_KEY, false },
    { &ASHLAR_SECRET_KEY, ENV_TEST, DEVELOPMENT_SECRET_KEY, true },
    { &ASHLAR_SECRET_KEY, ENV_PRODUCTION,
        "0000000000000000000000000000000000000000000000000000000000000000", false },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "https://api.acme.example", true },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "http://api.acme.example", false },
    { &ASHLAR_PUBLIC_URL, ENV_STAGING, "http://api.acme.example", false },
    { &ASHLAR_PUBLIC_URL, ENV_DEVELOPMENT, "http://localhost:8080", true },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "https://api.acme.example/", false },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "https://api.acme.example?x", false },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "https://user@api.acme.example", false },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "ftp://api.acme.example", false },
    { &ASHLAR_PUBLIC_URL, ENV_PRODUCTION, "https://", false },
    { &ASHLAR_APP_URL, ENV_PRODUCTION, "https://acme.example/app", true },
    { &ASHLAR_APP_URL, ENV_PRODUCTION, "https://acme.example/app/", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "https://a.example, https://b.example:444", true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "*", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "https://*.a.example", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "https://a.example,", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "https://a.example https://b.example", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "http://a.example", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "capacitor://localhost, ionic://localhost", true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "http://localhost", true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "http://localhost:3000", true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "http://localhost.evil.example", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "http://localhost:", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION,
        "moz-extension://5a445d71-0ae2-4cd2-9606-2b0c84850838, tauri://localhost", true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "app://obsidian.md", true },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "capacitor://localhost/", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "capacitor://", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "capacitor:localhost", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "chrome-extension://*", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "file://", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "file://x", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "data://x", false },
    { &ASHLAR_CORS_ORIGINS, ENV_PRODUCTION, "null", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "10.0.0.0/8,fd00::/8,127.0.0.1", true },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "10.0.0.0/33", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "10.0.0/8", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "0.0.0.0/0", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "proxy.example", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "10.0.0.1/", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "10.0.0.0/x", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "10.0.0.0/+8", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "::/129", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "::/0", false },
    { &ASHLAR_TRUSTED_PROXIES, ENV_PRODUCTION, "::ffff:0.0.0.0/0", false },
    { &ASHLAR_RATE_LIMITS, ENV_PRODUCTION, "false", false },
    { &ASHLAR_RATE_LIMITS, ENV_STAGING, "0", false },
    { &ASHLAR_RATE_LIMITS, ENV_TEST, "off", true },
    { &ASHLAR_PASSWORD_MEMORY_MIB, ENV_PRODUCTION, "18", false },
    { &ASHLAR_PASSWORD_MEMORY_MIB, ENV_DEVELOPMENT, "18", false },
    { &ASHLAR_PASSWORD_MEMORY_MIB, ENV_PRODUCTION, "19", true },
    { &ASHLAR_PASSWORD_MEMORY_MIB, ENV_TEST, "1", true },
    { &ASHLAR_PASSWORD_PASSES, ENV_PRODUCTION, "1", false },
    { &ASHLAR_PASSWORD_PASSES, ENV_TEST, "1", true },
    { &ASHLAR_LOG_LEVEL, ENV_PRODUCTION, "debug", false },
    { &ASHLAR_LOG_LEVEL, ENV_STAGING, "debug", true },
    { &ASHLAR_LISTEN, ENV_PRODUCTION, "[::]:8080", true },
    { &ASHLAR_LISTEN, ENV_PRODUCTION, ":8080", true },
    { &ASHLAR_LISTEN, ENV_PRODUCTION, "::1:8080", false },
    { &ASHLAR_LISTEN, ENV_PRODUCTION, "localhost", false },
    { &ASHLAR_LISTEN, ENV_PRODUCTION, "localhost:99999", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://u:p@db.example/a?sslmode=verify-full", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://u:p@db.example/a?sslmode=require", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://u:p@db.example/a", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://10.0.0.5/a?sslmode=disable", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql:///a?host=/run/postgresql", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://%2Frun%2Fpostgresql/a", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://u@localhost:5432/a", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://u@[::1]:5432/a", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql:///a?host=db.example", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://postgres:5432/a", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://postgres:5432/a?sslmode=disable", true },
    { &DATABASE_URL, ENV_PRODUCTION, "mysql://localhost/a", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql:///a?hostaddr=203.0.113.5", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql:///a?hostaddr=127.0.0.1", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://localhost,db.example/a", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://127.0.0.1,localhost/a", true },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://u:sslmode=verify-full@db.example/a", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://db.example/a?user=host=/tmp", false },
    { &DATABASE_URL, ENV_PRODUCTION, "postgresql://localhost.example/a", false },
    { &DATABASE_URL, ENV_DEVELOPMENT, "postgresql://u:p%zz@db.example/a", false },
    { &DATABASE_URL, ENV_DEVELOPMENT, "postgresql://db.example/a", true },
    { &ASHLAR_SMTP_URL, ENV_PRODUCTION, "smtps://mail.example:465", true },
    { &ASHLAR_SMTP_URL, ENV_PRODUCTION, "https://mail.example", false },
    { &ASHLAR_MAIL_FROM, ENV_PRODUCTION, "Acme <hello@acme.example>", true },
    { &ASHLAR_MAIL_FROM, ENV_PRODUCTION, "hello", false },
    { &ASHLAR_MAIL_FROM, ENV_PRODUCTION, "a@b\r\nBcc: c@d", false },
    { &ASHLAR_MAIL_FROM, ENV_PRODUCTION, "@acme.example", false },
};

static void each_rule_takes_and_refuses_what_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf why;
        int64_t number;
        buf_init(&why, a, 1000);
        if (setting_check(cases[i].setting, cases[i].env, cases[i].value, &number, &why) !=
            cases[i].good)
            fail_msg("%s=%s in %d: %s", cases[i].setting->name, cases[i].value, (int)cases[i].env,
                why.data);
    }
}

static const struct {
    const char *variable, *said, *url;
    bool good;
} unsaid[] = {
    { "PGHOST", "db.example", "postgresql:///a", false },
    { "PGHOST", "db.example", "postgresql:///a?sslmode=verify-full", true },
    { "PGHOST", "db.example", "postgresql://localhost/a", true },
    { "PGHOST", "/run/postgresql", "postgresql:///a", true },
    { "PGHOSTADDR", "203.0.113.5", "postgresql://localhost/a", false },
    { "PGSSLMODE", "verify-full", "postgresql://db.example/a", true },
    { "PGSSLMODE", "verify-full", "postgresql://db.example/a?sslmode=require", false },
    { "PGSSLMODE", "disable", "postgresql://postgres:5432/a", true },
    { "PGSSLMODE", "disable", "postgresql://db.example/a", false },
    { "PGUSER", "ann", "postgresql:///a?service=elsewhere", false },
    { "PGSSLMODE", "verify-full", "postgresql:///a?service=elsewhere", false },
    { "PGUSER", "ann", "postgresql:///a?service=elsewhere&sslmode=verify-full", true },
};

static void what_a_database_url_leaves_unsaid_comes_from_where_libpq_takes_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(unsaid); i++) {
        struct buf why;
        int64_t number;
        buf_init(&why, a, 1000);
        setenv(unsaid[i].variable, unsaid[i].said, 1);
        bool good = setting_check(&DATABASE_URL, ENV_PRODUCTION, unsaid[i].url, &number, &why);
        unsetenv(unsaid[i].variable);
        if (good != unsaid[i].good)
            fail_msg("%s=%s %s: %s", unsaid[i].variable, unsaid[i].said, unsaid[i].url, why.data);
    }
}

static void bools_have_their_usual_spellings(void **state)
{
    (void)state;
    const char *const yes[] = { "true", "on", "YES", "1" }, *const no[] = { "false", "Off", "no",
        "0" };
    for (size_t i = 0; i < COUNT(yes); i++) {
        assert_true(load("ASHLAR_ENV=test", arena_printf(a, "ASHLAR_RATE_LIMITS=%s", yes[i])));
        assert_true(setting_bool(&ASHLAR_RATE_LIMITS));
        assert_true(load("ASHLAR_ENV=test", arena_printf(a, "ASHLAR_RATE_LIMITS=%s", no[i])));
        assert_false(setting_bool(&ASHLAR_RATE_LIMITS));
    }
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_RATE_LIMITS=maybe"));
    assert_told("must be true or false");
}

static const struct setting EXTRA_TOKEN = {
    .name = "ASHLAR_EXTRA_TOKEN",
    .type = SETTING_TEXT,
    .min = 16,
    .required_in = ENV_PRODUCTION,
    .secret = true,
    .doc = "A token | with a bar.",
};
static const struct setting *const extra_settings[] = { &EXTRA_TOKEN, NULL };
static const struct module extra = { .name = "extra", .settings = extra_settings };
static const struct module again = { .name = "again", .settings = extra_settings };

static void a_modules_settings_count_when_it_is_enabled(void **state)
{
    (void)state;
    const struct module *const with[] = { &extra, NULL };
    const char *const bare[] = { PRODUCTION, NULL };
    const char *const other[] = { PRODUCTION, "ASHLAR_MODULES=users, auth", NULL };
    const char *const named[] = { PRODUCTION, "ASHLAR_MODULES=users,extra", NULL };
    const char *const given[] = { PRODUCTION, "ASHLAR_EXTRA_TOKEN=0123456789abcdef", NULL };
    assert_false(load_with(with, bare));
    assert_told("ASHLAR_EXTRA_TOKEN: must be set in production");
    assert_true(load_with(with, other));
    assert_null(setting_text(&EXTRA_TOKEN));
    assert_false(load_with(with, named));
    assert_true(load_with(with, given));
    assert_string_equal(setting_text(&EXTRA_TOKEN), "0123456789abcdef");
}

static void one_name_declared_twice_is_refused(void **state)
{
    (void)state;
    const struct module *const with[] = { &extra, &again, NULL };
    const char *const list[] = { "ASHLAR_ENV=test", NULL };
    assert_false(load_with(with, list));
    assert_told("ASHLAR_EXTRA_TOKEN: two modules declare this setting");
}

static void what_was_handed_out_outlives_an_override(void **state)
{
    (void)state;
    assert_true(load("ASHLAR_ENV=test", "ASHLAR_THREADS=4"));
    const char *before = setting_text(&ASHLAR_THREADS);
    config_override(&ASHLAR_THREADS, "6");
    assert_string_equal(before, "4");
    assert_int_equal(setting_int(&ASHLAR_THREADS), 6);
    config_override(&ASHLAR_THREADS, NULL);
    assert_null(setting_text(&ASHLAR_THREADS));
}

static void ask_for_undeclared(void *arg)
{
    (void)arg;
    setting_text(&EXTRA_TOKEN);
}

static void asking_for_what_nobody_declared_ends_the_process(void **state)
{
    (void)state;
    assert_true(load("ASHLAR_ENV=test"));
    struct child_end end = child_run(a, ask_for_undeclared, NULL);
    assert_int_equal(end.signal, SIGABRT);
    assert_non_null(strstr(end.said, "config.undeclared_setting"));
    assert_non_null(strstr(end.said, "ASHLAR_EXTRA_TOKEN"));
}

static void a_failed_load_keeps_the_values_before_it(void **state)
{
    (void)state;
    assert_true(load("ASHLAR_ENV=test", "ASHLAR_THREADS=4"));
    assert_false(load("ASHLAR_ENV=test", "ASHLAR_THREADS=x"));
    assert_int_equal(setting_int(&ASHLAR_THREADS), 4);
}

static void the_manual_has_every_setting_and_no_key(void **state)
{
    (void)state;
    const struct module *const with[] = { &extra, NULL };
    struct buf page;
    buf_init(&page, a, 200000);
    config_render_markdown(with, &page);
    assert_false(buf_is_full(&page));
    for (const struct setting *const *s = platform_settings; *s; s++) {
        assert_non_null(strstr(page.data, arena_printf(a, "| `%s` |", (*s)->name)));
        assert_non_null((*s)->doc);
    }
    assert_non_null(strstr(page.data, "## extra"));
    assert_non_null(strstr(page.data, "A token \\| with a bar."));
    assert_null(strstr(page.data, DEVELOPMENT_SECRET_KEY));
}

static void no_default_breaks_its_own_rule(void **state)
{
    (void)state;
    const enum environment all[] = { ENV_DEVELOPMENT, ENV_TEST, ENV_STAGING, ENV_PRODUCTION };
    for (const struct setting *const *s = platform_settings; *s; s++)
        for (size_t i = 0; i < COUNT(all); i++) {
            const char *text =
                all[i] <= ENV_TEST && (*s)->fallback_local ? (*s)->fallback_local : (*s)->fallback;
            struct buf why;
            int64_t number;
            buf_init(&why, a, 1000);
            if (text && !setting_check(*s, all[i], text, &number, &why))
                fail_msg("%s: %s", (*s)->name, why.data);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(development_starts_with_nothing_set, begin, end),
        cmocka_unit_test_setup_teardown(production_starts_with_what_it_needs, begin, end),
        cmocka_unit_test_setup_teardown(
            forgetting_the_environment_is_strict_and_says_so, begin, end),
        cmocka_unit_test_setup_teardown(a_misspelt_environment_is_told_alone, begin, end),
        cmocka_unit_test_setup_teardown(all_problems_are_told_at_once, begin, end),
        cmocka_unit_test_setup_teardown(
            a_file_gives_the_value_without_its_last_newline, begin, end),
        cmocka_unit_test_setup_teardown(
            a_secret_that_others_can_read_is_refused_where_it_matters, begin, end),
        cmocka_unit_test_setup_teardown(links_folders_and_absent_files_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_huge_file_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(value_and_file_together_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(
            a_systemd_credential_is_the_last_resort_before_the_default, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_variable_counts_as_unset, begin, end),
        cmocka_unit_test_setup_teardown(
            secrets_are_wiped_from_the_environment_and_never_shown, begin, end),
        cmocka_unit_test_setup_teardown(only_near_names_are_suggested, begin, end),
        cmocka_unit_test_setup_teardown(what_only_looks_like_a_setting_is_named, begin, end),
        cmocka_unit_test_setup_teardown(each_rule_takes_and_refuses_what_it_should, begin, end),
        cmocka_unit_test_setup_teardown(
            what_a_database_url_leaves_unsaid_comes_from_where_libpq_takes_it, begin, end),
        cmocka_unit_test_setup_teardown(bools_have_their_usual_spellings, begin, end),
        cmocka_unit_test_setup_teardown(a_modules_settings_count_when_it_is_enabled, begin, end),
        cmocka_unit_test_setup_teardown(one_name_declared_twice_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_was_handed_out_outlives_an_override, begin, end),
        cmocka_unit_test_setup_teardown(
            asking_for_what_nobody_declared_ends_the_process, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_load_keeps_the_values_before_it, begin, end),
        cmocka_unit_test_setup_teardown(the_manual_has_every_setting_and_no_key, begin, end),
        cmocka_unit_test_setup_teardown(no_default_breaks_its_own_rule, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
