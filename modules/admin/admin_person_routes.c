/* HTTP surface: support views of people. Rules are in the services. */
#include "admin_internal.h"

struct people_query {
    struct page_in page;
    const char *q;
};
static const struct field people_query_fields[] = {
    PAGE_IN_FIELDS(people_query),
    TEXT(people_query, q, .in = QUERY, .format = LINE, .max = 254, .optional = true,
        .doc = "Id of the person, or part of the email address or name, with or without accents. "
               "Default: all people.",
        .example = "ann@example.org"),
};
static SHAPE(people_query);

struct person_ref {
    struct uuid person_id;
};
static const struct field person_ref_fields[] = {
    ID(person_ref, person_id, "person", .in = PATH, .doc = "Id of the person"),
};
static SHAPE(person_ref);

struct person_reason {
    struct uuid person_id;
    const char *reason;
};
static const struct field person_reason_fields[] = {
    ID(person_reason, person_id, "person", .in = PATH, .doc = "Id of the person"),
    TEXT(person_reason, reason, .max = 500,
        .doc = "Reason of the action. It is stored in the audit log."),
};
static SHAPE(person_reason);

struct session_reason {
    struct uuid person_id, session_id;
    const char *reason;
};
static const struct field session_reason_fields[] = {
    ID(session_reason, person_id, "person", .in = PATH, .doc = "Id of the person"),
    ID(session_reason, session_id, "session", .in = PATH, .doc = "Id of the session"),
    TEXT(session_reason, reason, .max = 500, .optional = true,
        .doc = "Reason of the action. It is stored in the audit log."),
};
static SHAPE(session_reason);

HANDLER(search_people, people_query, users_person_list)
{
    return admin__search_people(c, in->q, &in->page, out);
}

HANDLER(open_person, person_ref, admin_person_support_view)
{
    return admin__open_person(c, in->person_id, out);
}

HANDLER(suspend_person, person_reason, nothing)
{
    (void)out;
    return admin__suspend(c, in->person_id, in->reason);
}

HANDLER(restore_person, person_reason, nothing)
{
    (void)out;
    return admin__restore(c, in->person_id, in->reason);
}

HANDLER(sign_out_person, person_ref, nothing)
{
    (void)out;
    return admin__sign_out(c, in->person_id);
}

HANDLER(revoke_session, session_reason, nothing)
{
    (void)out;
    return admin__revoke_session(c, in->person_id, in->session_id, in->reason);
}

HANDLER(remove_factor, person_reason, nothing)
{
    (void)out;
    return admin__remove_factor(c, in->person_id, in->reason);
}

const struct route admin__person_routes[] = {
    {
        .method = GET,
        .path = "/v1/admin/people",
        .id = "adminSearchPeople",
        .summary = "Search people",
        .doc = "Searches by id, email address or name.",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_CUSTOMERS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .slow = true,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(search_people),
    },
    {
        .method = GET,
        .path = "/v1/admin/people/{person_id}",
        .id = "adminGetPerson",
        .summary = "Get a person's support view",
        .auth = AUTH_SESSION,
        .permission = ADMIN_READ_CUSTOMERS,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(open_person),
    },
    {
        .method = POST,
        .path = "/v1/admin/people/{person_id}/suspend",
        .id = "adminSuspendPerson",
        .summary = "Suspend a person",
        .doc = "A suspended person cannot sign in. From the next request on, all sessions of the "
               "person return 401, on every process.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_SUSPEND,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&ADMIN_IS_STAFF),
        .handler = BY(suspend_person),
    },
    {
        .method = POST,
        .path = "/v1/admin/people/{person_id}/restore",
        .id = "adminRestorePerson",
        .summary = "Lift a person's suspension",
        .doc = "The person can sign in again.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_SUSPEND,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(restore_person),
    },
    {
        .method = POST,
        .path = "/v1/admin/people/{person_id}/sign-out",
        .id = "adminSignOutPerson",
        .summary = "Revoke a person's sessions",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_SUSPEND,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&ADMIN_IS_STAFF),
        .handler = BY(sign_out_person),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/people/{person_id}/sessions/{session_id}",
        .id = "adminRevokeSession",
        .summary = "Revoke a session of a person",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_SUSPEND,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&ADMIN_IS_STAFF),
        .handler = BY(revoke_session),
    },
    {
        .method = DELETE_,
        .path = "/v1/admin/people/{person_id}/second-factor",
        .id = "adminRemoveSecondFactor",
        .summary = "Remove a person's second factor",
        .doc = "For a person who lost it. Deletes the recovery codes, revokes all sessions and "
               "notifies the person by email. Verify the person's identity first. Only superadmins "
               "can remove that of a staff member. Staff members cannot remove their own.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .permission = ADMIN_REMOVE_FACTORS,
        .scope = SCOPE_STAFF,
        .rate = RATE_SENSITIVE,
        .status = 204,
        .errors = ERRORS(&ADMIN_OWN_ACCOUNT, &AUTH_NO_FACTOR),
        .handler = BY(remove_factor),
    },
    { .id = NULL },
};
