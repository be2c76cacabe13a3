/* HTTP surface of a person's sessions. Rules are in auth_account_service.c. */
#include "auth_internal.h"

HANDLER(list_sessions, page_in, auth_session_list)
{
    return auth__list_my_sessions(c, in, out);
}

struct session_ref {
    struct uuid session_id;
};
static const struct field session_ref_fields[] = {
    ID(session_ref, session_id, "session", .in = PATH, .doc = "Id of the session"),
};
static SHAPE(session_ref);

HANDLER(revoke_session, session_ref, nothing)
{
    (void)out;
    return auth__revoke_session(c, in->session_id);
}

HANDLER(revoke_other_sessions, nothing, nothing)
{
    (void)in, (void)out;
    return auth__revoke_other_sessions(c);
}

const struct route auth__session_routes[] = {
    {
        .method = GET,
        .path = "/v1/auth/sessions",
        .id = "listSessions",
        .summary = "List active sessions",
        .doc = "Lists the sessions of the signed-in person on all devices.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_sessions),
    },
    {
        .method = DELETE_,
        .path = "/v1/auth/sessions",
        .id = "revokeOtherSessions",
        .summary = "Revoke all other sessions",
        .doc = "Takes effect immediately, on every process.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(revoke_other_sessions),
    },
    {
        .method = DELETE_,
        .path = "/v1/auth/sessions/{session_id}",
        .id = "revokeSession",
        .summary = "Revoke a session",
        .doc = "Takes effect immediately, on every process.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(revoke_session),
    },
    { .id = NULL },
};
