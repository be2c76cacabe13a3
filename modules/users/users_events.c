/* What users tells the modules above it: the kinds of events it publishes. */
#include "users_internal.h"

static const struct field users_org_event_fields[] = {
    ID(users_org_event, org_id, "org", .doc = "The organisation"),
    TEXT(users_org_event, name, .max = 200, .doc = "Its name at that time"),
    ID(users_org_event, by, "person", .optional = true, .doc = "Who did it; null: the system"),
};
SHAPE(users_org_event);

static const struct field users_member_event_fields[] = {
    ID(users_member_event, person_id, "person", .doc = "Whose membership it is"),
    TEXT(
        users_member_event, role, .one_of = USERS_ROLES, .doc = "Role now; the last one when gone"),
};
SHAPE(users_member_event);

static const struct field users_invited_event_fields[] = {
    ID(users_invited_event, invitation_id, "invitation", .doc = "The invitation"),
    TEXT(users_invited_event, org_name, .max = 200, .doc = "Where the person is invited to"),
    TEXT(users_invited_event, inviter_name, .max = 200, .secret = true, .doc = "Who invites"),
    ID(users_invited_event, inviter_id, "person", .optional = true,
        .doc = "Whose name that is; null: the organisation's"),
    TEXT(users_invited_event, email, .format = EMAIL, .secret = true,
        .doc = "Where the invitation goes"),
    TEXT(users_invited_event, role, .one_of = USERS_ROLES, .doc = "Role granted on acceptance"),
    TEXT(users_invited_event, token, .format = TOKEN, .secret = true, .doc = "Accepts it, once"),
    TIME(users_invited_event, expires_at, .doc = "Until when it can be accepted"),
};
SHAPE(users_invited_event);

static const struct field users_owner_warning_fields[] = {
    ID(users_owner_warning, person_id, "person", .doc = "The owner who is told"),
    TEXT(users_owner_warning, name, .max = 200, .secret = true, .doc = "Their name"),
    TEXT(users_owner_warning, email, .format = EMAIL, .secret = true, .doc = "Their address"),
    TEXT(users_owner_warning, what, .max = 60, .doc = "What happened"),
    TEXT(users_owner_warning, org_name, .max = 200, .doc = "The organisation"),
    TEXT(users_owner_warning, about, .max = 2000, .optional = true, .secret = true,
        .doc = "Whom or what it happened to"),
    TEXT(users_owner_warning, by, .max = 200, .optional = true, .secret = true,
        .doc = "Who did it; null: no person of the organisation"),
    TEXT(users_owner_warning, network, .max = 100, .optional = true,
        .doc = "Where it was done from; null: unknown"),
};
SHAPE(users_owner_warning);

static const struct field users_suspension_event_fields[] = {
    ID(users_suspension_event, org_id, "org", .doc = "The organisation"),
    TEXT(users_suspension_event, reason, .max = USERS_SUSPENSION_REASON_MAX,
        .doc = "Why, as staff wrote it"),
};
SHAPE(users_suspension_event);

static const struct field users_person_event_fields[] = {
    ID(users_person_event, person_id, "person", .doc = "Who was erased; leads nowhere any more"),
};
SHAPE(users_person_event);

EVENT_KIND(USERS_ORG_CREATED, users_org_event, .name = "users.org_created", .version = 1,
    .doc = "Somebody founded an organisation and owns it", .public = true);
EVENT_KIND(USERS_ORG_DELETED, users_org_event, .name = "users.org_deleted", .version = 1,
    .doc = "An organisation was removed with everything in it");
EVENT_KIND(USERS_MEMBER_ADDED, users_member_event, .name = "users.member_added", .version = 1,
    .doc = "Somebody accepted an invitation", .public = true);
EVENT_KIND(USERS_ROLE_CHANGED, users_member_event, .name = "users.role_changed", .version = 1,
    .doc = "A member has another role now", .public = true);
EVENT_KIND(USERS_MEMBER_REMOVED, users_member_event, .name = "users.member_removed", .version = 1,
    .doc = "A member left, was removed or erased their account", .public = true);
EVENT_KIND(USERS_INVITED, users_invited_event, .name = "users.invited", .version = 1,
    .doc = "Somebody was invited by mail");
EVENT_KIND(USERS_OWNER_WARNED, users_owner_warning, .name = "users.owner_warned", .version = 1,
    .doc = "Something happened that an owner must hear of; one event for each owner");
EVENT_KIND(USERS_PERSON_ERASED, users_person_event, .name = "users.person_erased", .version = 1,
    .doc = "A person and everything held about them is gone");
EVENT_KIND(USERS_ORG_WAS_SUSPENDED, users_suspension_event, .name = "users.org_suspended",
    .version = 1, .doc = "Staff suspended an organisation: what is in it waits");
EVENT_KIND(USERS_ORG_WAS_RESTORED, users_suspension_event, .name = "users.org_restored",
    .version = 1, .doc = "Staff restored an organisation: what waited goes on");
