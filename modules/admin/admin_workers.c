/* Job handler of admin and the retention of its tables. */
#include "admin_internal.h"

const struct job_worker admin__workers[] = {
    { SWEEPS(admin__sweep_job) },
    { .job = NULL },
};

const struct table admin__tables[] = {
    { .name = "staff", .kept = "until it is removed, or with its person" },
    { .name = "staff_session",
        .swept = "a day after it was used last",
        .bite = admin__delete_old_staff_sessions,
        .by = &admin__sweep_job.kind },
    { .name = "suspension", .kept = "until it is lifted, or with its person" },
    { NULL },
};
