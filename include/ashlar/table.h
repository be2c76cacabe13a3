/*
 * table — retention of each table's rows. Every table of a module's schema has a row here.
 * Partitions belong to their table. A table is either kept, with the owner of its rows, or swept:
 * expired rows are deleted in batches until none is left.
 */
#pragma once
#include "job.h"

struct table {
    const char *name; /* "session", without the schema. NULL ends the list */
    const char *kept; /* the owner or event that ends its rows: "its organisation". NULL: swept */
    /* Expiry of a row: "48 hours after the response". NULL: kept. */
    const char *swept;
    /* Swept: deletes at most `most` expired rows (with their dependents) and returns their number
     * in `gone`. Runs in a separate short transaction, across tenants as ashlar_system. The
     * statement must be linear in `most`. NULL: rows are deleted with those of `with`, another
     * swept table of the module. */
    err (*bite)(struct ctx *c, int64_t most, int64_t *gone);
    const char *with;
    const struct job_kind *by; /* of a bite: the module's scheduled kind, created by SWEEP_JOB */
};

/* Maximum rows of a bite. */
enum { SWEEP_BITE = 1000 };

/*
 * SWEEP_JOB(auth__sweep_job, .name = "auth.sweep", .doc = "…", .every_s = 3600)
 *
 * defines the kind, declared before as `extern const JOB(nothing)`, that sweeps the tables whose
 * rows name it. Its row among .workers is { SWEEPS(auth__sweep_job) }. It takes bites of each table
 * in turn, for a second each, until a bite is not full. After 15 s the remaining rows are passed to
 * another job, so that other jobs get the worker in between. At most one runs at a time. Deletions
 * are logged (`table.rows_deleted`). A failing table does not delay the others. The job then fails
 * and is retried.
 */
#define SWEEP_JOB(name_, ...)                                                                      \
    JOB_KIND(name_, nothing, .system = true, .priority = 10, .concurrency = 1, .timeout_s = 60,    \
        __VA_ARGS__)
#define SWEEPS(job_)                                                                               \
    .job = &(job_).kind, .handler = _Generic(&(job_), const JOB(nothing) * : &table_sweeper_)
PUBLIC extern const struct job_handler table_sweeper_;
