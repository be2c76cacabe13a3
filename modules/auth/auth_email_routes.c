/* HTTP surface of email address changes. Rules are in auth_email_service.c. */
#include "auth_internal.h"

struct request_email_change {
    const char *email;
};
static const struct field request_email_change_fields[] = {
    TEXT(request_email_change, email, .format = EMAIL, .doc = "New email address of the account"),
};
static SHAPE(request_email_change);

HANDLER(ask_email_change, request_email_change, auth_request_accepted)
{
    *out = (struct auth_request_accepted){ .status = "pending" };
    return auth__ask_email_change(c, in->email);
}

struct email_change_token {
    const char *token;
};
static const struct field email_change_token_fields[] = {
    TEXT(email_change_token, token, .format = TOKEN, .max = TOKEN_TEXT_MAX, .secret = true,
        .doc = "Token of the emailed link"),
};
static SHAPE(email_change_token);

HANDLER(confirm_email_change, email_change_token, nothing)
{
    (void)out;
    return auth__confirm_email_change(c, in->token);
}

HANDLER(undo_email_change, email_change_token, nothing)
{
    (void)out;
    TRY(auth__undo_email_change(c, in->token));
    auth__take_session_cookie(c);
    return NULL;
}

const struct route auth__email_routes[] = {
    {
        .method = POST,
        .path = "/v1/auth/email-changes",
        .id = "requestEmailChange",
        .summary = "Request an email address change",
        .doc =
            "Sends a link to the new email address. The response is the same whether the new email "
            "address has an account or not. Only the newest link is valid, once, for an hour. A "
            "new password invalidates it. The current email address is notified immediately.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .status = 202,
        .errors = ERRORS(&AUTH_TOO_MANY_ATTEMPTS),
        .handler = BY(ask_email_change),
    },
    {
        .method = POST,
        .path = "/v1/auth/email-changes/confirm",
        .id = "confirmEmailChange",
        .summary = "Confirm an email address change",
        .doc = "Requires the token of the link emailed to the new email address, in a session of "
               "the account that requested the change. The link proves access to the mailbox, not "
               "that its reader requested this account. Sessions stay valid. A link that undoes "
               "the change is emailed to the old email address.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .status = 204,
        .errors = ERRORS(&AUTH_EMAIL_CHANGE_INVALID),
        .handler = BY(confirm_email_change),
    },
    {
        .method = POST,
        .path = "/v1/auth/email-changes/undo",
        .id = "undoEmailChange",
        .summary = "Undo an email address change",
        .doc = "Requires the token of the link emailed to the old email address. Possible within "
               "seven days, until a password is set by a link emailed to the new email address. "
               "Revokes all sessions and the password, and removes a second factor that was added "
               "after the change. A password reset link is emailed to the old email address.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .hashes = true,
        .status = 204,
        .errors = ERRORS(&AUTH_EMAIL_CHANGE_INVALID),
        .handler = BY(undo_email_change),
    },
    { .id = NULL },
};
