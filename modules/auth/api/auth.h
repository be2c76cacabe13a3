/*
 * auth — authentication: sign-up, verified email addresses, sign-in and sessions. Names and
 * organisations are in users, below this module. auth sends no email: it publishes events.
 *
 * The only header of this module that others may include. Sign-up, sign-in and the like are used
 * over HTTP. Other modules read an address now and then, and subscribe to the events.
 */
#pragma once
#include <ashlar/ashlar.h>

/* The verified address of the person, lower-cased, in c's arena. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err auth_email_of(struct ctx *c, struct uuid person, const char **out);

/* A session as shown to its person. */
struct auth_session {
    struct uuid id;
    bool current; /* the session of the request */
    const char *factors;
    const char *network, *user_agent; /* may be NULL */
    struct instant signed_in_at, last_used_at, expires_at;
};
PUBLIC extern const struct shape auth_session_shape;
LIST_OF(auth_session);
PUBLIC extern const struct shape auth_session_list_shape;

/* --- For staff (admin): for any person, so in a unit of work as ashlar_system --- */

/* A person's account. */
struct auth_account {
    struct uuid person_id;
    const char *email;
    struct instant verified_at;
    struct instant suspended_at; /* none: not suspended */
    bool has_second_factor;
    int64_t sessions;
};
PUBLIC extern const struct shape auth_account_shape;
/* Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err auth_get_account(struct ctx *c, struct uuid person, struct auth_account *out);

/*
 * Suspend a person. From the next request on, on every process, the person's sessions are revoked
 * (401) and signing in fails with AUTH_SUSPENDED. Keys with the person's authority fail with
 * AUTH_KEY_ORPHANED. The caller stores the reason. A second call does nothing. Errors:
 * ERR_NOT_FOUND.
 */
PUBLIC CHECKED err auth_suspend_person(struct ctx *c, struct uuid person);
PUBLIC CHECKED err auth_restore_person(struct ctx *c, struct uuid person);

PUBLIC CHECKED err auth_list_sessions_of(
    struct ctx *c, struct uuid person, const struct page_in *page, struct auth_session_list *out);
/* `*n`: number of revoked sessions. */
PUBLIC CHECKED err auth_revoke_sessions_of(struct ctx *c, struct uuid person, int64_t *n);
/* Revoke one session. Errors: ERR_NOT_FOUND, also when it is another person's. */
PUBLIC CHECKED err auth_revoke_session_of(struct ctx *c, struct uuid person, struct uuid session);

/* Revoke a key of c->org. It is unknown from the next request on. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err auth_revoke_key(struct ctx *c, struct uuid key);

/*
 * Remove a person's second factor, so that the password alone signs in. Deletes the app, the
 * recovery codes and the sign-ins that wait for a code. Sessions stay valid without the factor. The
 * person is notified by email (AUTH_SECOND_FACTOR_REMOVED_BY_STAFF). The caller stores the reason.
 * `*removed` is false where there was none. Works for suspended persons too. Errors: ERR_NOT_FOUND.
 */
PUBLIC CHECKED err auth_remove_second_factor(struct ctx *c, struct uuid person, bool *removed);

/* --- Limits of invitation emails --- */

/* Invitation emails per day to one address, and from one organisation. Every sender counts, and
 * withdrawn invitations too. */
enum { AUTH_INVITATIONS_TO_ADDRESS = 5, AUTH_INVITATIONS_OF_ORG = 200 };
/* Count one more from c->org to the address. False, and logged, above a limit. */
PUBLIC CHECKED err auth_may_invite_by_mail(struct ctx *c, const char *email, bool *may);

/* --- Demo data, for other modules' seeds --- */

struct auth_demo {
    const char *email, *name, *password;
    const char *org; /* name of the organisation to own; NULL: none */
};
/* Create a person with a verified address and a password, unless it exists. TX_MANUAL. ERR_INTERNAL
 * outside development and test. */
