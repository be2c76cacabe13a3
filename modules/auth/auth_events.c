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
    ID(auth_email_change_started, person_id, "person", .optional = true, .doc = "Who wants it"),
    TEXT(auth_email_change_started, email, .format = EMAIL, .secret = true, .doc = "To be proved"),
    TEXT(auth_email_change_started, token, .format = TOKEN, .secret = true, .doc = "For the link"),
};
static SHAPE(auth_email_change_started);

static const struct field auth_email_change_for_existing_fields[] = {
    ID(auth_email_change_for_existing, person_id, "person", .optional = true,
        .doc = "Who wants it"),
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

EVENT_KIND(AUTH_SIGNUP_STARTED, auth_signup_started, .name = "auth.signup_started", .version = 1,
    .doc = "Somebody signed up, or asked for the mail again");
EVENT_KIND(AUTH_SIGNUP_FOR_EXISTING_ACCOUNT, auth_signup_for_existing,
    .name = "auth.signup_for_existing_account", .version = 1,
    .doc = "Somebody signed up with an address that has an account");
EVENT_KIND(AUTH_EMAIL_VERIFIED, auth_email_verified, .name = "auth.email_verified", .version = 1,
    .doc = "An address was confirmed and its person made");
EVENT_KIND(AUTH_SIGNED_IN, auth_session_event, .name = "auth.signed_in", .version = 1,
    .doc = "Somebody opened a session");
EVENT_KIND(AUTH_SIGNED_OUT, auth_session_event, .name = "auth.signed_out", .version = 1,
    .doc = "Somebody ended a session");
EVENT_KIND(AUTH_RESET_REQUESTED, auth_reset_requested, .name = "auth.reset_requested", .version = 1,
    .doc = "Somebody asked to reset the password of an account");
EVENT_KIND(AUTH_PASSWORD_CHANGED, auth_security_notice, .name = "auth.password_changed",
    .version = 1, .doc = "A password was changed by its owner");
EVENT_KIND(AUTH_PASSWORD_RESET, auth_security_notice, .name = "auth.password_reset", .version = 1,
    .doc = "A password was set by a mailed link");
EVENT_KIND(AUTH_PASSWORD_GUESSED_AT, auth_security_notice, .name = "auth.password_guessed_at",
    .version = 1, .doc = "A hundred wrong passwords in a row ended the password");
EVENT_KIND(AUTH_EMAIL_CHANGE_ASKED, auth_security_notice, .name = "auth.email_change_asked",
    .version = 1, .doc = "Another address was asked for; nothing changed yet");
EVENT_KIND(AUTH_EMAIL_CHANGE_STARTED, auth_email_change_started,
    .name = "auth.email_change_started", .version = 1,
    .doc = "Somebody wants an address for their account and has to prove it");
EVENT_KIND(AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT, auth_email_change_for_existing,
    .name = "auth.email_change_for_existing_account", .version = 1,
    .doc = "Somebody wants an address for their account that has one already");
EVENT_KIND(AUTH_EMAIL_CHANGED, auth_email_changed, .name = "auth.email_changed", .version = 1,
    .doc = "An account has another address");
EVENT_KIND(AUTH_EMAIL_RESTORED, auth_security_notice, .name = "auth.email_restored", .version = 1,
    .doc = "A change of address was taken back by the old address");
EVENT_KIND(AUTH_SECOND_FACTOR_ADDED, auth_security_notice, .name = "auth.second_factor_added",
    .version = 1, .doc = "A second factor was added to an account");
EVENT_KIND(AUTH_SECOND_FACTOR_REMOVED, auth_security_notice, .name = "auth.second_factor_removed",
    .version = 1, .doc = "The second factor of an account was removed");
EVENT_KIND(AUTH_SECOND_FACTOR_REMOVED_BY_STAFF, auth_security_notice,
    .name = "auth.second_factor_removed_by_staff", .version = 1,
    .doc = "Staff removed the second factor of an account whose owner lost it");
EVENT_KIND(AUTH_RECOVERY_CODE_USED, auth_security_notice, .name = "auth.recovery_code_used",
    .version = 1, .doc = "Somebody signed in with a recovery code");
EVENT_KIND(AUTH_RECOVERY_CODES_RENEWED, auth_security_notice, .name = "auth.recovery_codes_renewed",
    .version = 1, .doc = "New recovery codes replaced the old ones");
EVENT_KIND(AUTH_KEY_CREATED, auth_key_event, .name = "auth.key_created", .version = 1,
    .doc = "An API key was made");
EVENT_KIND(AUTH_KEY_ADOPTED, auth_key_event, .name = "auth.key_adopted", .version = 1,
    .doc = "An owner stands for an API key from here on");
EVENT_KIND(AUTH_KEY_REVOKED, auth_key_event, .name = "auth.key_revoked", .version = 1,
    .doc = "An API key was revoked");
EVENT_KIND(AUTH_PERSON_SUSPENDED, auth_person_event, .name = "auth.person_suspended", .version = 1,
    .doc = "Staff suspended a person");
EVENT_KIND(AUTH_PERSON_RESTORED, auth_person_event, .name = "auth.person_restored", .version = 1,
    .doc = "Staff let a suspended person in again");
