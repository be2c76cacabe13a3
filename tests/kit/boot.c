/* The platform in the test's own process, started the way `ashlar serve` starts it. */
#include "http/own/http_start.h"
#include "kit.h"
#include "base/log_start.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include "db/pool.h"
#include "module/registry.h"

enum { PROBLEMS_MAX = 64 * 1024, ENVIRONMENT_MAX = 64 };

const struct module *const *testkit_modules;
const char *const *testkit_environment;

static bool pool_is_up;
static char *current_url;

/* Cheap where only the product's users need it dear; quiet unless a test asks. */
static const char *const test_settings[] = {
    "ASHLAR_ENV=test",
    "ASHLAR_SECRET_KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "ASHLAR_RATE_LIMITS=false",
    "ASHLAR_PASSWORD_MEMORY_MIB=1",
    "ASHLAR_PASSWORD_PASSES=1",
    "ASHLAR_LOG_LEVEL=error",
    NULL,
};

static size_t add_settings(struct arena *a, char **list, size_t n, const char *const *more)
{
    for (; more && *more && n < ENVIRONMENT_MAX; more++)
        list[n++] = arena_strdup(a, *more);
    return n;
}

/* The first of a name counts: the caller's shell about logging, the suite, then the kit. */
static bool load_settings(const char *database_url)
{
    struct arena *a = arena_new(0);
    char *list[ENVIRONMENT_MAX + 3] = { NULL };
    const char *level = getenv("ASHLAR_LOG_LEVEL");
    struct buf problems;
    size_t n = 0;
    bool good;

    buf_init(&problems, a, PROBLEMS_MAX);
    if (level)
        list[n++] = arena_printf(a, "ASHLAR_LOG_LEVEL=%s", level);
    list[n++] = arena_printf(a, "DATABASE_URL=%s", database_url);
    n = add_settings(a, list, n, testkit_environment);
    n = add_settings(a, list, n, test_settings);
    good = config_load(registry_modules(), list, &problems);
    if (!good)
        print_error("settings of the test:\n%s", problems.data);
    arena_free(a);
    return good;
}

void kit_use_database(const char *database_url)
{
    if (pool_is_up)
        pool_stop();
    pool_is_up = false;
    if (database_url == NULL)
        return;
    free(current_url);
    current_url = strdup(database_url);
    config_override(&DATABASE_URL, current_url);
    /* Sanitizers and neighbours make everything slower; its own tests set the limit they test. */
    config_override(&ASHLAR_DB_SHARED_STATEMENT_MS, "5000");
    config_override(&ASHLAR_DB_WAIT_MS, "10000");
    pool_start();
    pool_is_up = true;
}

static bool start_router(void)
{
    struct arena *a = arena_new(0);
    struct buf problems;
    bool good;

    buf_init(&problems, a, PROBLEMS_MAX);
    good = http_start(&problems);
    if (!good)
        print_error("route tables:\n%s", problems.data);
    arena_free(a);
    return good;
}

bool kit_boot(const char *server_url)
{
    if (testkit_modules)
        registry_set(testkit_modules);
    else
        registry_enable(getenv("ASHLAR_TEST_MODULES"));
    kit_mail_itself();
    if (!load_settings(server_url))
        return false;
    log_start_by_name(setting_text(&ASHLAR_LOG_LEVEL), "readable");
    return crypto_start() && start_router();
}
