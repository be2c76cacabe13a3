/*
 * One run of `ashlar migrate` against a database.
 *
 * Two connections: the login's own, which holds the advisory lock outside any transaction (so that
 * CREATE INDEX CONCURRENTLY of another run never waits for it) and makes the roles; and the
 * owner's, which applies the files.
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
    const char *down; /* kept when it was applied; NULL: none was */
    int number;
};

struct entry {
    struct migration_file file;
    const struct applied *applied; /* NULL: pending */
};

struct migrator {
    struct arena *arena;
    struct buf *report; /* NULL: progress goes to stdout, trouble to stderr */
    struct conn *login, *owner;
    struct applied *applied;
    size_t n_applied;
    struct entry *entries; /* what this binary carries, in order */
    size_t n_entries;
};

/* All of these say what is wrong before they answer anything but MIGRATE_OK. */
int migrator_open(struct migrator *m, struct arena *a, struct buf *report);
void migrator_close(struct migrator *m);

int migrator_lock(struct migrator *m, int wait_s);
/* A database that was migrated with other names of roles is no business of this environment's. */
int migrator_check_names(struct migrator *m);
int migrator_make_roles(struct migrator *m);
int migrator_open_owner(struct migrator *m);
int migrator_read_applied(struct migrator *m);
int migrator_apply(struct migrator *m, const struct entry *e);
/* By entry_down, which must not be NULL. */
int migrator_revert(struct migrator *m, const struct entry *e);
/* Keep the down texts of what was applied before there was a place for them, and is unchanged. */
int migrator_keep_downs(struct migrator *m);
/* Who else of this binary's kind is connected, one line each; "" when nobody is. False after
 * complaining. */
bool migrator_find_servers(struct migrator *m, const char **out);

bool entry_has_drifted(const struct entry *e);
/* The text that takes an applied one back: the kept one, or of an unchanged file its own; NULL when
 * there is none. */
const char *entry_down(struct arena *a, const struct entry *e);

/* A line of progress, or of trouble. */
void migrator_say(struct migrator *m, const char *format, ...) PRINTF_LIKE(2, 3);
void migrator_complain(struct migrator *m, const char *format, ...) PRINTF_LIKE(2, 3);

/* One statement; false after complaining. `*out` (may be NULL) is the caller's to clear. */
bool migrator_sql(struct migrator *m, struct conn *k, const char *sql, const struct params *params,
    PGresult **out);
/* First column of the first row, in the arena; "" when there is none. False after complaining. */
bool migrator_text(struct migrator *m, struct conn *k, const char *sql, const char **out);
