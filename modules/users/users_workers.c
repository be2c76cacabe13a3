/* Job handlers of users and the retention of its tables. */
#include "users_internal.h"

JOB_HANDLER(drop_picture, users__picture)
{
    return users__drop_picture(c, in);
}

const struct job_worker users__workers[] = {
    { SWEEPS(users__sweep_job) },
    { RUNS(users__drop_picture_job, drop_picture) },
    { .job = NULL },
};

const struct table users__tables[] = {
    { .name = "invitation",
        .swept = "when it expired",
        .bite = users__delete_expired_invitations,
        .by = &users__sweep_job.kind },
    { .name = "membership", .kept = "with its person or organisation" },
    { .name = "org", .kept = "until it is deleted" },
    { .name = "person", .kept = "until it is erased" },
    { NULL },
};
