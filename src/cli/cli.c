/* The table of verbs, help, and the nearest verb to a mistyped one. Knows no verb's work. */
#include "cli.h"
#include "base/version.h"
#include "module/registry.h"
#include <ashlar/base.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

const struct verb cli_verbs[] = {
    { "serve", "", "Answer HTTP and work on jobs until SIGTERM",
        "Listens on ASHLAR_LISTEN and starts ASHLAR_WORKERS job threads. Refuses to start with a\n"
        "setting that is wrong or insecure (exit 6), and with a schema that does not fit or "
        "fences\n"
        "between tenants that are down (exit 3).\n"
        "SIGTERM or SIGINT: /readyz turns 503, for ASHLAR_DRAIN_DELAY_S all else goes on; then "
        "requests\n"
        "in flight are answered, jobs finish or\n"
        "go back; a second signal ends at once.\n",
        cli_serve },
    { "worker", "", "Work on jobs only, until SIGTERM",
        "For running jobs on other machines than requests; set ASHLAR_WORKERS there, and 0 for\n"
        "`serve` when requests should have their machine to themselves. /metrics and /readyz are\n"
        "on ASHLAR_OPS_LISTEN.\n",
        cli_worker },
    { "migrate", "up|status|plan|lint|down|redo|roles",
        "Bring the database's schema to this binary's",
        "Applies migrations/<module>/NNNN_*.sql, embedded at build time, as the schema's owner, "
        "with\n"
        "the roles' names of ASHLAR_DB_ROLE_PREFIX. Before that it makes the roles and takes "
        "CONNECT\n"
        "and TEMP on the database from PUBLIC; `roles` does only this.\n"
        "In development `up` first asks the linter about what waits, and `redo` takes the newest\n"
        "migration back, by the down text kept when it was applied, and applies it as it is now.\n"
        "Exit codes: 0 done, 1 failed, 3 pending, 4 an applied file changed, 5 lock held.\n",
        cli_migrate },
    { "seed", "", "Add demo data (development and test only)",
        "Makes demo@example.com and an organisation of theirs, then runs the seed hook of every\n"
        "enabled module in it; running it again changes nothing. deploy/dev does so each time.\n",
        cli_seed },
    { "supervise", "FOLDER", "Hold the listening sockets and run the releases that are wanted",
        "What deploy/release talks to, below systemd or without it. Runs `serve` of every release\n"
        "that FOLDER/run/wanted names (unset: FOLDER/current), each with the same sockets: the\n"
        "API's, and that of ASHLAR_OPS_LISTEN as FOLDER/environment has it. Starts one that dies\n"
        "again. SIGHUP: look at it again. SIGTERM: drain all, then end.\n",
        cli_supervise },
    { "maintain", "[--daily]", "Make and drop partitions, as the schema's owner; daily",
        "Runs the maintain hook of every enabled module with DATABASE_OWNER_URL; a timer calls "
        "it,\n"
        "and running it again changes nothing. Days without it do no harm.\n"
        "--daily: now and then every 24 hours, until SIGTERM, for containers; after a failure\n"
        "again in ten minutes.\n",
        cli_maintain },
    { "doctor", "", "Check settings, database, roles, fences, clock, port, storage, mail",
        "One line per check: ok, warn or fail, and for the last two what to do next.\n"
        "Exit code 1 when any check failed.\n",
        cli_doctor },
    { "psql", "[ARGUMENT…]", "psql as the role of jobs, which sees every tenant's rows",
        "Opens PostgreSQL's client with the server's settings (DATABASE_SYSTEM_URL, or "
        "DATABASE_URL)\n"
        "and SET ROLE ashlar_system; arguments are psql's: `ashlar psql -c 'SELECT …'`. As the\n"
        "login itself the fences between tenants would answer \"no rows\".\n",
        cli_psql },
    { "config", "check|show|docs", "Check or list the settings",
        "check: says what is missing, wrong or refused (exit 6), changes nothing.\n"
        "show:  every setting with its value and source; secrets only as \"set\".\n"
        "docs:  docs/config.md, from the declarations in the code.\n",
        cli_config },
    { "routes", "[--json]", "List every route: method, path, who may call it",
        "One line per route: method, path, id, auth, permission, scope, rate class, module.\n",
        cli_routes },
    { "openapi", "", "Print the OpenAPI 3.1 document",
        "The document /openapi.json serves, a line for each value.\n", cli_openapi },
    { "errors", "", "Print docs/errors.md: every error code and what to do about it",
        "From the error kinds of the platform and of every route.\n", cli_errors },
    { "permissions", "[--json]", "Print who may do what: permissions by role",
        "From the modules' permission tables.\n", cli_permissions },
    { "limits", "", "Print how much there may be of everything",
        "From include/ashlar/limits.h, as docs/limits.md has it. They are fixed; what can be set "
        "is\n"
        "listed by `ashlar config docs`.\n",
        cli_limits },
    { "jobs", "list|show|retry|discard", "Look at and repair background jobs",
        "`ashlar jobs` alone says more about each.\n", cli_jobs },
    { "module", "new NAME [--noun NOUN]", "Stamp a new business module into this repository",
        "Makes modules/NAME, migrations/NAME and its line in src/modules.c: a small tenant\n"
        "resource with routes, service, store, SQL, event, audit and tests, ready to build.\n"
        "NOUN is one thing of it: `module new invoices` guesses \"invoice\".\n",
        cli_module },
    { "health", "[URL]", "Ask the running server whether it is ready (for containers)",
        "GET URL, by default /readyz on ASHLAR_LISTEN, or of a worker on ASHLAR_OPS_LISTEN; exit "
        "0\n"
        "when it answers 200 within 3 s.\n",
        cli_health },
    { "version", "", "Print the version", "", cli_version },
    { "help", "[VERB]", "Print this list, or more about one verb", "", cli_help },
    { .name = NULL },
};