PUBLIC CHECKED err auth_make_demo(struct ctx *c, const struct auth_demo *demo);

/* --- Failures --- */

PUBLIC extern const struct error_kind AUTH_WRONG_CREDENTIALS;
PUBLIC extern const struct error_kind AUTH_EMAIL_UNVERIFIED;
PUBLIC extern const struct error_kind AUTH_TOO_MANY_ATTEMPTS;
PUBLIC extern const struct error_kind AUTH_CONFIRMATION_INVALID;
PUBLIC extern const struct error_kind AUTH_SUSPENDED;
PUBLIC extern const struct error_kind AUTH_PASSWORD_LOCKED;
PUBLIC extern const struct error_kind AUTH_RESET_INVALID;
PUBLIC extern const struct error_kind AUTH_EMAIL_CHANGE_INVALID;
PUBLIC extern const struct error_kind AUTH_WRONG_PASSWORD;
PUBLIC extern const struct error_kind AUTH_WRONG_CODE;
PUBLIC extern const struct error_kind AUTH_SECOND_FACTOR_REQUIRED;
PUBLIC extern const struct error_kind AUTH_CHALLENGE_INVALID;
PUBLIC extern const struct error_kind AUTH_FACTOR_EXISTS;
PUBLIC extern const struct error_kind AUTH_NO_FACTOR;
PUBLIC extern const struct error_kind AUTH_SCOPE_NOT_ALLOWED;
PUBLIC extern const struct error_kind AUTH_TOO_MANY_KEYS;
PUBLIC extern const struct error_kind AUTH_KEY_ORPHANED;

/* --- Warnings to owners (users_warn_owners): about is the name of the key --- */

#define AUTH_WARNING_KEY_CREATED "auth.key_created"
#define AUTH_WARNING_KEY_ADOPTED "auth.key_adopted"

/* --- Events --- */

/* A person signed up, or requested the email again. The aggregate is the sign-up. */
struct auth_signup_started {
    const char *email; /* secret: unverified input, wiped after delivery */
    const char *token; /* secret: confirms the address within 24 hours, once */
    const char *code;  /* secret: the same for typing, valid for 10 minutes */
};
EVENT_OF(auth_signup_started);

/* A sign-up used an address that already has an account. The aggregate is the sign-up. */
struct auth_signup_for_existing {
    const char *email;
};
EVENT_OF(auth_signup_for_existing);

/* An address was confirmed and its person created. The aggregate is the person. */
struct auth_email_verified {
    struct uuid person_id;
    const char *email;
};
EVENT_OF(auth_email_verified);

/* AUTH_SIGNED_IN and AUTH_SIGNED_OUT. The aggregate is the person. */
struct auth_session_event {
    struct uuid person_id;
    struct uuid session_id;
    bool known_device; /* AUTH_SIGNED_IN only: the browser signed in to this account before */
};
EVENT_OF(auth_session_event);

/* A reset was requested for an address that has an account. The aggregate is the person. */
struct auth_reset_requested {
    struct uuid person_id;
    const char *email;
    const char *token; /* secret: sets a new password within 30 minutes, once */
};
EVENT_OF(auth_reset_requested);

/* A signed-in person requested this address for the account. The aggregate is the change. */
struct auth_email_change_started {
    struct uuid person_id; /* the person who requested it; nil: published by an older binary */
    const char *email;     /* secret: unverified input, wiped after delivery */
    const char *token;     /* secret: sets it as the account's address within an hour, once */
};
EVENT_OF(auth_email_change_started);

/* As above, for an address that already has an account. The aggregate is the change. */
struct auth_email_change_for_existing {
    struct uuid person_id; /* the person who requested it; nil: published by an older binary */
    const char *email;
};
EVENT_OF(auth_email_change_for_existing);

