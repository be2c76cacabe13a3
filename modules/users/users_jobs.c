/* Background work of users: what expired does not stay. Knows no HTTP. */
#include "users_internal.h"

static err sweep(struct ctx *c, const void *payload)
{
    int64_t gone;

    (void)payload;
    TRY(users__delete_expired_invitations(c, &gone));
    if (gone > 0)
        log_info(c, "users.invitations_expired", log_int("count", gone));
    return NULL;
}

const struct job_kind users__sweep_job = {
    .name = "users.sweep",
    .doc = "Deletes invitations that expired",
    .payload = &nothing_shape,
    .run = sweep,
    .tx = TX_WRITE,
    .system = true,
    .every_s = 3600,
};
