/* HTTP surface: avatars. Rules are in users_avatar_service.c. */
#include "users_internal.h"

struct avatar_in {
    struct raw raw;
};
static const struct shape avatar_in_shape = {
    .name = "avatar_in",
    .size = sizeof(struct avatar_in),
    .raw_at = 1 + offsetof(struct avatar_in, raw),
    .doc = "Content of a PNG, JPEG, WebP or GIF file",
};

struct avatar_ref {
    struct uuid person_id;
};
static const struct field avatar_ref_fields[] = {
    ID(avatar_ref, person_id, "person", .in = PATH, .doc = "Id of the member"),
};
static SHAPE(avatar_ref);

HANDLER(put_avatar, avatar_in, nothing)
{
    (void)out;
    return users_set_avatar(c, in->raw.body);
}

HANDLER(get_avatar, nothing, content)
{
    (void)in;
    return users_get_avatar(c, out);
}

HANDLER(delete_avatar, nothing, nothing)
{
    (void)in, (void)out;
    return users_remove_avatar(c);
}

HANDLER(get_member_avatar, avatar_ref, content)
{
    return users_get_member_avatar(c, in->person_id, out);
}

const struct route users__avatar_routes[] = {
    {
        .method = PUT,
        .path = "/v1/me/avatar",
        .id = "putMyAvatar",
        .summary = "Set the avatar",
        .doc = "The body is the image file. The image type is detected from its bytes. "
               "Content-Type is ignored.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .tx = TX_MANUAL,
        .idempotency = KEY_IGNORED,
        .body_max = USERS_AVATAR_MAX,
        .status = 204,
        .errors = ERRORS(&USERS_UNSUPPORTED_IMAGE),
        .handler = BY(put_avatar),
    },
    {
        .method = GET,
        .path = "/v1/me/avatar",
        .id = "getMyAvatar",
        .summary = "Get the avatar",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_avatar),
    },
    {
        .method = DELETE_,
        .path = "/v1/me/avatar",
        .id = "deleteMyAvatar",
        .summary = "Delete the avatar",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(delete_avatar),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/members/{person_id}/avatar",
        .id = "getMemberAvatar",
        .summary = "Get a member's avatar",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .scope = SCOPE_ORG,
        .rate = RATE_READ,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_member_avatar),
    },
    { .id = NULL },
};
