/*
 * command — a module's command of the command line: `ashlar payments sync-catalog FILE`. For manual
 * or scripted work of operators. All other interfaces are routes or jobs.
 *
 * Home: verb_module_commands.c.
 */
#pragma once
#include "ctx.h"

struct command {
    const char *name;      /* "sync-catalog": lower case, words joined by hyphens */
    const char *arguments; /* "FILE [--dry-run]". "": no arguments */
    const char *summary;   /* one line for help and docs/cli.md */
    bool system;           /* its transactions run as ashlar_system, across tenants */
    /*
     * argv[0] is the name. Runs as TX_MANUAL and as the system, with settings, keys and database
     * available. Output is written by command_say. NULL: exit 0. COMMAND_USAGE: the usage line,
     * exit 2. Any other error: its detail and errors[] on stderr, exit 1.
     */
    err (*run)(struct ctx *c, int argc, char **argv);
};

PUBLIC extern const struct error_kind COMMAND_USAGE;

/* Writes one line to stdout. */
PUBLIC void command_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* The whole content of a file named by the operator, at most `max` bytes, plus a NUL. Errors:
 * ERR_NOT_FOUND, ERR_TOO_LARGE, both with the reason in the detail. */
PUBLIC CHECKED err command_read_file(
    struct ctx *c, const char *path, size_t max, struct bytes *out);
