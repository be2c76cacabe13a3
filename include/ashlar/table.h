/*
 * table — what becomes of the rows of each table. Every table of a module's schema has a row here,
 * partitions belong to theirs: it is kept, and says with whom its rows end, or swept: rows past
 * their time leave, a bite at a time, until none is left.
 */
#pragma once
#include "job.h"

struct table {
    const char *name; /* "session", without the schema; NULL ends the list */
    const char *kept; /* with whom, or when, its rows end: "its organisation"; NULL: swept */
    /* When a row is past its time: "48 hours after the response". NULL: kept. */
    const char *swept;
    /* Swept: deletes at most `most` such rows (with what goes with them) and says how many. Runs in
     * a short transaction of its own, across tenants as ashlar_system; the statement is linear in
     * `most`. NULL: they go with those of `with`, another swept table of the module. */
    err (*bite)(struct ctx *c, int64_t most, int64_t *gone);
    const char *with;
    const struct job_kind *by; /* of a bite: the module's scheduled kind, made by SWEEP_JOB */
};

/* Rows a bite may take. */
enum { SWEEP_BITE = 1000 };

/*
 * SWEEP_JOB(auth__sweep_job, .name = "auth.sweep", .doc = "…", .every_s = 3600);
 *
 * makes the kind, declared before as `extern const JOB(nothing)`, that sweeps the tables whose rows
 * name it; its row among .workers is { SWEEPS(auth__sweep_job) }. Bite after bite, in turn for a
 * second each, while there are full ones. After 15 s what is left goes to a job of its own, so that
 * others have the worker in between. It runs once at a time. What left is logged (`table.swept`).
 * One table's failure holds up no other; the job fails afterwards and is tried again.
 */
#define SWEEP_JOB(name_, ...)                                                                      \
    JOB_KIND(name_, nothing, .system = true, .priority = 10, .concurrency = 1, .timeout_s = 60,    \
        __VA_ARGS__)
#define SWEEPS(job_)                                                                               \
    .job = &(job_).kind, .handler = _Generic(&(job_), const JOB(nothing) * : &table_sweeper_)
PUBLIC extern const struct job_handler table_sweeper_;
