/* HTTP surface: members of an organisation. Rules live in users_member_service.c. */
#include "users_internal.h"

struct member_in {
    struct uuid person_id;
    const char *role;
};
static const struct field member_in_fields[] = {
    ID(member_in, person_id, "person", .in = PATH, .doc = "The member"),
    TEXT(member_in, role, .one_of = USERS_ROLES, .doc = "What they may do from now on"),
};
static SHAPE(member_in);

struct member_ref {
    struct uuid person_id;
};
static const struct field member_ref_fields[] = {
    ID(member_ref, person_id, "person", .in = PATH, .doc = "The member"),
};
static SHAPE(member_ref);

HANDLER(list_members, page_in, users_member_list)
{
    return users_list_members(c, in, out);
}

HANDLER(update_member, member_in, users_member)
{
    return users_set_role(c, in->person_id, in->role, out);
}

HANDLER(remove_member, member_ref, users_removal)
{
    return users_remove_member(c, in->person_id, out);
}

const struct route users__member_routes[] = {
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/members",
        .id = "listMembers",
        .summary = "Who belongs to an organisation",
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
        .summary = "Give a member another role",
        .doc =
            "It needs every permission of the role they have and of the one they get. To make an "
            "owner, or an owner something else, it needs a session with credentials proved in "
            "the last 15 minutes; all owners are mailed. While the organisation is suspended only "
            "to make another owner, who lets the last one leave.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.manage_members",
        .sudo_for_some = true,
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&USERS_ROLE_ABOVE_OWN, &USERS_LAST_OWNER, &USERS_ORG_SUSPENDED),
        .handler = BY(update_member),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/members/{person_id}",
        .id = "removeMember",
        .summary = "Leave an organisation, or remove a member from it",
        .doc = "To remove somebody else needs `users.manage_members` and every permission of their "
               "role; an owner goes only by a session with credentials proved in the last 15 "
               "minutes, and all owners are mailed. API keys with the authority of who is gone "
               "answer 401 `auth/key-orphaned` from then on: the reply lists them, and an owner "
               "adopts or revokes each. While the organisation is suspended only to leave it.",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .sudo_for_some = true,
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&USERS_ROLE_ABOVE_OWN, &USERS_LAST_OWNER, &USERS_ORG_SUSPENDED),
        .handler = BY(remove_member),
    },
    { .id = NULL },
};
