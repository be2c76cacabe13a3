/* Error kinds of users. */
#include "users_internal.h"

const struct error_kind USERS_LAST_OWNER = {
    "users/last-owner",
    409,
    "Organisation must have an owner",
    "Change another member's role to owner first, or delete the organisation.",
};
const struct error_kind USERS_ORG_SUSPENDED = {
    "users/org-suspended",
    403,
    "Organisation suspended",
    "Contact the operator of this service. GET /v1/orgs/{org_id} returns the reason. Operations "
    "with `x-while-suspended` stay available.",
};
const struct error_kind USERS_ROLE_NOT_ALLOWED = {
    "users/role-not-allowed",
    403,
    "Role exceeds your permissions",
    "Contact an owner of the organisation.",
};
const struct error_kind USERS_ALREADY_MEMBER = {
    "users/already-member",
    409,
    "Already a member",
    "Check GET /v1/orgs/{org_id}/members. The person is already in the organisation.",
};
const struct error_kind USERS_ALREADY_INVITED = {
    "users/already-invited",
    409,
    "Already invited",
    "Revoke the pending invitation before sending a new invitation.",
};
const struct error_kind USERS_TOO_MANY_INVITATIONS = {
    "users/too-many-invitations",
    409,
    "Too many pending invitations",
    "Revoke pending invitations, or wait until they are accepted or expire.",
};
const struct error_kind USERS_INVITATION_INVALID = {
    "users/invitation-invalid",
    404,
    "Invitation not found",
    "Request a new invitation from the person who invited you.",
};
const struct error_kind USERS_INVITATION_FOR_OTHER = {
    "users/invitation-for-other",
    403,
    "Invitation for another email address",
    "Sign in with the email address that was invited, or request an invitation to yours.",
};
const struct error_kind USERS_INVITATION_VOID = {
    "users/invitation-void",
    410,
    "Invitation is void",
    "Request a new invitation from an owner. The sender is no longer allowed to send it.",
};
const struct error_kind USERS_UNSUPPORTED_IMAGE = {
    "users/unsupported-image",
    422,
    "Unsupported image",
    "Send a PNG, JPEG, WebP or GIF of at most 1 MiB and 4096 by 4096 pixels.",
};
