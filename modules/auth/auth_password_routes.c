/* HTTP surface of passwords and of reauthentication. Rules are in auth_password_service.c and
 * auth_sudo_service.c. */
#include "auth_internal.h"

struct reauthenticate {
    const char *password;
    const char *code;
};
static const struct field reauthenticate_fields[] = {
    TEXT(reauthenticate, password, .format = PASSWORD, .optional = true, .secret = true,
        .doc = "Password of the account. Not sufficient if there is a second factor."),
    TEXT(reauthenticate, code, .format = TYPED_CODE, .max = 20, .optional = true, .secret = true,
        .doc = "Six digits of the authenticator app, or a recovery code. Required if there is a "
               "second factor."),
};
static SHAPE(reauthenticate);

struct auth_sudo {
    struct instant until;
};
static const struct field auth_sudo_fields[] = {
    TIME(auth_sudo, until, .doc = "Time until which the session counts as reauthenticated"),
};
static SHAPE(auth_sudo);

HANDLER(sudo, reauthenticate, auth_sudo)
{
    const struct auth__browser browser = auth__browser_of(c, NULL);

    return auth__sudo(c, in->password, in->code, &browser, &out->until);
}

struct change_password {
    const char *current_password;
    const char *password;
};
static const struct field change_password_fields[] = {
    TEXT(change_password, current_password, .format = PASSWORD, .secret = true,
        .doc = "Current password of the account"),
    TEXT(change_password, password, .format = PASSWORD, .min = AUTH__PASSWORD_MIN,
        .max = AUTH__PASSWORD_MAX, .secret = true, .doc = "New password of the account"),
};
static SHAPE(change_password);

HANDLER(change_password, change_password, nothing)
{
    const struct auth__browser browser = auth__browser_of(c, NULL);

    (void)out;
    return auth__change_password(c, in->current_password, in->password, &browser);
}

struct request_password_reset {
    const char *email;
};
static const struct field request_password_reset_fields[] = {
    TEXT(request_password_reset, email, .format = EMAIL, .doc = "Email address of the account"),
};
static SHAPE(request_password_reset);

HANDLER(ask_reset, request_password_reset, auth_request_accepted)
{
    *out = (struct auth_request_accepted){ .status = "pending" };
    return auth__ask_reset(c, in->email);
}

struct reset_password {
    const char *token;
    const char *password;
};
static const struct field reset_password_fields[] = {
    TEXT(reset_password, token, .format = TOKEN, .max = TOKEN_TEXT_MAX, .secret = true,
        .doc = "Token of the emailed link"),
    TEXT(reset_password, password, .format = PASSWORD, .min = AUTH__PASSWORD_MIN,
        .max = AUTH__PASSWORD_MAX, .secret = true, .doc = "New password of the account"),
};
static SHAPE(reset_password);

HANDLER(reset_password, reset_password, nothing)
{
    const struct auth__browser browser = auth__browser_of(c, NULL);

    (void)out;
    TRY(auth__reset_password(c, in->token, in->password, &browser));
    auth__take_session_cookie(c);
    return NULL;
}

const struct route auth__password_routes[] = {
    {
        .method = POST,
        .path = "/v1/auth/sudo",
        .id = "sudo",
        .summary = "Reauthenticate the session",
        .doc = "Call it when an operation returns `sudo-required`. The session counts as "
               "reauthenticated for 15 minutes. Send the password. If the account has a second "
               "factor, send a code, with or without the password. A new sign-in counts as well.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = ERRORS(&AUTH_WRONG_PASSWORD, &AUTH_SECOND_FACTOR_REQUIRED, &AUTH_WRONG_CODE,
            &AUTH_NO_FACTOR, &AUTH_TOO_MANY_ATTEMPTS, &AUTH_PASSWORD_LOCKED),
        .handler = BY(sudo),
    },
    {
        .method = POST,
        .path = "/v1/auth/password",
        .id = "changePassword",
        .summary = "Change the password",
        .doc = "Revokes all other sessions.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .status = 204,
        .errors = ERRORS(&AUTH_WRONG_PASSWORD, &AUTH_TOO_MANY_ATTEMPTS, &AUTH_PASSWORD_LOCKED),
        .handler = BY(change_password),
    },
    {
        .method = POST,
        .path = "/v1/auth/password-resets",
        .id = "requestPasswordReset",
        .summary = "Request a password reset",
        .doc = "Sends a link by email. The response is the same whether the email address has an "
               "account or not. Only the newest link is valid, once, for 30 minutes.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .status = 202,
        .errors = NO_ERRORS,
        .handler = BY(ask_reset),
    },
    {
        .method = POST,
        .path = "/v1/auth/password-resets/confirm",
        .id = "resetPassword",
        .summary = "Reset the password",
        .doc = "Requires the token of the emailed link. Revokes all sessions. It does not sign in. "
               "A second factor is still required to sign in.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .hashes = true,
        .status = 204,
        .errors = ERRORS(&AUTH_RESET_INVALID),
        .handler = BY(reset_password),
    },
    { .id = NULL },
};
