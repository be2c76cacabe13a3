/* What auth tells the modules above it. Reacts to nothing itself. */
#include "auth_internal.h"

/* Addresses are secret too: what is typed into a sign-up must not outlive its mail, and of a person
 * who is erased nothing is left in what was published. */
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
    TEXT(auth_email_verified, email, .format = EMAIL, .secret = true,
        .doc = "The confirmed address"),
};
static SHAPE(auth_email_verified);

static const struct field auth_session_event_fields[] = {
    ID(auth_session_event, person_id, "person", .doc = "Whose session"),
    ID(auth_session_event, session_id, "session", .doc = "The session"),
    BOOL(auth_session_event, known_device, .optional = true,
        .doc = "The browser signed in to this account before"),
};
static SHAPE(auth_session_event);

static const struct field auth_reset_requested_fields[] = {
    ID(auth_reset_requested, person_id, "person", .doc = "Whose password"),
    TEXT(
        auth_reset_requested, email, .format = EMAIL, .secret = true, .doc = "Where the link goes"),
    TEXT(auth_reset_requested, token, .format = TOKEN, .secret = true, .doc = "For the link"),
};
static SHAPE(auth_reset_requested);

static const struct field auth_email_change_started_fields[] = {
    TEXT(auth_email_change_started, email, .format = EMAIL, .secret = true, .doc = "To be proved"),
    TEXT(auth_email_change_started, token, .format = TOKEN, .secret = true, .doc = "For the link"),
};
static SHAPE(auth_email_change_started);

static const struct field auth_email_change_for_existing_fields[] = {
    TEXT(auth_email_change_for_existing, email, .format = EMAIL, .secret = true,
        .doc = "Address with an account"),
};
static SHAPE(auth_email_change_for_existing);

static const struct field auth_email_changed_fields[] = {
    ID(auth_email_changed, person_id, "person", .doc = "Whose account"),
    TEXT(auth_email_changed, email, .format = EMAIL, .secret = true, .doc = "The address now"),
    TEXT(auth_email_changed, old_email, .format = EMAIL, .secret = true, .doc = "The one before"),
    TEXT(auth_email_changed, token, .format = TOKEN, .secret = true,
        .doc = "For the link that takes it back"),
    TEXT(auth_email_changed, network, .optional = true, .doc = "Where it was confirmed"),
};
static SHAPE(auth_email_changed);

static const struct field auth_security_notice_fields[] = {
    ID(auth_security_notice, person_id, "person", .doc = "Whose account"),
    TEXT(auth_security_notice, email, .format = EMAIL, .secret = true, .doc = "Whom to tell"),
    TEXT(auth_security_notice, network, .optional = true, .doc = "Where it was done from"),
    INT(auth_security_notice, codes_left, .doc = "Recovery codes left, when one was used"),
};
static SHAPE(auth_security_notice);

static const struct field auth_key_event_fields[] = {
    ID(auth_key_event, key_id, "key", .doc = "The key"),
    TEXT(auth_key_event, name, .doc = "What it is called"),
    ID(auth_key_event, by, "person", .doc = "Who did it"),
};
static SHAPE(auth_key_event);

static const struct field auth_person_event_fields[] = {
    ID(auth_person_event, person_id, "person", .doc = "The person"),
};
static SHAPE(auth_person_event);

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
const struct event_kind AUTH_RESET_REQUESTED = {
    .name = "auth.reset_requested",
    .version = 1,
    .doc = "Somebody asked to reset the password of an account",
    .payload = &auth_reset_requested_shape,
};
const struct event_kind AUTH_PASSWORD_CHANGED = {
    .name = "auth.password_changed",
    .version = 1,
    .doc = "A password was changed by its owner",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_PASSWORD_RESET = {
    .name = "auth.password_reset",
    .version = 1,
    .doc = "A password was set by a mailed link",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_PASSWORD_GUESSED_AT = {
    .name = "auth.password_guessed_at",
    .version = 1,
    .doc = "A hundred wrong passwords in a row ended the password",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_EMAIL_CHANGE_ASKED = {
    .name = "auth.email_change_asked",
    .version = 1,
    .doc = "Another address was asked for; nothing changed yet",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_EMAIL_CHANGE_STARTED = {
    .name = "auth.email_change_started",
    .version = 1,
    .doc = "Somebody wants an address for their account and has to prove it",
    .payload = &auth_email_change_started_shape,
};
const struct event_kind AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT = {
    .name = "auth.email_change_for_existing_account",
    .version = 1,
    .doc = "Somebody wants an address for their account that has one already",
    .payload = &auth_email_change_for_existing_shape,
};
const struct event_kind AUTH_EMAIL_CHANGED = {
    .name = "auth.email_changed",
    .version = 1,
    .doc = "An account has another address",
    .payload = &auth_email_changed_shape,
};
const struct event_kind AUTH_EMAIL_RESTORED = {
    .name = "auth.email_restored",
    .version = 1,
    .doc = "A change of address was taken back by the old address",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_SECOND_FACTOR_ADDED = {
    .name = "auth.second_factor_added",
    .version = 1,
    .doc = "A second factor was added to an account",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_SECOND_FACTOR_REMOVED = {
    .name = "auth.second_factor_removed",
    .version = 1,
    .doc = "The second factor of an account was removed",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_RECOVERY_CODE_USED = {
    .name = "auth.recovery_code_used",
    .version = 1,
    .doc = "Somebody signed in with a recovery code",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_RECOVERY_CODES_RENEWED = {
    .name = "auth.recovery_codes_renewed",
    .version = 1,
    .doc = "New recovery codes replaced the old ones",
    .payload = &auth_security_notice_shape,
};
const struct event_kind AUTH_KEY_CREATED = {
    .name = "auth.key_created",
    .version = 1,
    .doc = "An API key was made",
    .payload = &auth_key_event_shape,
};
const struct event_kind AUTH_KEY_REVOKED = {
    .name = "auth.key_revoked",
    .version = 1,
    .doc = "An API key was revoked",
    .payload = &auth_key_event_shape,
};
const struct event_kind AUTH_PERSON_SUSPENDED = {
    .name = "auth.person_suspended",
    .version = 1,
    .doc = "Staff suspended a person",
    .payload = &auth_person_event_shape,
};
const struct event_kind AUTH_PERSON_RESTORED = {
    .name = "auth.person_restored",
    .version = 1,
    .doc = "Staff let a suspended person in again",
    .payload = &auth_person_event_shape,
};
