/* What admin does by itself. */
#include "admin_internal.h"

static err sweep(struct ctx *c, const void *payload)
{
    int64_t n;

    (void)payload;
    TRY(admin__delete_old_staff_sessions(c, &n));
    log_info(c, "admin.swept", log_int("staff_sessions", n));
    return NULL;
}

const struct job_kind admin__sweep_job = {
    .name = "admin.sweep",
    .doc = "Forgets sessions that staff stopped using",
    .payload = &nothing_shape,
    .run = sweep,
    .tx = TX_WRITE,
    .system = true,
    .every_s = 24 * 60 * 60,
};
