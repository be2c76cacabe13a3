/* What admin does by itself. */
#include "admin_internal.h"

JOB_HANDLER(sweep, nothing)
{
    int64_t n;

    (void)in;
    TRY(admin__delete_old_staff_sessions(c, &n));
    log_info(c, "admin.swept", log_int("staff_sessions", n));
    return NULL;
}

JOB_KIND(admin__sweep_job, nothing, sweep, .name = "admin.sweep",
    .doc = "Forgets sessions that staff stopped using", .tx = TX_WRITE, .system = true,
    .every_s = 24 * 60 * 60);
