/* Migrations: ordered files per module, applied as the schema's owner. */
#pragma once
#include <ashlar/buf.h>
#include <stdbool.h>

/* Embedded at build time from migrations/<module>/NNNN_name.sql, in number order per module. */
struct migration {
    const char *module, *name; /* "users", "0001_create_org" */
    const char *sql;
};
extern const struct migration migrations_embedded[]; /* ends with an empty row */

/* For tests: replaces the embedded list by this one, ended by an empty row. NULL restores it. */
void migrate_use_files(const struct migration *list);
const struct migration *migrate_files(void);

/* `ashlar migrate up|status|plan|lint|down|redo|roles`.
 *
 * `up --expand-only` omits contract migrations (for the step before a release), except in a
 * database without a migration. In development `up` and `redo` first run the linter (not with
 * `--no-lint`). `redo` reverts the newest migration and applies its current text. Exit codes: 0 ok,
 * 1 failed, 3 pending, 4 checksum drift, 5 lock held. */
int migrate_command(int argc, char **argv);
/* Applies all pending migrations. For development start and tests. `report` receives the output of
 * `up`. */
int migrate_up(struct buf *report);
