/* The tables of the users module. Every table ends with an empty row. */
#include "users_internal.h"

static const struct permission permissions[] = {
    { "users.read", USERS_ROLES, "Read the organisation and its members. Leave it." },
    { "users.update_org", "owner|admin", "Update the organisation" },
    { "users.delete_org", "owner", "Delete the organisation and all its data" },
    { "users.manage_members", "owner|admin", "Change members' roles and remove members" },
    { "users.invite", "owner|admin", "Invite people, list and revoke invitations" },
    { "users.read_audit", "owner|admin", "Read the audit log" },
    { NULL, NULL, NULL },
};

PUBLIC const struct module users_module = {
    .name = "users",
    .summary = "People, their organisations, memberships and invitations",
    .routes = ROUTES(users__me_routes, users__org_routes, users__member_routes,
        users__invitation_routes, users__access_routes, users__avatar_routes),
    .constraints = users__constraints,
    .permissions = permissions,
    .tables = users__tables,
    .jobs = (const struct job_kind *const[]){ &users__sweep_job.kind, &users__drop_picture_job.kind,
        NULL },
    .workers = users__workers,
    .events =
        (const struct event_kind *const[]){
            &USERS_ORG_CREATED.kind,
            &USERS_ORG_DELETED.kind,
            &USERS_MEMBER_ADDED.kind,
            &USERS_ROLE_CHANGED.kind,
            &USERS_MEMBER_REMOVED.kind,
            &USERS_INVITED.kind,
            &USERS_OWNER_WARNED.kind,
            &USERS_PERSON_ERASED.kind,
            &USERS_ORG_WAS_SUSPENDED.kind,
            &USERS_ORG_WAS_RESTORED.kind,
            NULL,
        },
    .entitlements = (const struct entitlement *const[]){ &USERS_SEATS, NULL },
    .org_support_view = &users__org_support_view,
    .person_support_view = &users__person_support_view,
    .authorize = &users__authorizer,
    .erase_person = users__erase_person,
    .purge_org = users__purge_org,
};
