/* Start-up of a process: settings, modules, keys, pool, routes. */
#include "start.h"
#include "base/log_start.h"
#include "cli.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include "db/pool.h"
#include "http/own/http_start.h"
#include "flags/flags.h"
#include "jobs/job_kinds.h"
#include "jobs/table.h"
#include "module/registry.h"
#include "runtime/offload.h"
#include <ashlar/text.h>
#include <stdio.h>

enum { PROBLEMS_MAX = 64 * 1024 };

static bool pool_is_up, routes_are_up;

static const struct module *find_linked(const char *name, size_t size)
{
    /* After the platform, which is always enabled. */
    for (const struct module *const *m = registry_linked() + 1; *m != NULL; m++) {
        if (strlen((*m)->name) == size && memcmp((*m)->name, name, size) == 0)
            return *m;
    }
    return NULL;
}

/* Iterates the words of "users, auth" by advancing `*at`. False at the end. */
static bool next_word(const char **at, const char **word, size_t *size)
{
    *at += strspn(*at, ", \t");
    *word = *at;
    *size = strcspn(*at, ", \t");
    *at += *size;
    return *size > 0;
}

static void check_names(const char *list, struct buf *problems)
{
    const char *word;
    size_t size;

    while (next_word(&list, &word, &size)) {
        if (find_linked(word, size) == NULL)
            buf_printf(problems,
                "ASHLAR_MODULES: unknown module \"%.*s\". `ashlar routes` lists the modules of "
                "this binary.\n",
                (int)size, word);
    }
}

static void check_requires(struct buf *problems)
{
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        const char *const *needed = (*m)->requires;
        for (; needed != NULL && *needed != NULL; needed++) {
            if (registry_find(*needed) == NULL)
                buf_printf(problems,
                    "ASHLAR_MODULES: %s requires %s. Add \"%s\" or remove \"%s\".\n", (*m)->name,
                    *needed, *needed, (*m)->name);
        }
    }
}

static void enable_modules(struct buf *problems)
{
    const char *list = setting_text(&ASHLAR_MODULES);

    if (list != NULL)
        check_names(list, problems);
    registry_enable(list);
    check_requires(problems);
}

static void check_modules(struct buf *problems)
{
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        const char *why = (*m)->check != NULL ? (*m)->check(config_environment()) : NULL;
        if (why != NULL)
            buf_printf(problems, "%s: %s\n", (*m)->name, why);
    }
}

static void log_unknown_settings(void)
{
    struct arena *a = arena_new(0);
    const char *name;

    for (size_t at = 0; (name = config_next_stranger(a, registry_modules(), environ, &at));)
        log_warn(NULL, "config.setting_unknown", log_text("name", name),
            log_text("repair",
                "Ashlar reads DATABASE_URL, DATABASE_SYSTEM_URL and DATABASE_OWNER_URL. "
                "Unset this variable unless another program uses it"));
    arena_free(a);
}

int start_settings(void)
{
    struct buf problems;
    bool good;

    buf_init(&problems, NULL, PROBLEMS_MAX);
    good = config_load(registry_modules(), environ, &problems);
    if (good) {
        log_start_by_name(setting_text(&ASHLAR_LOG_LEVEL), setting_text(&ASHLAR_LOG_FORMAT));
        log_unknown_settings();
        enable_modules(&problems);
        check_modules(&problems);
        job_kinds_check(&problems);
        permissions_check(registry_modules(), &problems);
        flags_check(&problems);
        tables_check(&problems);
        good = problems.size == 0;
    }
    if (!good)
        fprintf(stderr, "ashlar: not started because of:\n%s", problems.data);
    buf_release(&problems);
    return good ? CLI_OK : CLI_SETTINGS;
}

int start_database(void)
{
    if (!crypto_start())
        return CLI_SETTINGS;
    pool_start();
    pool_is_up = true;
    return CLI_OK;
}

int start_routes(void)
{
    struct buf problems;
    bool good;

    buf_init(&problems, NULL, PROBLEMS_MAX);
    good = http_start(&problems);
    routes_are_up = good;
    if (!good)
        fprintf(stderr, "ashlar: the route tables have defects:\n%s", problems.data);
    buf_release(&problems);
    return good ? CLI_OK : CLI_FAILED;
}

int start_all(void)
{
    int code = start_settings();

    if (code == CLI_OK)
        code = start_database();
    return code == CLI_OK ? start_routes() : code;
}

void start_release(void)
{
    runtime_stop();
    if (routes_are_up)
        http_stop();
    if (pool_is_up)
        pool_stop();
    routes_are_up = pool_is_up = false;
}
