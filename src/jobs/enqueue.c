/* Enqueuing: one row in the caller's transaction. Knows no worker. */
#include "jobs_sql.h"
#include "kinds.h"
#include "payload.h"
#include "wake.h"
#include <ashlar/db.h>
#include <ashlar/job.h>

const struct error_kind JOB_GIVE_UP = { "job-give-up", 500, "The job cannot succeed",
    "Nothing: this kind never leaves the server." };

err job_enqueue_(struct ctx *c, const struct job_kind *kind, const void *payload,
    const struct job_options *options)
{
    struct uuid id = uuid_new();
    struct payload_stored stored;

    TRY(payload_write(c, kind->payload, payload, typeid_text(c->arena, "job", id), &stored));
    TRY(db_exec(c, &SQL_enqueue_job,
        ARGS(ARG(id), ARG(kind->name), ARG(kind->queue != NULL ? kind->queue : "default"),
            ARG(kind->priority), ARG(stored.text), ARG(stored.sealed), ARG(c->request_id),
            ARG(payload_trace(c)), ARG(options->run_at), ARG(job_kind_max_attempts(kind)),
            ARG(options->dedupe_key), ARG(options->ordering_key))));
    wake_after_commit(c);
    return NULL;
}
