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

HANDLER(remove_member, member_ref, nothing)
{
    (void)out;
    return users_remove_member(c, in->person_id);
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
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.manage_members",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&USERS_ROLE_ABOVE_OWN, &USERS_LAST_OWNER),
        .handler = BY(update_member),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/members/{person_id}",
        .id = "removeMember",
        .summary = "Leave an organisation, or remove a member from it",
        .auth = AUTH_SESSION_OR_KEY,
        .permission = "users.read",
        .scope = SCOPE_ORG,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = ERRORS(&USERS_ROLE_ABOVE_OWN, &USERS_LAST_OWNER),
        .handler = BY(remove_member),
    },
    { .id = NULL },
};
