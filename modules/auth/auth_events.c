/* What auth tells the modules above it, and the failures it names. Reacts to nothing itself. */
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

/* Strangers' addresses are secret too: what is typed into a sign-up must not outlive its mail. */
static const struct field auth_signup_started_fields[] = {
    TEXT(auth_signup_started, email, .format = EMAIL, .secret = true, .doc = "To be confirmed"),
    TEXT(auth_signup_started, token, .format = TOKEN, .secret = true, .doc = "For the link"),
    TEXT(auth_signup_started, code, .format = TOKEN, .secret = true, .doc = "For typing"),
};
static SHAPE(auth_signup_started);

static const struct field auth_signup_for_existing_fields[] = {
    TEXT(auth_signup_for_existing, email, .format = EMAIL, .secret = true,
        .doc = "Address with an account"),
};
static SHAPE(auth_signup_for_existing);

static const struct field auth_email_verified_fields[] = {
    ID(auth_email_verified, person_id, "person", .doc = "The person made"),
    TEXT(auth_email_verified, email, .format = EMAIL, .doc = "The confirmed address"),
};
static SHAPE(auth_email_verified);

static const struct field auth_session_event_fields[] = {
    ID(auth_session_event, person_id, "person", .doc = "Whose session"),
    ID(auth_session_event, session_id, "session", .doc = "The session"),
};
static SHAPE(auth_session_event);

const struct event_kind AUTH_SIGNUP_STARTED = {
    .name = "auth.signup_started",
    .version = 1,
    .doc = "Somebody signed up, or asked for the mail again",
    .payload = &auth_signup_started_shape,
};
const struct event_kind AUTH_SIGNUP_FOR_EXISTING_ACCOUNT = {
    .name = "auth.signup_for_existing_account",
    .version = 1,
    .doc = "Somebody signed up with an address that has an account",
    .payload = &auth_signup_for_existing_shape,
};
const struct event_kind AUTH_EMAIL_VERIFIED = {
    .name = "auth.email_verified",
    .version = 1,
    .doc = "An address was confirmed and its person made",
    .payload = &auth_email_verified_shape,
};
const struct event_kind AUTH_SIGNED_IN = {
    .name = "auth.signed_in",
    .version = 1,
    .doc = "Somebody opened a session",
    .payload = &auth_session_event_shape,
};
const struct event_kind AUTH_SIGNED_OUT = {
    .name = "auth.signed_out",
    .version = 1,
    .doc = "Somebody ended a session",
    .payload = &auth_session_event_shape,
};
