/* Event kinds of users. */
#include "users_internal.h"

static const struct field users_org_event_fields[] = {
    ID(users_org_event, org_id, "org", .doc = "Id of the organisation"),
    TEXT(users_org_event, name, .max = 200,
        .doc = "Name of the organisation at the time of the event"),
    ID(users_org_event, by, "person", .optional = true,
        .doc = "Person who caused the change. Null for the system."),
};
SHAPE(users_org_event);

static const struct field users_member_event_fields[] = {
    ID(users_member_event, person_id, "person", .doc = "Id of the member"),
    TEXT(users_member_event, role, .one_of = USERS_ROLES,
        .doc = "Current role, or the last one of a removed member"),
};
SHAPE(users_member_event);

static const struct field users_invited_event_fields[] = {
    ID(users_invited_event, invitation_id, "invitation", .doc = "Id of the invitation"),
    TEXT(users_invited_event, org_name, .max = 200, .doc = "Name of the organisation"),
    TEXT(users_invited_event, inviter_name, .max = 200, .secret = true,
        .doc = "Name of the inviter"),
    ID(users_invited_event, inviter_id, "person", .optional = true,
        .doc = "Person with the name in inviter_name. Null if it is the organisation's name."),
    TEXT(users_invited_event, email, .format = EMAIL, .secret = true,
        .doc = "Email address of the invited person"),
    TEXT(users_invited_event, role, .one_of = USERS_ROLES, .doc = "Role granted on acceptance"),
    TEXT(users_invited_event, token, .format = TOKEN, .secret = true,
        .doc = "Token that accepts the invitation once"),
    TIME(users_invited_event, expires_at, .doc = "Time at which the invitation expires"),
};
SHAPE(users_invited_event);

static const struct field users_owner_warning_fields[] = {
    ID(users_owner_warning, person_id, "person", .doc = "Owner who is notified"),
    TEXT(users_owner_warning, name, .max = 200, .secret = true, .doc = "Name of the owner"),
    TEXT(users_owner_warning, email, .format = EMAIL, .secret = true,
        .doc = "Email address of the owner"),
    TEXT(users_owner_warning, what, .max = 60, .doc = "Event that the owner is notified about"),
    TEXT(users_owner_warning, org_name, .max = 200, .doc = "Name of the organisation"),
    TEXT(users_owner_warning, about, .max = 2000, .optional = true, .secret = true,
        .doc = "Person or object of the event"),
    TEXT(users_owner_warning, by, .max = 200, .optional = true, .secret = true,
        .doc = "Person who caused the event. Null if it was no person of the organisation."),
    TEXT(users_owner_warning, network, .max = 100, .optional = true,
        .doc = "Network of the client that caused the event. Null if unknown."),
};
SHAPE(users_owner_warning);

static const struct field users_suspension_event_fields[] = {
    ID(users_suspension_event, org_id, "org", .doc = "Id of the organisation"),
    TEXT(users_suspension_event, reason, .max = USERS_SUSPENSION_REASON_MAX,
        .doc = "Reason of the suspension, as staff wrote it"),
};
SHAPE(users_suspension_event);

static const struct field users_person_event_fields[] = {
    ID(users_person_event, person_id, "person",
        .doc = "Id of the erased person. It no longer refers to any data."),
};
SHAPE(users_person_event);

EVENT_KIND(USERS_ORG_CREATED, users_org_event, .name = "users.org_created", .version = 1,
    .doc = "A person created an organisation and owns it", .public = true);
EVENT_KIND(USERS_ORG_DELETED, users_org_event, .name = "users.org_deleted", .version = 1,
    .doc = "An organisation was deleted with all its data");
EVENT_KIND(USERS_MEMBER_ADDED, users_member_event, .name = "users.member_added", .version = 1,
    .doc = "A person accepted an invitation", .public = true);
EVENT_KIND(USERS_ROLE_CHANGED, users_member_event, .name = "users.role_changed", .version = 1,
    .doc = "The role of a member was changed", .public = true);
EVENT_KIND(USERS_MEMBER_REMOVED, users_member_event, .name = "users.member_removed", .version = 1,
    .doc = "A member left, was removed or deleted their account", .public = true);
EVENT_KIND(USERS_INVITED, users_invited_event, .name = "users.invited", .version = 1,
    .doc = "A person was invited by email");
EVENT_KIND(USERS_OWNER_WARNED, users_owner_warning, .name = "users.owner_warned", .version = 1,
    .doc = "An owner must be notified about an event. One event is published for each owner.");
EVENT_KIND(USERS_PERSON_ERASED, users_person_event, .name = "users.person_erased", .version = 1,
    .doc = "A person and all data about them were erased");
EVENT_KIND(USERS_ORG_WAS_SUSPENDED, users_suspension_event, .name = "users.org_suspended",
    .version = 1, .doc = "Staff suspended an organisation. Its jobs are held.");
EVENT_KIND(USERS_ORG_WAS_RESTORED, users_suspension_event, .name = "users.org_restored",
    .version = 1, .doc = "Staff lifted the suspension of an organisation. Its jobs continue.");
