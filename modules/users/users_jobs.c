/* Job kinds and payloads of users. */
#include "users_internal.h"

SWEEP_JOB(
    users__sweep_job, .name = "users.sweep", .doc = "Deletes expired invitations", .every_s = 3600);

static const struct field users__picture_fields[] = {
    ID(users__picture, person_id, "person", .optional = true),
    TEXT(users__picture, avatar_key, .max = STORAGE_KEY_MAX),
};
static SHAPE(users__picture);

JOB_KIND(users__drop_picture_job, users__picture, .name = "users.drop_picture",
    .doc = "Deletes an avatar that was replaced or deleted, or that a failed upload left behind",
    .system = true);
