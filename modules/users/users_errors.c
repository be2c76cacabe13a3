/* The failures users names. */
#include "users_internal.h"

const struct error_kind USERS_LAST_OWNER = {
    "users/last-owner",
    409,
    "An organisation keeps an owner",
    "Make another member owner first, or delete the organisation.",
};
const struct error_kind USERS_ORG_SUSPENDED = {
    "users/org-suspended",
    403,
    "The organisation is suspended",
    "GET /v1/orgs/{org_id} says since when and why; ask whoever runs this service. What is marked "
    "`x-while-suspended` goes on: paying, reading what there is, leaving.",
};
const struct error_kind USERS_ROLE_ABOVE_OWN = {
    "users/role-above-own",
    403,
    "That role is above yours",
    "Ask an owner of the organisation.",
};
const struct error_kind USERS_ALREADY_MEMBER = {
    "users/already-member",
    409,
    "Already a member",
    "Nothing to do: the person belongs to the organisation.",
};
const struct error_kind USERS_ALREADY_INVITED = {
    "users/already-invited",
    409,
    "Already invited",
    "Withdraw the open invitation first to send a new one.",
};
const struct error_kind USERS_TOO_MANY_INVITATIONS = {
    "users/too-many-invitations",
    409,
    "Too many open invitations",
    "Withdraw some, or wait until they are accepted or have expired.",
};
const struct error_kind USERS_INVITATION_INVALID = {
    "users/invitation-invalid",
    404,
    "No such invitation",
    "Ask whoever invited you to send a new invitation.",
};
const struct error_kind USERS_INVITATION_FOR_OTHER = {
    "users/invitation-for-other",
    403,
    "The invitation is for another address",
    "Sign in with the address it was sent to, or ask for an invitation to yours.",
};
const struct error_kind USERS_INVITATION_VOID = {
    "users/invitation-void",
    410,
    "Whoever sent the invitation may not any more",
    "Ask an owner of the organisation to send it again.",
};
const struct error_kind USERS_BAD_PICTURE = {
    "users/bad-picture",
    422,
    "That is no picture for a person",
    "Send a PNG, JPEG, WebP or GIF of at most 1 MiB and 4096 by 4096 pixels.",
};
