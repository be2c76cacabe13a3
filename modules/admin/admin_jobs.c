/* What admin does by itself. */
#include "admin_internal.h"

SWEEP_JOB(admin__sweep_job, .name = "admin.sweep",
    .doc = "Forgets sessions that staff stopped using", .every_s = 24 * 60 * 60);

const struct table admin__tables[] = {
    { .name = "staff", .kept = "until it is taken away, or with its person" },
    { .name = "staff_session",
        .swept = "a day after it was used last",
        .bite = admin__delete_old_staff_sessions,
        .by = &admin__sweep_job.kind },
    { .name = "suspension", .kept = "until it is lifted, or with its person" },
    { NULL },
};
