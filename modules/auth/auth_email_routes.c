/* HTTP surface of changing an account's address. Rules live in auth_email_service.c. */
#include "auth_internal.h"

struct new_email_in {
    const char *email;
};
static const struct field new_email_in_fields[] = {
    TEXT(new_email_in, email, .format = EMAIL, .doc = "The address to have from then on"),
};
static SHAPE(new_email_in);

HANDLER(ask_email_change, new_email_in, auth_pending)
{
    *out = (struct auth_pending){ .status = "pending" };
    return auth__ask_email_change(c, in->email);
}

struct email_token_in {
    const char *token;
};
static const struct field email_token_in_fields[] = {
    TEXT(email_token_in, token, .format = TOKEN, .max = TOKEN_TEXT_MAX, .secret = true,
        .doc = "From the mailed link"),
};
static SHAPE(email_token_in);

HANDLER(confirm_email_change, email_token_in, nothing)
{
    (void)out;
    return auth__confirm_email_change(c, in->token);
}

HANDLER(undo_email_change, email_token_in, nothing)
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
        .summary = "Ask for another address; the link to it is mailed there",
        .doc = "The reply is the same whether the new address has an account or not. The link "
               "works once, for an hour, and only the newest does; a new password stops it. The "
               "present address is told at once.",
        .auth = AUTH_SESSION,
        .sudo = true,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .status = 202,
        .errors = ERRORS(&AUTH_TOO_MANY_TRIES),
        .handler = BY(ask_email_change),
    },
    {
        .method = POST,
        .path = "/v1/auth/email-changes/confirm",
        .id = "confirmEmailChange",
        .summary = "Take the new address, by the token mailed to it",
        .doc = "In a session of the account that asked: the link proves the mailbox, and not that "
               "its reader wants this account. Sessions go on. The old address is mailed a link "
               "that takes the change back.",
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
        .summary = "Take a change of address back, by the token mailed to the old one",
        .doc = "Within seven days, and until a mailed link sets a new password, which goes to the "
               "new address. All sessions and the password end, and so does a second factor "
               "that was added since; a link to set a new password is mailed to the old address.",
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