/* An account's address was changed. The aggregate is the person. */
struct auth_email_changed {
    struct uuid person_id;
    const char *email, *old_email;
    const char *token;   /* secret, for the old address: undoes the change within seven days */
    const char *network; /* network of the confirmation; NULL: unknown */
};
EVENT_OF(auth_email_changed);

/*
 * Security changes that the owner of an account is notified of by email. The aggregate is the
 * person:
 *   AUTH_PASSWORD_CHANGED        by its owner; other sessions are revoked
 *   AUTH_PASSWORD_RESET          by an emailed link; all sessions are revoked
 *   AUTH_PASSWORD_GUESSED_AT     100 wrong ones in a row: locked until it is reset
 *   AUTH_EMAIL_CHANGE_ASKED      nothing changed yet; a new password cancels it
 *   AUTH_EMAIL_RESTORED          undone by an emailed link; sessions and password are revoked
 *   AUTH_SECOND_FACTOR_ADDED     other sessions are revoked
 *   AUTH_SECOND_FACTOR_REMOVED
 *   AUTH_SECOND_FACTOR_REMOVED_BY_STAFF  for a person who lost it
 *   AUTH_RECOVERY_CODE_USED      `codes_left` is the number of unused codes
 *   AUTH_RECOVERY_CODES_RENEWED  the old ones are invalid
 */
struct auth_security_event {
    struct uuid person_id;
    const char *email;
    const char *network; /* network of the request; NULL: unknown */
    int64_t codes_left;  /* AUTH_RECOVERY_CODE_USED only */
};
EVENT_OF(auth_security_event);

/* AUTH_KEY_CREATED, AUTH_KEY_ADOPTED and AUTH_KEY_REVOKED, in the key's organisation. The aggregate
 * is the key. */
struct auth_key_event {
    struct uuid key_id;
    const char *name;
    struct uuid by; /* the person who changed it */
};
EVENT_OF(auth_key_event);

/* AUTH_PERSON_SUSPENDED and AUTH_PERSON_RESTORED. The aggregate is the person. */
struct auth_person_event {
    struct uuid person_id;
};
EVENT_OF(auth_person_event);

PUBLIC extern const EVENT(auth_reset_requested) AUTH_RESET_REQUESTED;
PUBLIC extern const EVENT(auth_security_event) AUTH_PASSWORD_CHANGED, AUTH_PASSWORD_RESET,
    AUTH_PASSWORD_GUESSED_AT, AUTH_SECOND_FACTOR_ADDED, AUTH_SECOND_FACTOR_REMOVED,
    AUTH_SECOND_FACTOR_REMOVED_BY_STAFF, AUTH_RECOVERY_CODE_USED, AUTH_RECOVERY_CODES_RENEWED;
PUBLIC extern const EVENT(auth_key_event) AUTH_KEY_CREATED, AUTH_KEY_ADOPTED, AUTH_KEY_REVOKED;
PUBLIC extern const EVENT(auth_person_event) AUTH_PERSON_SUSPENDED, AUTH_PERSON_RESTORED;
PUBLIC extern const EVENT(auth_security_event) AUTH_EMAIL_CHANGE_ASKED, AUTH_EMAIL_RESTORED;
PUBLIC extern const EVENT(auth_email_change_started) AUTH_EMAIL_CHANGE_STARTED;
PUBLIC extern const EVENT(auth_email_change_for_existing) AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT;
PUBLIC extern const EVENT(auth_email_changed) AUTH_EMAIL_CHANGED;
PUBLIC extern const EVENT(auth_signup_started) AUTH_SIGNUP_STARTED;
PUBLIC extern const EVENT(auth_signup_for_existing) AUTH_SIGNUP_FOR_EXISTING_ACCOUNT;
PUBLIC extern const EVENT(auth_email_verified) AUTH_EMAIL_VERIFIED;
PUBLIC extern const EVENT(auth_session_event) AUTH_SIGNED_IN, AUTH_SIGNED_OUT;
