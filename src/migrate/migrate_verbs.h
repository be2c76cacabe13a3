/* Functions shared by the subcommands of `ashlar migrate`. */
#pragma once
#include "migrator.h"

struct migrate_options {
    int lock_wait_s;
    bool json, yes, expand_only, no_lint;
};

/* Takes the lock, then checks roles and owner and reads the applied migrations. Does not check for
 * drift. */
int migrate_open_record(struct migrator *m, int lock_wait_s);

/* Reports each file that was changed after it was applied, with the cure, except `spared` (may be
 * NULL). Returns whether there are any. */
bool migrate_report_drift(struct migrator *m, const struct entry *spared);

/* In development: reports the linter's findings in pending files and in `also` (may be NULL). False
 * if there are any. */
bool migrate_lints_clean(struct migrator *m, const struct entry *also);

int migrate_apply_pending(struct migrator *m, bool expand_only);

/* The entry applied last. NULL when this binary does not contain it, or none was applied. */
const struct entry *migrate_newest(const struct migrator *m);

/* Reverts the newest; reverts it and applies its current text. In migrate_back.c. */
int migrate_run_down(struct migrator *m, const struct migrate_options *o);
int migrate_run_redo(struct migrator *m, const struct migrate_options *o);
