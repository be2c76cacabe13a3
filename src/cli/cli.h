/* Commands of the binary. The table in cli.c has each command with its help and function. */
#pragma once
#include <ashlar/module.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit codes, listed in docs/cli.md. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,   /* the work failed; stderr has the reason */
    CLI_USAGE = 2,    /* unknown command, option or argument */
    CLI_SCHEMA = 3,   /* the database's schema does not fit this binary: migrate first */
    CLI_DRIFT = 4,    /* an applied migration differs from its file (migrate only) */
    CLI_LOCKED = 5,   /* another migration is running (migrate only) */
    CLI_SETTINGS = 6, /* settings are missing, invalid or rejected */
};

struct verb {
    const char *name;
    const char *arguments;             /* "[--json]"; "": no arguments */
    const char *summary;               /* one line for `ashlar help` */
    const char *help;                  /* further lines of `ashlar help NAME` */
    int (*run)(int argc, char **argv); /* argv[0] is the command */
};

/* The verbs of every program. Ends with an empty row. */
extern const struct verb cli_verbs[];

/* What a main hands down. */
struct program {
    const char *name;                    /* "ashlar", as usage and help show it */
    const struct module *const *modules; /* all linked ones, the platform first; NULL-terminated */
    const struct verb *verbs; /* of this program alone; ends with an empty row. NULL: none */
};

/* Sets the program and the table of all programs, which must stay valid. Call before all other
 * functions. */
void cli_declare(const struct program *p, const struct verb *table);
const struct verb *cli_verb(const char *name); /* NULL: unknown */
void cli_print_usage(FILE *out, const struct verb *v);

/* Runs the verb that argv[1] names; returns the exit code. */
int cli_main(int argc, char **argv, const struct program *p);

/* Writes "usage: ashlar NAME …" of the named command to stderr. Returns CLI_USAGE. */
int cli_usage(const char *verb);

/* The entry of `words` (`count` of them, `stride` bytes apart, each starting with its char *)
 * nearest to `typed` by edit distance. NULL when none is near. */
const char *cli_nearest(const char *typed, const void *words, size_t count, size_t stride);

int cli_serve(int argc, char **argv);
int cli_worker(int argc, char **argv);
int cli_config(int argc, char **argv);
int cli_routes(int argc, char **argv);
int cli_openapi(int argc, char **argv);
int cli_errors(int argc, char **argv);
int cli_permissions(int argc, char **argv);
int cli_limits(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_migrate(int argc, char **argv);
int cli_jobs(int argc, char **argv);
int cli_seed(int argc, char **argv);
int cli_maintain(int argc, char **argv);
int cli_psql(int argc, char **argv);
int cli_supervise(int argc, char **argv);
int cli_health(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_help(int argc, char **argv);

/* Commands of modules (verb_module_commands.c): argv[0] is the module. */
bool cli_module_has_commands(const char *module);
int cli_module_command(int argc, char **argv);
void cli_module_help(const char *module);
void cli_list_module_commands(void);
