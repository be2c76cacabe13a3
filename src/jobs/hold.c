/* Suspension of an organisation's jobs: set, clear, query. */
#include "db/tx.h"
#include "jobs.h"
#include "jobs_sql.h"
#include "notifier.h"
#include <ashlar/db.h>
#include <ashlar/job.h>
#include <ashlar/log.h>

const struct error_kind JOB_HELD = { "job-held", 500, "Jobs of the organisation are held",
    "None. This error is internal and never leaves the server." };

err job_hold_org(struct ctx *c, struct uuid org, bool held)
{
    TRY(db_exec(c, held ? &SQL_hold_org : &SQL_release_org, ARGS(ARG(org))));
    log_info(c, held ? "jobs.held" : "jobs.hold_released",
        log_text("org", typeid_text(c->arena, "org", org)));
    if (!held)
        notifier_after_commit(c);
    return NULL;
}

err jobs_purge_org(struct ctx *c)
{
    return db_exec(c, &SQL_release_purged, NO_ARGS);
}

static err ask(struct ctx *c, void *held)
{
    return db_bool(c, &SQL_jobs_are_held, held, NO_ARGS);
}

err job_is_held(struct ctx *c, bool *held)
{
    return tx_read(c, ask, held);
}
