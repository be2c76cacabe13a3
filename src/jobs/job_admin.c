/* Jobs for operators: list, details, retry, discard. */
#include "jobs_sql.h"
#include "store.h"
#include "notifier.h"
#include <ashlar/audit.h>
#include <ashlar/db.h>
#include <ashlar/job.h>
#include <ashlar/text.h>

const struct error_kind JOB_NOT_DEAD = { "jobs/not-dead", 409, "Job is not dead",
    "Retry only dead jobs. A dead job whose dedupe key is in use cannot be retried, because a "
    "newer job replaces it." };
const struct error_kind JOB_IS_RUNNING = { "jobs/running", 409, "Job is running or done",
    "Discard only dead and waiting jobs." };

static const struct field job_summary_fields[] = {
    ID(job_summary, id, "job", .doc = "Id of the job"),
    TEXT(job_summary, kind, .max = 200, .doc = "Kind of the job"),
    TEXT(job_summary, queue, .max = 100, .doc = "Queue of the job"),
    TEXT(job_summary, state, .one_of = "ready|running|done|dead", .doc = "State of the job"),
    INT(job_summary, attempts, .doc = "Number of attempts"),
    INT(job_summary, max_attempts, .doc = "Maximum number of attempts"),
    ID(job_summary, org_id, "org", .optional = true,
        .doc = "Organisation the job belongs to. Null for platform jobs."),
    TEXT(job_summary, request_id, .optional = true, .max = 100,
        .doc = "Id of the request that enqueued the job"),
    TIME(job_summary, created_at, .doc = "Time at which the job was enqueued"),
    TIME(job_summary, run_at, .doc = "Time at which the job is due"),
    TIME(job_summary, finished_at, .optional = true, .doc = "Time at which the job finished"),
    TEXT(job_summary, last_error, .optional = true, .max = 1000,
        .doc = "Error of the last failed attempt"),
};
SHAPE(job_summary);
LIST_SHAPE(job_summary);

static const struct field job_detail_fields[] = {
    ID(job_detail, id, "job", .doc = "Id of the job"),
    TEXT(job_detail, kind, .max = 200, .doc = "Kind of the job"),
    TEXT(job_detail, queue, .max = 100, .doc = "Queue of the job"),
    INT(job_detail, priority, .doc = "Priority of the job. Lower numbers run first."),
    TEXT(job_detail, state, .one_of = "ready|running|done|dead", .doc = "State of the job"),
    INT(job_detail, attempts, .doc = "Number of attempts"),
    INT(job_detail, max_attempts, .doc = "Maximum number of attempts"),
    INT(job_detail, lost, .doc = "Number of processes that crashed while running the job"),
    ID(job_detail, org_id, "org", .optional = true,
        .doc = "Organisation the job belongs to. Null for platform jobs."),
    TEXT(job_detail, request_id, .optional = true, .max = 100,
        .doc = "Id of the request that enqueued the job"),
    TEXT(job_detail, trace, .optional = true, .max = 100,
        .doc = "W3C traceparent that the job continues"),
    ID(job_detail, event_id, "evt", .optional = true,
        .doc = "Id of the event that the job delivers"),
    TEXT(job_detail, dedupe_key, .optional = true, .max = 500,
        .doc = "Dedupe key. At most one unfinished job has the same key."),
    TEXT(job_detail, ordering_key, .optional = true, .max = 500,
        .doc = "Ordering key. Jobs with the same key run one after another."),
    INT(job_detail, waiting_behind,
        .doc = "Number of jobs with the same ordering key that wait for this one"),
    BOOL(job_detail, held, .doc = "Whether the job waits because its organisation is on hold"),
    TEXT(job_detail, locked_by, .optional = true, .max = 200, .doc = "Process that runs the job"),
    TEXT(job_detail, last_error, .optional = true, .max = 1000,
        .doc = "Error of the last failed attempt"),
    TIME(job_detail, created_at, .doc = "Time at which the job was enqueued"),
    TIME(job_detail, run_at, .doc = "Time at which the job is due"),
    TIME(job_detail, heartbeat_at, .optional = true,
        .doc = "Time of the last heartbeat of the process that runs the job"),
    TIME(job_detail, finished_at, .optional = true, .doc = "Time at which the job finished"),
    OPEN_JSON(job_detail, payload, .doc = "Payload of the job without its secrets"),
};
SHAPE(job_detail);

/* State in audit rows. */
struct job_moved {
    const char *kind, *state, *last_error;
};
static const struct field job_moved_fields[] = {
    TEXT(job_moved, kind),
    TEXT(job_moved, state),
    TEXT(job_moved, last_error, .optional = true),
};
static SHAPE(job_moved);

err job_find(struct ctx *c, const struct job_filter *filter, const struct page_in *page,
    struct job_summary_list *out)
{
    if (text_equal(filter->state, "dead"))
        return db_page(c, &SQL_find_dead_jobs, job_summary, out, page,
            ARGS(ARG(filter->kind), ARG(filter->org)));
    return db_page(c, &SQL_find_jobs, job_summary, out, page,
        ARGS(ARG(filter->state), ARG(filter->kind), ARG(filter->org)));
}

err job_get(struct ctx *c, struct uuid id, struct job_detail *out)
{
    bool found;

    TRY(db_maybe(c, &SQL_show_job, job_detail, out, &found, ARGS(ARG(id))));
    return found ? NULL
                 : problem(c, &ERR_NOT_FOUND, NULL,
                       "The job does not exist. Done jobs are kept for a day.");
}

static struct job_moved moved(const struct job_detail *job, const char *state)
{
    return (struct job_moved){ job->kind, state, job->last_error };
}

err job_retry(struct ctx *c, struct uuid id)
{
    struct job_moved before, after;
    struct job_detail job;
    int64_t n;

    TRY(job_get(c, id, &job));
    TRY(db_exec_count(c, &SQL_retry_jobs, &n, ARGS(ARG(id), ARG((const char *)NULL))));
    if (n == 0)
        return problem(c, &JOB_NOT_DEAD, NULL, "It is %s.", job.state);
    notifier_after_commit(c);
    before = moved(&job, job.state);
    after = moved(&job, "ready");
    return audit(c, "platform.job_retried", "job", id, job_moved, &before, &after);
}

err job_discard(struct ctx *c, struct uuid id)
{
    struct job_moved before;
    struct job_detail job;
    int64_t n;

    TRY(job_get(c, id, &job));
    TRY(store_report_death(c, id, job.kind, "ready"));
    TRY(db_int(c, &SQL_discard_job, &n, ARGS(ARG(id))));
    if (n == 0)
        return problem(c, &JOB_IS_RUNNING, NULL, "It is %s.", job.state);
    notifier_after_commit(c);
    before = moved(&job, job.state);
    return audit(c, "platform.job_discarded", "job", id, job_moved, &before, NULL);
}
