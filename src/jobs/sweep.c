/* Expiry of jobs and events. */
#include "jobs.h"
#include "jobs_sql.h"
#include <ashlar/db.h>
#include <ashlar/log.h>
#include <ashlar/table.h>

static err sweep_done_jobs(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_sweep_jobs, gone, ARGS(ARG(most)));
}

/* Operators may need to know that a dead job was neither retried nor discarded before its
 * deletion. */
static err sweep_dead_jobs(struct ctx *c, int64_t most, int64_t *gone)
{
    TRY(db_int(c, &SQL_sweep_dead_jobs, gone, ARGS(ARG(most))));
    if (*gone > 0)
        log_warn(c, "jobs.dead_deleted", log_int("count", *gone));
    return NULL;
}

err jobs_sweep_jobs(struct ctx *c, int64_t most, int64_t *gone)
{
    int64_t done, dead;

    TRY(sweep_done_jobs(c, most, &done));
    TRY(sweep_dead_jobs(c, most, &dead));
    *gone = done + dead;
    return NULL;
}

err jobs_sweep_events(struct ctx *c, int64_t most, int64_t *gone)
{
    return db_int(c, &SQL_sweep_events, gone, ARGS(ARG(most)));
}

SWEEP_JOB(JOBS_SWEEP, .name = "platform.sweep",
    .doc = "Deletes done jobs after 24 hours, dead ones after 30 days, delivered events after 30 "
           "days",
    .every_s = 60);