static int unknown_verb(const char *typed)
{
    const char *nearest = cli_nearest(typed, cli_verbs, COUNT(cli_verbs) - 1, sizeof cli_verbs[0]);

    fprintf(stderr, "ashlar: \"%.40s\" is no verb", typed);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean `ashlar %s`?", nearest);
    fprintf(stderr, "%s `ashlar help` lists them.\n", nearest != NULL ? "" : ".");
    return CLI_USAGE;
}

int cli_help(int argc, char **argv)
{
    const struct verb *v;

    if (argc > 2)
        return cli_usage("help");
    if (argc == 2) {
        v = cli_verb(argv[1]);
        if (v == NULL && cli_module_has_commands(argv[1])) {
            cli_module_help(argv[1]);
            return CLI_OK;
        }
        if (v == NULL)
            return unknown_verb(argv[1]);
        cli_print_usage(stdout, v);
        printf("%s.\n%s%s", v->summary, v->help[0] ? "\n" : "", v->help);
        return CLI_OK;
    }
    puts("usage: ashlar VERB [ARGUMENT…]\n");
    for (v = cli_verbs; v->name != NULL; v++)
        printf("  %-12s %s\n", v->name, v->summary);
    cli_list_module_commands();
    puts("\nSettings come from the environment: `ashlar config show`.\n"
         "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 schema does not fit, 6 settings refused.");
    return CLI_OK;
}

int cli_version(int argc, char **argv)
{
    (void)argv;
    if (argc != 1)
        return cli_usage("version");
    printf("ashlar %s (%s)\n", build_version, build_commit);
    return CLI_OK;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Started without one of them, the next socket would take its number, and the log would be written
 * to a client or to the database. */
static bool keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            return false;
    }
    return true;
}

static int run_verb(int argc, char **argv)
{
    const struct verb *v;

    if (argc < 2) {
        char *help[] = { argv[0], NULL };
        cli_help(1, help);
        return CLI_USAGE;
    }
    if (is_help(argv[1]))
        return cli_help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0)
        return cli_version(argc - 1, argv + 1);
    v = cli_verb(argv[1]);
    if (v == NULL && cli_module_has_commands(argv[1]))
        return argc == 3 && is_help(argv[2]) ? cli_help(2, argv)
                                             : cli_module_command(argc - 1, argv + 1);
    if (v == NULL)
        return unknown_verb(argv[1]);
    if (argc == 3 && is_help(argv[2]))
        return cli_help(2, argv);
    return v->run(argc - 1, argv + 1);
}

/* What was printed and not written, a full disk, is a failure like any other. */
int cli_main(int argc, char **argv, const struct module *const *linked)
{
    int code;

    if (!keep_standard_streams())
        return CLI_FAILED;
    registry_link(linked);
    cli_declare(cli_verbs);
    code = run_verb(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "ashlar: writing to stdout failed: %s\n", strerrordesc_np(errno));
    return code == CLI_OK ? CLI_FAILED : code;
}
