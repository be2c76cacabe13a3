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

/* For tests: this list, ended by an empty row, instead of the embedded one; NULL: back to it. */
void migrate_use_files(const struct migration *list);
const struct migration *migrate_files(void);

/* `ashlar migrate up|status|plan|lint|down|redo|roles`; `up --expand-only` holds back what
 * contracts (for the step before a release; nothing in a database without a migration); in
 * development `up` and `redo` first ask the linter
 * (`--no-lint` does not), and `redo` takes the newest back and applies it as it is now; exit codes:
 * 0 ok, 1 failed, 3 pending, 4 checksum drift, 5 lock held. */
int migrate_command(int argc, char **argv);
/* Apply everything pending; for development start and tests. `report` gets what `up` prints. */
int migrate_up(struct buf *report);
