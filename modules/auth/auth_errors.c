/* The failures auth names. */
#include "auth_internal.h"

const struct error_kind AUTH_WRONG_CREDENTIALS = {
    "auth/wrong-credentials",
    401,
    "Address or password is wrong",
    "Check both, or sign up. The answer is the same for addresses without an account.",
};
const struct error_kind AUTH_EMAIL_UNVERIFIED = {
    "auth/email-unverified",
    403,
    "The address is not verified yet",
    "Follow the mailed link, or have it sent again: POST /v1/auth/email-verifications.",
};
const struct error_kind AUTH_TOO_MANY_TRIES = {
    "auth/too-many-tries",
    429,
    "Too many tries",
    "Wait as long as Retry-After says.",
};
const struct error_kind AUTH_CONFIRMATION_INVALID = {
    "auth/confirmation-invalid",
    410,
    "The link or code is not valid any more",
    "Ask for a new one: POST /v1/auth/email-verifications. If it worked before, sign in.",
};
const struct error_kind AUTH_SUSPENDED = {
    "auth/suspended",
    403,
    "This account is suspended",
    "Ask the people who run this service.",
};
const struct error_kind AUTH_PASSWORD_ENDED = {
    "auth/password-ended",
    403,
    "The password was guessed at too often",
    "It opens nothing any more: set a new one, POST /v1/auth/password-resets.",
};
const struct error_kind AUTH_RESET_INVALID = {
    "auth/reset-invalid",
    410,
    "The link is not valid any more",
    "It works once, for 30 minutes, and only the newest does. Ask for another: POST "
    "/v1/auth/password-resets.",
};
const struct error_kind AUTH_EMAIL_CHANGE_INVALID = {
    "auth/email-change-invalid",
    410,
    "The link is not valid any more",
    "It works once, for an hour; the one that takes the change back for seven days.",
};
const struct error_kind AUTH_WRONG_PASSWORD = {
    "auth/wrong-password",
    403,
    "The password is wrong",
    "It is the current password that is asked for. The session goes on.",
};
const struct error_kind AUTH_WRONG_CODE = {
    "auth/wrong-code",
    403,
    "The code is wrong",
    "Each code works once. Check the clock of the device, and wait for the next code.",
};
const struct error_kind AUTH_SECOND_FACTOR_REQUIRED = {
    "auth/second-factor-required",
    403,
    "The second factor is asked for, too",
    "Send a code of the authenticator app, or a recovery code, along with the password.",
};
const struct error_kind AUTH_CHALLENGE_INVALID = {
    "auth/challenge-invalid",
    410,
    "This sign-in took too long, or too many tries",
    "Begin again: POST /v1/auth/sessions.",
};
const struct error_kind AUTH_FACTOR_EXISTS = {
    "auth/factor-exists",
    409,
    "There is a second factor already",
    "Remove it first: DELETE /v1/auth/totp.",
};
const struct error_kind AUTH_NO_FACTOR = {
    "auth/no-factor",
    409,
    "There is no second factor",
    "Add one first: POST /v1/auth/totp.",
};
const struct error_kind AUTH_SCOPE_ABOVE_OWN = {
    "auth/scope-above-own",
    403,
    "A key may not do more than its maker",
    "Leave out the scopes you do not have yourself.",
};
const struct error_kind AUTH_TOO_MANY_KEYS = {
    "auth/too-many-keys",
    409,
    "The organisation has too many API keys",
    "Revoke keys nobody uses.",
};
const struct error_kind AUTH_KEY_ORPHANED = {
    "auth/key-orphaned",
    401,
    "Nobody stands for the API key any more",
    "Whoever made it left the organisation or was suspended. An owner adopts the key, or revokes "
    "it.",
};
