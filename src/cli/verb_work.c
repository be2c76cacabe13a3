/* Verbs that bring the process up and hand over: migrate, jobs, seed. */
#include "base/ctx_open.h"
#include "cli.h"
#include "db/migrate.h"
#include "jobs/jobs.h"
#include "registry.h"
#include "start.h"
#include <ashlar/config.h>
#include <stdio.h>

int cli_migrate(int argc, char **argv)
{
    int code = start_settings();

    return code == CLI_OK ? migrate_command(argc, argv) : code;
}

int cli_jobs(int argc, char **argv)
{
    int code = start_settings();

    if (code == CLI_OK)
        code = start_database();
    if (code == CLI_OK)
        code = jobs_command(argc, argv);
    start_release();
    return code;
}

static err seed_module(const struct module *m)
{
    struct arena *a = arena_new(0);
    struct ctx c;
    err e;

    ctx_open(&c, a, "seed");
    c.actor.kind = ACTOR_SYSTEM;
    e = m->seed(&c);
    arena_free(a);
    return e;
}

static int seed_modules(void)
{
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        err e = (*m)->seed != NULL ? seed_module(*m) : NULL;
        if (e != NULL) {
            fprintf(stderr, "ashlar: seeding %s failed: %s (%s); the log line above says more\n",
                (*m)->name, e->title, e->code);
            return CLI_FAILED;
        }
        if ((*m)->seed != NULL)
            printf("seeded %s\n", (*m)->name);
    }
    return CLI_OK;
}

int cli_seed(int argc, char **argv)
{
    int code;

    (void)argv;
    if (argc != 1)
        return cli_usage("seed");
    code = start_settings();
    if (code == CLI_OK && !config_is_local()) {
        fputs("ashlar: demo data belongs into development and test only (ASHLAR_ENV)\n", stderr);
        return CLI_SETTINGS;
    }
    if (code == CLI_OK)
        code = start_database();
    if (code == CLI_OK)
        code = seed_modules();
    start_release();
    return code;
}
