/* Event kinds of auth. */
#include "auth_internal.h"

/* Addresses are secret too: an address typed into a sign-up must not outlive its email, and erasure
 * leaves no personal data in published events. */
static const struct field auth_signup_started_fields[] = {
    TEXT(auth_signup_started, email, .format = EMAIL, .secret = true,
        .doc = "Email address to confirm"),
    TEXT(auth_signup_started, token, .format = TOKEN, .secret = true,
        .doc = "Token for the emailed link"),
    TEXT(auth_signup_started, code, .format = TOKEN, .secret = true,
        .doc = "Code to type instead of following the link"),
};
static SHAPE(auth_signup_started);

static const struct field auth_signup_for_existing_fields[] = {
    TEXT(auth_signup_for_existing, email, .format = EMAIL, .secret = true,
        .doc = "Email address that already has an account"),
};
static SHAPE(auth_signup_for_existing);

static const struct field auth_email_verified_fields[] = {
    ID(auth_email_verified, person_id, "person", .doc = "Person who was created"),
    TEXT(auth_email_verified, email, .format = EMAIL, .secret = true,
        .doc = "Confirmed email address"),
};
static SHAPE(auth_email_verified);

static const struct field auth_session_event_fields[] = {
    ID(auth_session_event, person_id, "person", .doc = "Person of the session"),
    ID(auth_session_event, session_id, "session", .doc = "Id of the session"),
    BOOL(auth_session_event, known_device, .optional = true,
        .doc = "Whether the browser had signed in to this account before"),
};
static SHAPE(auth_session_event);

static const struct field auth_reset_requested_fields[] = {
    ID(auth_reset_requested, person_id, "person", .doc = "Person whose password is to be reset"),
    TEXT(auth_reset_requested, email, .format = EMAIL, .secret = true,
        .doc = "Email address that the link is sent to"),
    TEXT(auth_reset_requested, token, .format = TOKEN, .secret = true,
        .doc = "Token for the emailed link"),
};
static SHAPE(auth_reset_requested);

static const struct field auth_email_change_started_fields[] = {
    ID(auth_email_change_started, person_id, "person", .optional = true,
        .doc = "Person who requested the change"),
    TEXT(auth_email_change_started, email, .format = EMAIL, .secret = true,
        .doc = "Email address to confirm"),
    TEXT(auth_email_change_started, token, .format = TOKEN, .secret = true,
        .doc = "Token for the emailed link"),
};
static SHAPE(auth_email_change_started);

static const struct field auth_email_change_for_existing_fields[] = {
    ID(auth_email_change_for_existing, person_id, "person", .optional = true,
        .doc = "Person who requested the change"),
    TEXT(auth_email_change_for_existing, email, .format = EMAIL, .secret = true,
        .doc = "Email address that already has an account"),
};
static SHAPE(auth_email_change_for_existing);

static const struct field auth_email_changed_fields[] = {
    ID(auth_email_changed, person_id, "person", .doc = "Person whose account was changed"),
    TEXT(auth_email_changed, email, .format = EMAIL, .secret = true,
        .doc = "New email address of the account"),
    TEXT(auth_email_changed, old_email, .format = EMAIL, .secret = true,
        .doc = "Previous email address of the account"),
    TEXT(auth_email_changed, token, .format = TOKEN, .secret = true,
        .doc = "Token for the emailed link that undoes the change"),
    TEXT(auth_email_changed, network, .optional = true,
        .doc = "Network of the client that confirmed the change"),
};
static SHAPE(auth_email_changed);

static const struct field auth_security_event_fields[] = {
    ID(auth_security_event, person_id, "person", .doc = "Person of the account"),
    TEXT(auth_security_event, email, .format = EMAIL, .secret = true,
        .doc = "Email address to notify"),
    TEXT(auth_security_event, network, .optional = true,
        .doc = "Network of the client that caused the event"),
    INT(auth_security_event, codes_left, .doc = "Number of unused recovery codes, if one was used"),
};
static SHAPE(auth_security_event);

static const struct field auth_key_event_fields[] = {
    ID(auth_key_event, key_id, "key", .doc = "Id of the API key"),
    TEXT(auth_key_event, name, .doc = "Name of the API key"),
    ID(auth_key_event, by, "person", .doc = "Person who caused the change"),
};
static SHAPE(auth_key_event);

static const struct field auth_person_event_fields[] = {
    ID(auth_person_event, person_id, "person", .doc = "Id of the person"),
};
static SHAPE(auth_person_event);

