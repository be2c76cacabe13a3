/* HTTP surface: members of an organisation. Rules are in users_member_service.c. */
#include "users_internal.h"

struct update_member {
    struct uuid person_id;
    const char *role;
};
static const struct field update_member_fields[] = {
    ID(update_member, person_id, "person", .in = PATH, .doc = "Id of the member"),
    TEXT(update_member, role, .one_of = USERS_ROLES, .doc = "New role of the member"),
};
static SHAPE(update_member);

struct member_ref {
    struct uuid person_id;
};
static const struct field member_ref_fields[] = {
    ID(member_ref, person_id, "person", .in = PATH, .doc = "Id of the member"),
};
static SHAPE(member_ref);

HANDLER(list_members, page_in, users_member_list)
{
    return users_list_members(c, in, out);
}

HANDLER(update_member, update_member, users_member)
{
    return users_set_role(c, in->person_id, in->role, out);
}

HANDLER(remove_member, member_ref, users_member_removal)
{
    return users_remove_member(c, in->person_id, out);
}

const struct route users__member_routes[] = {
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/members",
        .id = "listMembers",
        .summary = "List members",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_members),
    },
    {
        .method = PATCH,
        .path = "/v1/orgs/{org_id}/members/{person_id}",
        .id = "updateMember",
        .summary = "Change a member's role",
        .doc = "Requires every permission of the member's current role and of the new role. "
               "Granting the owner role, or changing the role of an owner, requires a session that "
               "authenticated in the last 15 minutes. All owners are notified by email. While the "
               "organisation is suspended, the only change allowed is to add an owner, so that the "
               "last owner can leave.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.manage_members",
        .sudo_for_some = true,
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&USERS_ROLE_NOT_ALLOWED, &USERS_LAST_OWNER, &USERS_ORG_SUSPENDED),
        .handler = BY(update_member),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/members/{person_id}",
        .id = "removeMember",
        .summary = "Remove a member",
        .doc =
            "Members can remove themselves to leave. Removing another member requires "
            "`users.manage_members` and every permission of that member's role. Removing an owner "
            "requires a session that authenticated in the last 15 minutes, and all owners are "
            "notified by email. API keys with the authority of the removed member return 401 "
            "`auth/key-orphaned`. The response lists these keys, and an owner adopts or revokes "
            "each. While the organisation is suspended, members can only remove themselves.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .sudo_for_some = true,
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&USERS_ROLE_NOT_ALLOWED, &USERS_LAST_OWNER, &USERS_ORG_SUSPENDED),
        .handler = BY(remove_member),
    },
    { .id = NULL },
};
