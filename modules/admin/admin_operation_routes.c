/* HTTP surface: jobs and error groups. Rules are in the platform's job.h and error_group.h. */
#include "admin_internal.h"

struct jobs_query {
    struct page_in page;
    const char *state, *kind;
    struct uuid org_id;
};
static const struct field jobs_query_fields[] = {
    PAGE_IN_FIELDS(jobs_query),
    TEXT(jobs_query, state, .in = QUERY, .one_of = "ready|running|done|dead", .fallback = "dead",
        .doc = "State of the jobs. `dead` jobs failed permanently."),
    TEXT(jobs_query, kind, .in = QUERY, .format = TOKEN, .max = 200, .optional = true,
        .doc = "Kind of the jobs. Default: all kinds.", .example = "notifications.send_mail"),
    ID(jobs_query, org_id, "org", .in = QUERY, .optional = true,
        .doc = "Organisation of the jobs. Default: all jobs."),
};
static SHAPE(jobs_query);

struct job_ref {
    struct uuid job_id;
};
static const struct field job_ref_fields[] = {
    ID(job_ref, job_id, "job", .in = PATH, .doc = "Id of the job"),
};
static SHAPE(job_ref);

HANDLER(find_jobs, jobs_query, job_summary_list)
{
    return admin__find_jobs(
        c, &(struct job_filter){ in->state, in->kind, in->org_id }, &in->page, out);
}

HANDLER(open_job, job_ref, job_detail)
{
    return admin__open_job(c, in->job_id, out);
}

HANDLER(retry_job, job_ref, nothing)
{
    (void)out;
    return job_retry(c, in->job_id);
}

HANDLER(discard_job, job_ref, nothing)
{
    (void)out;
    return job_discard(c, in->job_id);
}

struct errors_query {
    struct page_in page;
    const char *state;
};
static const struct field errors_query_fields[] = {
    PAGE_IN_FIELDS(errors_query),
    TEXT(errors_query, state, .in = QUERY, .one_of = "open|resolved", .optional = true,
        .doc = "State of the error groups. Default: both states."),
};
static SHAPE(errors_query);

struct error_ref {
    struct uuid error_id;
};
static const struct field error_ref_fields[] = {
    ID(error_ref, error_id, "error", .in = PATH, .doc = "Id of the error group"),
};
static SHAPE(error_ref);

HANDLER(find_errors, errors_query, error_group_list)
{
    return error_group_find(c, in->state, &in->page, out);
}

HANDLER(resolve_error, error_ref, error_group)
{
    return error_group_resolve(c, in->error_id, out);
}

const struct route admin__operation_routes[] = {
    {
        .method = GET,
        .path = "/v1/admin/jobs",
        .id = "adminListJobs",
        .summary = "List jobs",
        .doc = "Lists dead jobs by default.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_OPERATIONS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(find_jobs),
    },
    {
        .method = GET,
        .path = "/v1/admin/jobs/{job_id}",
        .id = "adminGetJob",
        .summary = "Get a job",
        .doc = "The payload is returned without its secrets.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_OPERATIONS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(open_job),
    },
    {
        .method = POST,
        .path = "/v1/admin/jobs/{job_id}/retry",
        .id = "adminRetryJob",
        .summary = "Retry a dead job",
        .auth = AUTH_SESSION,
        .permission = ADMIN_OPERATE,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = ERRORS(&JOB_NOT_DEAD),
        .handler = BY(retry_job),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/jobs/{job_id}",
        .id = "adminDiscardJob",
        .summary = "Discard a job",
        .doc = "The job must be dead or waiting to run. It is not run again.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_OPERATE,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = ERRORS(&JOB_IS_RUNNING),
        .handler = BY(discard_job),
    },
    {
        .method = GET,
        .path = "/v1/admin/errors",
        .id = "adminListErrors",
        .summary = "List error groups",
        .doc = "An error group is all logged errors with the same event and operation. Every "
               "process writes its counts every few seconds.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_OPERATIONS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(find_errors),
    },
    {
        .method = POST,
        .path = "/v1/admin/errors/{error_id}/resolve",
        .id = "adminResolveError",
        .summary = "Resolve an error group",
        .doc = "The error group is reopened if the error occurs again.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_OPERATE,
        .scope = SCOPE_STAFF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(resolve_error),
    },
    { .id = NULL },
};