EVENT_KIND(AUTH_SIGNUP_STARTED, auth_signup_started, .name = "auth.signup_started", .version = 1,
    .doc = "A person signed up or requested the confirmation email again");
EVENT_KIND(AUTH_SIGNUP_FOR_EXISTING_ACCOUNT, auth_signup_for_existing,
    .name = "auth.signup_for_existing_account", .version = 1,
    .doc = "A sign-up used an email address that already has an account");
EVENT_KIND(AUTH_EMAIL_VERIFIED, auth_email_verified, .name = "auth.email_verified", .version = 1,
    .doc = "An email address was confirmed and its person created");
EVENT_KIND(AUTH_SIGNED_IN, auth_session_event, .name = "auth.signed_in", .version = 1,
    .doc = "A session was created");
EVENT_KIND(AUTH_SIGNED_OUT, auth_session_event, .name = "auth.signed_out", .version = 1,
    .doc = "A person revoked a session");
EVENT_KIND(AUTH_RESET_REQUESTED, auth_reset_requested, .name = "auth.reset_requested", .version = 1,
    .doc = "A password reset was requested for an account");
EVENT_KIND(AUTH_PASSWORD_CHANGED, auth_security_event, .name = "auth.password_changed",
    .version = 1, .doc = "A person changed the password of the account");
EVENT_KIND(AUTH_PASSWORD_RESET, auth_security_event, .name = "auth.password_reset", .version = 1,
    .doc = "A password was reset by an emailed link");
EVENT_KIND(AUTH_PASSWORD_GUESSED_AT, auth_security_event, .name = "auth.password_guessed_at",
    .version = 1, .doc = "A password was locked after a hundred consecutive failed attempts");
EVENT_KIND(AUTH_EMAIL_CHANGE_ASKED, auth_security_event, .name = "auth.email_change_asked",
    .version = 1, .doc = "An email address change was requested and is not confirmed yet");
EVENT_KIND(AUTH_EMAIL_CHANGE_STARTED, auth_email_change_started,
    .name = "auth.email_change_started", .version = 1,
    .doc = "A new email address of an account needs confirmation");
EVENT_KIND(AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT, auth_email_change_for_existing,
    .name = "auth.email_change_for_existing_account", .version = 1,
    .doc = "An email address change used an email address that already has an account");
EVENT_KIND(AUTH_EMAIL_CHANGED, auth_email_changed, .name = "auth.email_changed", .version = 1,
    .doc = "The email address of an account was changed");
EVENT_KIND(AUTH_EMAIL_RESTORED, auth_security_event, .name = "auth.email_restored", .version = 1,
    .doc = "An email address change was undone from the old email address");
EVENT_KIND(AUTH_SECOND_FACTOR_ADDED, auth_security_event, .name = "auth.second_factor_added",
    .version = 1, .doc = "A second factor was added to an account");
EVENT_KIND(AUTH_SECOND_FACTOR_REMOVED, auth_security_event, .name = "auth.second_factor_removed",
    .version = 1, .doc = "The second factor of an account was removed");
EVENT_KIND(AUTH_SECOND_FACTOR_REMOVED_BY_STAFF, auth_security_event,
    .name = "auth.second_factor_removed_by_staff", .version = 1,
    .doc = "Staff removed the second factor of a person who lost it");
EVENT_KIND(AUTH_RECOVERY_CODE_USED, auth_security_event, .name = "auth.recovery_code_used",
    .version = 1, .doc = "A person signed in with a recovery code");
EVENT_KIND(AUTH_RECOVERY_CODES_RENEWED, auth_security_event, .name = "auth.recovery_codes_renewed",
    .version = 1, .doc = "The recovery codes of an account were regenerated");
EVENT_KIND(AUTH_KEY_CREATED, auth_key_event, .name = "auth.key_created", .version = 1,
    .doc = "An API key was created");
EVENT_KIND(AUTH_KEY_ADOPTED, auth_key_event, .name = "auth.key_adopted", .version = 1,
    .doc = "An owner adopted an API key");
EVENT_KIND(AUTH_KEY_REVOKED, auth_key_event, .name = "auth.key_revoked", .version = 1,
    .doc = "An API key was revoked");
EVENT_KIND(AUTH_PERSON_SUSPENDED, auth_person_event, .name = "auth.person_suspended", .version = 1,
    .doc = "Staff suspended a person");
EVENT_KIND(AUTH_PERSON_RESTORED, auth_person_event, .name = "auth.person_restored", .version = 1,
    .doc = "Staff lifted the suspension of a person");
