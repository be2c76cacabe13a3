/* What the verbs of `ashlar migrate` share. */
#pragma once
#include "migrator.h"

struct migrate_options {
    int lock_wait_s;
    bool json, yes, expand_only, no_lint;
};

/* From the lock on: roles, owner, what was applied; drift is not judged. */
int migrate_open_record(struct migrator *m, int lock_wait_s);

/* Name every file that was changed after it was applied, and what can be done; but not `spared`
 * (may be NULL). Are there any? */
bool migrate_report_drift(struct migrator *m, const struct entry *spared);

/* In development: false after naming what the linter finds in the files that wait, and in `also`
 * (may be NULL). */
bool migrate_lints_clean(struct migrator *m, const struct entry *also);

int migrate_apply_pending(struct migrator *m, bool expand_only);

/* The entry applied last; NULL when this binary does not carry it, or nothing was applied. */
const struct entry *migrate_newest(const struct migrator *m);

/* Take back the newest; take it back and apply it as it is now. In migrate_back.c. */
int migrate_run_down(struct migrator *m, const struct migrate_options *o);
int migrate_run_redo(struct migrator *m, const struct migrate_options *o);
