/* Commands that start the process and call a part of the platform: migrate, jobs, seed,
 * maintain. */
#include "base/ctx_open.h"
#include "cli.h"
#include "migrate/migrate.h"
#include "db/tx.h"
#include "jobs/jobs.h"
#include "module/registry.h"
#include "seeds.h"
#include "start.h"
#include <ashlar/config.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

int cli_migrate(int argc, char **argv)
{
    int code = start_settings();

    return code == CLI_OK ? migrate_command(argc, argv) : code;
}

int cli_jobs(int argc, char **argv)
{
    int code;

    if (argc == 1)
        return jobs_command(argc, argv); /* prints the usage, which requires no settings */
    code = start_settings();
    if (code == CLI_OK)
        code = start_database();
    if (code == CLI_OK)
        code = jobs_command(argc, argv);
    start_release();
    return code;
}

enum { DAY_S = 24 * 60 * 60, AGAIN_S = 10 * 60 };

static err maintain_one(const struct module *m)
{
    struct arena *a = arena_new(0);
    struct ctx c;
    err e;

    ctx_open(&c, a, "maintain");
    c.actor.kind = ACTOR_SYSTEM;
    tx_set_role(&c, DB_OWNER);
    e = m->maintain(&c);
    arena_free(a);
    return e;
}

int cli_seed(int argc, char **argv)
{
    int code;

    (void)argv;
    if (argc != 1)
        return cli_usage("seed");
    code = start_settings();
    if (code == CLI_OK && !config_is_local()) {
        fputs("ashlar: demo data can be added in development and test only (ASHLAR_ENV)\n", stderr);
        return CLI_SETTINGS;
    }
    if (code == CLI_OK)
        code = start_database();
    if (code == CLI_OK)
        code = seeds_run();
    start_release();
    return code;
}

/* Runs the hook of each enabled module, lower ones first. */
static int maintain(void)
{
    for (const struct module *const *m = registry_modules(); *m != NULL; m++) {
        err e = (*m)->maintain != NULL ? maintain_one(*m) : NULL;
        if (e != NULL) {
            fprintf(stderr, "ashlar: maintain: %s failed: %s (%s). See the log line above.\n",
                (*m)->name, e->title, e->code);
            return CLI_FAILED;
        }
        if ((*m)->maintain != NULL)
            printf("maintain: %s done\n", (*m)->name);
    }
    return CLI_OK;
}

/* Daily schedule for installations without a timer. */
static int maintain_daily(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    for (;;) {
        const struct timespec pause = { .tv_sec = maintain() == CLI_OK ? DAY_S : AGAIN_S };
        fflush(stdout);
        if (sigtimedwait(&ends, NULL, &pause) >= 0)
            return CLI_OK;
    }
}

/* Blocked before any thread exists, so that only maintain_daily receives them. */
static void block_ends(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
}

int cli_maintain(int argc, char **argv)
{
    bool daily = argc == 2 && strcmp(argv[1], "--daily") == 0;
    int code;

    if (argc != 1 && !daily)
        return cli_usage("maintain");
    if (daily)
        block_ends();
    code = start_settings();
    if (code == CLI_OK)
        code = start_database();
    if (code == CLI_OK)
        code = daily ? maintain_daily() : maintain();
    start_release();
    return code;
}
