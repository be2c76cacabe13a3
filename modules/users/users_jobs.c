/* Background work of users: what expired does not stay. Knows no HTTP. */
#include "users_internal.h"

SWEEP_JOB(users__sweep_job, .name = "users.sweep", .doc = "Deletes invitations that expired",
    .every_s = 3600);

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
