/* Enqueuing: one row in the caller's transaction. */
#include "jobs_sql.h"
#include "job_kinds.h"
#include "payload.h"
#include "notifier.h"
#include <ashlar/db.h>
#include <ashlar/job.h>
#include <ashlar/log.h>

const struct error_kind JOB_GIVE_UP = { "job-give-up", 500, "Job cannot succeed",
    "None. This error is internal and never leaves the server." };

/* An unlisted kind has no worker, so its jobs would wait without notice. */
static err check_listed(struct ctx *c, const struct job_kind *kind)
{
    struct runnable r;

    if (job_kinds_find(kind->name, &r) && r.job == kind)
        return NULL;
    log_error(c, "job.kind_unlisted", log_text("kind", kind->name),
        log_text("why", "no enabled module has it in .jobs"));
    return &ERR_INTERNAL;
}

err job_enqueue_(struct ctx *c, const struct job_kind *kind, const void *payload,
    const struct job_options *options)
{
    struct uuid id = uuid_new();
    struct payload_stored stored;

    TRY(check_listed(c, kind));
    TRY(payload_write(c, kind->payload, payload, typeid_text(c->arena, "job", id), &stored));
    TRY(db_exec(c, &SQL_enqueue_job,
        ARGS(ARG(id), ARG(kind->name), ARG(kind->queue != NULL ? kind->queue : "default"),
            ARG(kind->priority), ARG(stored.text), ARG(stored.sealed), ARG(c->request_id),
            ARG(payload_trace(c)), ARG(options->run_at), ARG(job_kind_max_attempts(kind)),
            ARG(options->dedupe_key), ARG(options->ordering_key))));
    notifier_after_commit(c);
    return NULL;
}
