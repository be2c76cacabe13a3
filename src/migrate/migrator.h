/*
 * One run of `ashlar migrate` against a database.
 *
 * It uses two connections. The login role's creates the roles. It holds the advisory lock outside
 * any transaction, so that CREATE INDEX CONCURRENTLY of another run never waits for it. The owner's
 * applies the files.
 */
#pragma once
#include "db/conn.h"
#include "migration_file.h"
#include "db/roles.h"

enum {
    MIGRATE_OK = 0,
    MIGRATE_FAILED = 1,
    MIGRATE_PENDING = 3,
    MIGRATE_DRIFT = 4,
    MIGRATE_LOCKED = 5
};

/* A row of platform.migration. */
struct applied {
    const char *module, *name, *phase, *checksum, *applied_at;
    const char *down; /* stored when it was applied; NULL: none */
    int number;
};

struct entry {
    struct migration_file file;
    const struct applied *applied; /* NULL: pending */
};

struct migrator {
    struct arena *arena;
    struct buf *report; /* NULL: progress to stdout, errors to stderr */
    struct conn *login, *owner;
    struct applied *applied;
    size_t n_applied;
    struct entry *entries; /* the migrations of this binary, in order */
    size_t n_entries;
};

/* All of these report the problem before they return another value than MIGRATE_OK. */
int migrator_open(struct migrator *m, struct arena *a, struct buf *report);
void migrator_close(struct migrator *m);

int migrator_lock(struct migrator *m, int wait_s);
/* Rejects a database that was migrated with other role names: it belongs to another environment. */
int migrator_check_names(struct migrator *m);
int migrator_make_roles(struct migrator *m);
int migrator_open_owner(struct migrator *m);
int migrator_read_applied(struct migrator *m);
int migrator_apply(struct migrator *m, const struct entry *e);
/* Runs entry_down, which must not be NULL. */
int migrator_revert(struct migrator *m, const struct entry *e);
/* Stores the down texts of unchanged files that were applied before the column existed. */
int migrator_keep_downs(struct migrator *m);
/* Connected servers and workers, one line each; "" without any. False after an error report. */
bool migrator_find_servers(struct migrator *m, const char **out);

bool entry_has_drifted(const struct entry *e);
/* Down text of an applied migration: the stored one, or that of an unchanged file. NULL without
 * any. */
const char *entry_down(struct arena *a, const struct entry *e);

/* A line of progress, or of an error. */
void migrator_say(struct migrator *m, const char *format, ...) PRINTF_LIKE(2, 3);
void migrator_complain(struct migrator *m, const char *format, ...) PRINTF_LIKE(2, 3);

/* One statement. False after an error report. The caller must clear `*out` (may be NULL). */
bool migrator_sql(struct migrator *m, struct conn *k, const char *sql, const struct params *params,
    PGresult **out);
/* First column of the first row, in the arena. "" without a row. False after an error report. */
bool migrator_text(struct migrator *m, struct conn *k, const char *sql, const char **out);
