/* Error kinds of auth. */
#include "auth_internal.h"

const struct error_kind AUTH_WRONG_CREDENTIALS = {
    "auth/wrong-credentials",
    401,
    "Wrong email address or password",
    "Check both, or sign up. The response is the same for email addresses without an account.",
};
const struct error_kind AUTH_EMAIL_UNVERIFIED = {
    "auth/email-unverified",
    403,
    "Email address not verified",
    "Follow the emailed link, or request another: POST /v1/auth/email-verifications.",
};
const struct error_kind AUTH_TOO_MANY_ATTEMPTS = {
    "auth/too-many-attempts",
    429,
    "Too many attempts",
    "Retry after the number of seconds in Retry-After.",
};
const struct error_kind AUTH_CONFIRMATION_INVALID = {
    "auth/confirmation-invalid",
    410,
    "Confirmation link or code expired",
    "Request another: POST /v1/auth/email-verifications. If it was already used, sign in.",
};
const struct error_kind AUTH_SUSPENDED = {
    "auth/suspended",
    403,
    "Account suspended",
    "Contact the operator of this service.",
};
const struct error_kind AUTH_PASSWORD_LOCKED = {
    "auth/password-locked",
    403,
    "Password locked after too many failed attempts",
    "Reset the password: POST /v1/auth/password-resets.",
};
const struct error_kind AUTH_RESET_INVALID = {
    "auth/reset-invalid",
    410,
    "Password reset link expired",
    "Request another: POST /v1/auth/password-resets. Only the newest link is valid, once, for 30 "
    "minutes.",
};
const struct error_kind AUTH_EMAIL_CHANGE_INVALID = {
    "auth/email-change-invalid",
    410,
    "Email change link expired",
    "Request the change again. A link is valid once, for an hour. A link that undoes the change is "
    "valid for seven days.",
};
const struct error_kind AUTH_WRONG_PASSWORD = {
    "auth/wrong-password",
    403,
    "Wrong password",
    "Send the current password. The session stays valid.",
};
const struct error_kind AUTH_WRONG_CODE = {
    "auth/wrong-code",
    403,
    "Wrong code",
    "Wait for the next code, and check the clock of the device. A code is valid once.",
};
const struct error_kind AUTH_SECOND_FACTOR_REQUIRED = {
    "auth/second-factor-required",
    403,
    "Second factor required",
    "Send a code of the authenticator app, or a recovery code, together with the password.",
};
const struct error_kind AUTH_CHALLENGE_INVALID = {
    "auth/challenge-invalid",
    410,
    "Sign-in challenge expired",
    "Start again: POST /v1/auth/sessions. A challenge is valid for ten minutes and five attempts.",
};
const struct error_kind AUTH_FACTOR_EXISTS = {
    "auth/factor-exists",
    409,
    "Second factor already exists",
    "Remove the second factor first: DELETE /v1/auth/totp.",
};
const struct error_kind AUTH_NO_FACTOR = {
    "auth/no-factor",
    409,
    "No second factor",
    "Add a second factor first: POST /v1/auth/totp.",
};
const struct error_kind AUTH_SCOPE_NOT_ALLOWED = {
    "auth/scope-not-allowed",
    403,
    "API key scopes exceed your permissions",
    "Leave out the scopes that you have no permission for.",
};
const struct error_kind AUTH_TOO_MANY_KEYS = {
    "auth/too-many-keys",
    409,
    "Too many API keys",
    "Revoke API keys that are no longer used.",
};
const struct error_kind AUTH_KEY_ORPHANED = {
    "auth/key-orphaned",
    401,
    "API key orphaned",
    "Adopt or revoke the key as an owner. Its creator left the organisation or was suspended.",
};
