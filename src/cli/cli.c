/* Table of commands, help, and suggestions for mistyped commands. */
#include "cli.h"
#include "base/version.h"
#include "module/registry.h"
#include <ashlar/base.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

const struct verb cli_verbs[] = {
    { "serve", "", "Serve HTTP requests and run jobs until SIGTERM",
        "Listens on ASHLAR_LISTEN and starts ASHLAR_WORKERS job threads. Does not start if a "
        "setting\nis invalid or insecure (exit 6), if the schema does not fit, or if row-level "
        "security is not\nin effect (exit 3).\nSIGTERM or SIGINT: /readyz returns 503. Requests "
        "are still accepted for ASHLAR_DRAIN_DELAY_S.\nThen open requests are completed, and jobs "
        "complete or return to their queue. A second signal\nends the process immediately.\n",
        cli_serve },
    { "worker", "", "Run jobs only, until SIGTERM",
        "Runs jobs on other machines than requests. Set ASHLAR_WORKERS there, and set it to 0 "
        "for\n`serve` if its machine should run requests only. /metrics and /readyz are "
        "on\nASHLAR_OPS_LISTEN.\n",
        cli_worker },
    { "migrate", "up|status|plan|lint|down|redo|roles",
        "Migrate the database schema to that of this binary",
        "Applies migrations/<module>/NNNN_*.sql, embedded at build time, as the schema's owner, "
        "with\nthe role names of ASHLAR_DB_ROLE_PREFIX. It first creates the roles and revokes "
        "CONNECT and\nTEMP on the database from PUBLIC. `roles` does only this.\nIn development "
        "`up` first runs the linter on pending migrations. `redo` rolls back the newest\nmigration "
        "by the down text stored when it was applied, and applies the current file.\nExit codes: 0 "
        "done, 1 failed, 3 pending, 4 an applied file changed, 5 lock held.\n",
        cli_migrate },
    { "seed", "", "Add demo data (development and test only)",
        "Creates demo@example.com and an organisation owned by that person, then runs the seed "
        "hook\nof every enabled module in it. Running it again changes nothing. deploy/dev runs it "
        "at each\nstart.\n",
        cli_seed },
    { "supervise", "FOLDER", "Run releases behind one listening socket",
        "Used by deploy/release, with or without systemd. Runs `serve` of every release listed "
        "in\nFOLDER/run/wanted (default: FOLDER/current). All share the sockets of the API and "
        "of\nASHLAR_OPS_LISTEN, as set in FOLDER/environment. A release that crashes is "
        "restarted.\nSIGHUP: read the list again. SIGTERM: drain all releases, then exit.\n",
        cli_supervise },
    { "maintain", "[--daily]", "Create and drop partitions, once a day",
        "Runs the maintain hook of every enabled module with DATABASE_OWNER_URL, as the "
        "schema's\nowner. A timer runs it. Running it again changes nothing, and missing some days "
        "does no harm.\n--daily: immediately and then every 24 hours until SIGTERM, for "
        "containers. After a failure\nit retries in ten minutes.\n",
        cli_maintain },
    { "doctor", "", "Check settings, database, isolation, clock, storage, email",
        "Prints one line per check: ok, warn or fail. For warn and fail it prints the next "
        "step.\nAlso checks the database roles and whether the port is free. Exit code 1 if any "
        "check failed.\n",
        cli_doctor },
    { "psql", "[ARGUMENT…]", "Run psql with access to the rows of all tenants",
        "Starts psql with the server's settings (DATABASE_SYSTEM_URL, or DATABASE_URL) and\nSET "
        "ROLE ashlar_system, the role of jobs. The arguments are those of psql:\n`ashlar psql -c "
        "'SELECT …'`. Without that role row-level security would hide all rows.\n",
        cli_psql },
    { "config", "check|show|docs", "Check or list the settings",
        "check: reports missing, invalid and refused settings (exit 6), changes nothing.\nshow:  "
        "lists every setting with its value and source. Secrets are shown as \"set\".\ndocs:  "
        "prints docs/config.md from the declarations in the code.\n",
        cli_config },
    { "routes", "[--json]", "List routes with method, path and permission",
        "Prints one line per route: method, path, id, auth, permission, scope, rate class, "
        "module.\n",
        cli_routes },
    { "openapi", "", "Print the OpenAPI 3.1 document",
        "Prints the document of /openapi.json, one line per value.\n", cli_openapi },
    { "errors", "", "Print all error codes with their cures (docs/errors.md)",
        "Generated from the error kinds of the platform and of every route.\n", cli_errors },
    { "permissions", "[--json]", "Print permissions by role",
        "Generated from the permission tables of the modules.\n", cli_permissions },
    { "limits", "", "Print the fixed limits",
        "Generated from include/ashlar/limits.h, as in docs/limits.md. For limits that can be set "
        "see\n`ashlar config docs`.\n",
        cli_limits },
    { "jobs", "list|show|retry|discard", "Inspect and repair background jobs",
        "`ashlar jobs` without arguments describes each subcommand.\n", cli_jobs },
    { "health", "[URL]", "Check that the running server is ready, for containers",
        "Requests URL, by default /readyz on ASHLAR_LISTEN, for a worker on ASHLAR_OPS_LISTEN. "
        "Exit 0\nif the response is 200 within 3 s.\n",
        cli_health },
    { "version", "", "Print the version", "", cli_version },
    { "help", "[VERB]", "Print this list or the help of a command", "", cli_help },
    { .name = NULL },
};

static const struct program *program;

static size_t count_verbs(const struct verb *table)
{
    size_t n = 0;

    while (table != NULL && table[n].name != NULL)
        n++;
    return n;
}

static int unknown_verb(const char *typed)
{
    const char *nearest = cli_nearest(typed, cli_verbs, COUNT(cli_verbs) - 1, sizeof cli_verbs[0]);

    if (nearest == NULL)
        nearest =
            cli_nearest(typed, program->verbs, count_verbs(program->verbs), sizeof cli_verbs[0]);
    fprintf(stderr, "%s: unknown command \"%.40s\"", program->name, typed);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean `%s %s`?", program->name, nearest);
    fprintf(stderr, "%s `%s help` lists them.\n", nearest != NULL ? "" : ".", program->name);
    return CLI_USAGE;
}

static void list_verbs(const struct verb *table)
{
    for (size_t i = 0; i < count_verbs(table); i++)
        printf("  %-12s %s\n", table[i].name, table[i].summary);
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
    printf("usage: %s COMMAND [ARGUMENT…]\n\n", program->name);
    list_verbs(cli_verbs);
    list_verbs(program->verbs);
    cli_list_module_commands();
    puts("\nSettings come from the environment: `ashlar config show`.\nExit codes: 0 done, 1 "
         "failed, 2 wrong usage, 3 schema does not fit, 6 invalid settings.");
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

/* If one of them were closed, the next socket would get its number. Then log lines would be written
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

/* Output that could not be written, for example to a full disk, is a failure. */
int cli_main(int argc, char **argv, const struct program *p)
{
    int code;

    if (!keep_standard_streams())
        return CLI_FAILED;
    program = p;
    registry_link(p->modules);
    cli_declare(p, cli_verbs);
    code = run_verb(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "ashlar: writing to stdout failed: %s\n", strerrordesc_np(errno));
    return code == CLI_OK ? CLI_FAILED : code;
}
