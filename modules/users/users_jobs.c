/* Background work of users: what expired does not stay. Knows no HTTP. */
#include "users_internal.h"

JOB_HANDLER(sweep, nothing)
{
    int64_t gone;

    (void)in;
    TRY(users__delete_expired_invitations(c, &gone));
    if (gone > 0)
        log_info(c, "users.invitations_expired", log_int("count", gone));
    return NULL;
}

JOB_KIND(users__sweep_job, nothing, sweep, .name = "users.sweep",
    .doc = "Deletes invitations that expired", .tx = TX_WRITE, .system = true, .every_s = 3600);
