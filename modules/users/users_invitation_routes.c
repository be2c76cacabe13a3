/* HTTP surface: invitations. Rules are in users_member_service.c. */
#include "users_internal.h"

struct create_invitation {
    const char *email;
    const char *role;
};
static const struct field create_invitation_fields[] = {
    TEXT(create_invitation, email, .format = EMAIL, .doc = "Email address of the invited person"),
    TEXT(create_invitation, role, .one_of = USERS_ROLES, .doc = "Role granted on acceptance"),
};
static SHAPE(create_invitation);

struct invitation_ref {
    struct uuid invitation_id;
};
static const struct field invitation_ref_fields[] = {
    ID(invitation_ref, invitation_id, "invitation", .in = PATH, .doc = "Id of the invitation"),
};
static SHAPE(invitation_ref);

struct accept_invitation {
    const char *token;
};
static const struct field accept_invitation_fields[] = {
    TEXT(accept_invitation, token, .format = TOKEN, .max = TOKEN_TEXT_MAX, .secret = true,
        .doc = "Token of the emailed link"),
};
static SHAPE(accept_invitation);

HANDLER(create_invitation, create_invitation, users_invitation)
{
    return users_invite(c, in->email, in->role, out);
}

HANDLER(list_invitations, page_in, users_invitation_list)
{
    return users_list_invitations(c, in, out);
}

HANDLER(revoke_invitation, invitation_ref, nothing)
{
    (void)out;
    return users_revoke_invitation(c, in->invitation_id);
}

HANDLER(accept_invitation, accept_invitation, users_org)
{
    return users_accept_invitation(c, in->token, out);
}

const struct route users__invitation_routes[] = {
    {
        .method = POST,
        .path = "/v1/orgs/{org_id}/invitations",
        .id = "createInvitation",
        .summary = "Create an invitation",
        .doc = "Sends the invitation by email. Requires every permission of the role. Inviting an "
               "owner requires a session that authenticated in the last 15 minutes, and all owners "
               "are notified by email. A void invitation of the same email address is replaced.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.invite",
        .sudo_for_some = true,
        .scope = SCOPE_ORG,
        .rate = RATE_SENSITIVE,
        .status = 201,
        .errors = ERRORS(&USERS_ALREADY_INVITED, &USERS_ALREADY_MEMBER, &USERS_ROLE_NOT_ALLOWED,
            &USERS_TOO_MANY_INVITATIONS),
        .handler = BY(create_invitation),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/invitations",
        .id = "listInvitations",
        .summary = "List pending invitations",
        .doc =
            "An invitation is `void` if its sender is no longer allowed to send it: removed, "
            "demoted or suspended, or a revoked key. A void invitation cannot be accepted until "
            "its sender is allowed again. To send it again, invite the same email address again.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.invite",
        .scope = SCOPE_ORG,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_invitations),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/invitations/{invitation_id}",
        .id = "revokeInvitation",
        .summary = "Revoke an invitation",
        .doc = "Requires every permission of the invitation's role.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.invite",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = ERRORS(&USERS_ROLE_NOT_ALLOWED),
        .handler = BY(revoke_invitation),
    },
    {
        .method = POST,
        .path = "/v1/invitations/accept",
        .id = "acceptInvitation",
        .summary = "Accept an invitation",
        .doc = "The signed-in person becomes a member of the organisation.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .status = 200,
        .errors =
            ERRORS(&USERS_INVITATION_INVALID, &USERS_INVITATION_VOID, &USERS_INVITATION_FOR_OTHER,
                &USERS_ALREADY_MEMBER, &USERS_ORG_SUSPENDED, &ENTITLEMENT_EXCEEDED),
        .handler = BY(accept_invitation),
    },
    { .id = NULL },
};
