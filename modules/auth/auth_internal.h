/* Declarations shared by the files of auth only. */
#pragma once
#include "auth.h"
#include "users.h"

/* Limits that are documented guarantees, and so are not settings. */
enum {
    AUTH__PASSWORD_MIN = 10,          /* code points */
    AUTH__PASSWORD_MAX = 128,         /* code points */
    AUTH__CODE_TRIES = 5,             /* of one emailed code */
    AUTH__FREE_TRIES = 5,             /* of one account from one network, without delay */
    AUTH__FREE_TRIES_ACCOUNT = 20,    /* of one account from all networks, without delay */
    AUTH__MAILS_PER_HOUR = 5,         /* to one address */
    AUTH__EMAIL_CHANGES_PER_HOUR = 5, /* requested by one person */
    AUTH__GUESSES_MAX = 100,          /* consecutive wrong passwords before the password is
                                       * locked */
    AUTH__RECOVERY_CODES = 10,
    AUTH__TOTP_CODE_SIZE = 6,
    AUTH__SUDO_MINUTES = 15, /* the limit of the platform (ERR_SUDO_REQUIRED), reported to
                              * clients */
};

extern const struct setting ASHLAR_SESSION_IDLE_DAYS;
extern const struct setting ASHLAR_SESSION_MAX_DAYS;
const char *auth__check_settings(enum environment env);

/* --- Sign-up: auth_signup_service.c, auth_signup_store.c --- */

/* Data of the browser that sent the request. */
struct auth__browser {
    const char *token;      /* identifies the browser that signed up: a cookie, or
                             * "signup_secret"; NULL: none */
    const char *device;     /* cookie of a browser that signed in before; NULL: none */
    const char *user_agent; /* NULL: none */
};

/* A sign-up whose address is not confirmed. */
struct auth__signup {
    struct uuid id;
    const char *email, *name, *locale;
    const char *password_hash;
    bool same_browser; /* the request comes from the browser that signed up: its password and
                        * name are valid */
};
/* The secrets of a sign-up; stored only as hashes. */
struct auth__secrets {
    const char *token, *code, *browser;
};

struct auth__new_signup {
    const char *email, *password, *name, *locale;
};

/* The result of a sign-in step: the signed-in person. Status "set_password": only the address; a
 * password and a name are required. Status "second_factor_required": only the challenge; a factor
 * is required. */
struct auth__signed_in {
    const char *status;
    const char *email;
    const struct auth_session *session;
    const struct users_person *person;
    const char *token; /* of a session just created; the route chooses the transport */
    const char *challenge;
    struct instant challenge_expires_at;
};

/*
 * Store the sign-up. A job alone checks whether the address has an account and sends the email, so
 * the response and its duration do not depend on it. `*mark` is the secret that identifies this
 * browser: its own (`browser->token`) or a new one. TX_MANUAL. Errors: ERR_INVALID on "/password".
 */
CHECKED err auth__sign_up(struct ctx *c, const struct auth__new_signup *in,
    const struct auth__browser *browser, const char **mark);

/* Request the confirmation email again; does not reveal accounts, as auth__sign_up. Renews the
 * browser's own sign-up. If only other browsers have pending sign-ups, the emailed link leads to
 * setting a password. In a transaction. */
CHECKED err auth__ask_again(struct ctx *c, const char *email, const struct auth__browser *browser);

/* A confirmation: a token, or address and code; with values that replace those of the sign-up
 * (password NULL: none). */
struct auth__confirmation {
    const char *token, *email, *code;
    const char *password, *name, *locale;
};
/*
 * Create the person, signed in. A token or a code proves only the address. Password and name are
 * those of this confirmation, or those of the sign-up if the same browser sent it. Otherwise
 * nothing is changed and the status is "set_password". TX_MANUAL. Errors:
 * AUTH_CONFIRMATION_INVALID, ERR_INVALID.
 */
CHECKED err auth__confirm(struct ctx *c, const struct auth__confirmation *in,
    const struct auth__browser *browser, struct auth__signed_in *out);

/* Job payloads. */
struct auth__answer_signup {
    struct uuid signup_id;
    const char *token, *code;
};
JOB_OF(auth__answer_signup);
struct auth__answer_again {
    const char *email, *browser;
};
JOB_OF(auth__answer_again);
extern const JOB(auth__answer_signup) auth__answer_signup_job;
extern const JOB(auth__answer_again) auth__answer_again_job;
extern const JOB(nothing) auth__sweep_job;
extern const struct job_worker auth__workers[];
extern const struct table auth__tables[];

CHECKED err auth__insert_signup(
    struct ctx *c, const struct auth__signup *s, const struct auth__secrets *secrets);
CHECKED err auth__find_signup(struct ctx *c, struct uuid id, struct auth__signup *out, bool *found);
CHECKED err auth__find_signup_of_address(
    struct ctx *c, const char *email, const char *browser, struct auth__signup *out, bool *found);
CHECKED err auth__renew_signup(
    struct ctx *c, const struct auth__signup *s, const struct auth__secrets *secrets);
/* Blocks other confirmations of the same address until this transaction ends. */
CHECKED err auth__lock_signups(struct ctx *c, const struct auth__confirmation *in);
CHECKED err auth__lock_signups_of_address(struct ctx *c, const char *email);
CHECKED err auth__find_signup_by_token(
    struct ctx *c, const char *token, const char *browser, struct auth__signup *out, bool *found);
/* Count an attempt at the codes of the address's sign-ups. Those of this browser and those of other
 * browsers are counted separately. */
CHECKED err auth__count_code_try(struct ctx *c, const char *email, const char *browser);
CHECKED err auth__find_signup_by_code(struct ctx *c, const struct auth__confirmation *in,
    const char *browser, struct auth__signup *out, bool *found);
/* An ended sign-up can no longer be confirmed. Its password still gets "not verified" at sign-in
 * until it expires. Of an address: the sign-ups of `browser` (NULL: none), which has the account,
 * are deleted. */
CHECKED err auth__end_signup(struct ctx *c, struct uuid id);
CHECKED err auth__end_signups_of_address(struct ctx *c, const char *email, const char *browser);
CHECKED err auth__delete_signups_of_address(struct ctx *c, const char *email);
/* Ended sign-ups of the person's previous addresses whose change could still be undone. */
CHECKED err auth__delete_signups_of_former_addresses(struct ctx *c, struct uuid person);

/* --- Sign-in and sessions: auth_session_service.c, auth_session_store.c --- */

#define AUTH__SESSION_PREFIX "ses"

struct auth__sign_in {
    const char *email, *password;
};
/* TX_MANUAL. Errors: AUTH_WRONG_CREDENTIALS, AUTH_EMAIL_UNVERIFIED, AUTH_SUSPENDED and those of
 * auth__begin_authentication. */
CHECKED err auth__sign_in(struct ctx *c, const struct auth__sign_in *in,
    const struct auth__browser *browser, struct auth__signed_in *out);

/* Revoke the session of the request, if any: the next sign-in replaces it. To be called before
 * another person is entered. */
CHECKED err auth__end_carried_session(struct ctx *c);
/* Create a session of the person c has entered, with its record. `out->person` is filled. In a
 * transaction. */
CHECKED err auth__open_session(struct ctx *c, const struct auth__browser *browser,
    const char *factors, struct auth__signed_in *out);

/* The second step, with a code of the app or a recovery code. TX_MANUAL. Errors: AUTH_WRONG_CODE,
 * AUTH_CHALLENGE_INVALID and those of auth__begin_authentication. */
struct auth__second {
    const char *challenge, *code;
};
CHECKED err auth__sign_in_second(struct ctx *c, const struct auth__second *in,
    const struct auth__browser *browser, struct auth__signed_in *out);

/* The acting person's current session. */
CHECKED err auth__get_current(struct ctx *c, struct auth__signed_in *out);
CHECKED err auth__sign_out(struct ctx *c);
/* Audit row and event of a revoked session of the acting person. */
CHECKED err auth__publish_signed_out(struct ctx *c, struct uuid session);

/* --- Accounts and their sessions: auth_account_service.c --- */

CHECKED err auth__list_my_sessions(
    struct ctx *c, const struct page_in *page, struct auth_session_list *out);
/* Revoke one of the acting person's sessions, also the current one. Errors: ERR_NOT_FOUND. */
CHECKED err auth__revoke_session(struct ctx *c, struct uuid session);
CHECKED err auth__revoke_other_sessions(struct ctx *c);

CHECKED err auth__erase_person(struct ctx *c, struct uuid person);

/* The account of an address (person nil: none), and the password hash of this browser's own sign-up
 * for it (NULL: none). */
struct auth__known {
    struct uuid person_id;
    const char *password_hash;
    bool suspended, has_second_factor;
    const char *signup_hash;
};
CHECKED err auth__find_for_sign_in(
    struct ctx *c, const char *email, const char *browser, struct auth__known *out);
CHECKED err auth__insert_credential(
    struct ctx *c, struct uuid person, const char *email, const char *password_hash);
CHECKED err auth__is_address_taken(struct ctx *c, const char *email, bool *taken);
/* Errors: ERR_NOT_FOUND. */
CHECKED err auth__person_of_address(struct ctx *c, const char *email, struct uuid *out);
CHECKED err auth__set_password_hash(struct ctx *c, const char *password_hash);
/* Share-lock the account until commit. `*same`: it is not suspended and still has this password
 * hash (NULL: any). */
CHECKED err auth__hold_credential(
    struct ctx *c, struct uuid person, const char *password_hash, bool *same);
/* The same with an exclusive lock, for changes of the account and its dependent rows. */
CHECKED err auth__lock_credential(
    struct ctx *c, struct uuid person, const char *password_hash, bool *same);
/* As auth__lock_credential, for an account that may be suspended or deleted. */
CHECKED err auth__lock_account(struct ctx *c, struct uuid person);
/* The factors that authenticated the current session. `*found`: it is still valid. */
CHECKED err auth__find_own_factors(struct ctx *c, const char **factors, bool *found);
/* note_reauthentication records that the current session reauthenticated now, by a second factor
 * ("totp", "recovery_code") or without one (NULL). Its factors are recorded by note_factors. No
 * session of the person has a second factor after forget_factors. */
CHECKED err auth__note_reauthentication(struct ctx *c, const char *factor);
CHECKED err auth__note_factors(struct ctx *c, const char *factors);
CHECKED err auth__forget_factors(struct ctx *c, struct uuid person);
CHECKED err auth__email_of_person(struct ctx *c, struct uuid person, const char **out);
CHECKED err auth__delete_credential(struct ctx *c, struct uuid person);

struct auth__new_session {
    const char *token, *user_agent, *factors;
};
CHECKED err auth__insert_session(
    struct ctx *c, const struct auth__new_session *in, struct auth_session *out);
CHECKED err auth__get_session(struct ctx *c, struct auth_session *out);
/* Of the acting person; a missing session is no error. */
CHECKED err auth__delete_session(struct ctx *c, struct uuid session);
/* ERR_NOT_FOUND when there is none. */
CHECKED err auth__delete_session_of(struct ctx *c, struct uuid person, struct uuid session);
CHECKED err auth__list_sessions(
    struct ctx *c, struct uuid person, const struct page_in *page, struct auth_session_list *out);
/* Of the acting person, all except the current one. */
CHECKED err auth__delete_other_sessions(struct ctx *c, int64_t *n);
CHECKED err auth__delete_sessions_of_person(struct ctx *c, struct uuid person, int64_t *n);
CHECKED err auth__get_account(struct ctx *c, struct uuid person, struct auth_account *out);
CHECKED err auth__set_suspended(struct ctx *c, struct uuid person, bool suspended, bool *changed);

/* --- Authentication by password: auth_authentication_service.c --- */

/* An attempt at an account's secrets. */
struct auth__authentication {
    const char *email;
    const struct auth__browser *browser;
    const char *subject;      /* key of its counters */
    struct auth__known known; /* all zero for an unknown address */
};
/* Count the attempt as failed, commit that, and return whether it may be compared. TX_MANUAL.
 * Errors: AUTH_TOO_MANY_ATTEMPTS, AUTH_PASSWORD_LOCKED. */
CHECKED err auth__begin_authentication(struct ctx *c, struct auth__authentication *p);
CHECKED err auth__look_at_password(struct ctx *c, const struct auth__authentication *p,
    const char *hash, const char *password, bool *ok, bool *outdated);
/* Clear the failures after a success, in the transaction of the sign-in. */
CHECKED err auth__end_authentication(struct ctx *c, const struct auth__authentication *p);
/*
 * Lock the acting person's account as auth__lock_credential, and check that the current session was
 * not revoked while this transaction waited. `*same` as there; without a hash it is never false.
 * Errors: ERR_UNAUTHENTICATED.
 */
CHECKED err auth__lock_own(struct ctx *c, const char *password_hash, bool *same);
/* begin_authentication and look_at_password for the acting person. A wrong password is
 * AUTH_WRONG_PASSWORD on `field`. TX_MANUAL. */
CHECKED err auth__reauthenticate_by_password(
    struct ctx *c, struct auth__authentication *p, const char *field, const char *password);

/* --- auth_sudo_service.c --- */

/* Reauthenticate by the password, a code of the second factor, or both; one may be NULL. An account
 * with a second factor requires its code. TX_MANUAL. Errors: those above,
 * AUTH_SECOND_FACTOR_REQUIRED, AUTH_WRONG_CODE, AUTH_NO_FACTOR. */
CHECKED err auth__sudo(struct ctx *c, const char *password, const char *code,
    const struct auth__browser *browser, struct instant *until);

struct auth__report_guessed {
    const char *email;
};
JOB_OF(auth__report_guessed);
extern const JOB(auth__report_guessed) auth__report_guessed_job;

/* --- auth_security_event.c --- */

/* Audit row and security event; the address is read from the account. */
CHECKED err auth__publish_security_event(struct ctx *c, const EVENT(auth_security_event) * kind,
    const struct auth_security_event *event);

/* --- Passwords: auth_password_service.c, auth_reset_store.c --- */

/* Errors: ERR_INVALID on "/password". */
CHECKED err auth__check_new_password(struct ctx *c, const char *password, const char *email);

/* TX_MANUAL. Errors: AUTH_WRONG_PASSWORD and those of auth__begin_authentication. */
CHECKED err auth__change_password(
    struct ctx *c, const char *current, const char *password, const struct auth__browser *browser);
/* Does not reveal accounts, as auth__sign_up: a job alone checks whether there is one. */
CHECKED err auth__ask_reset(struct ctx *c, const char *email);
/* TX_MANUAL. Errors: AUTH_RESET_INVALID. */
CHECKED err auth__reset_password(
    struct ctx *c, const char *token, const char *password, const struct auth__browser *browser);

struct auth__answer_reset {
    const char *email;
};
JOB_OF(auth__answer_reset);
extern const JOB(auth__answer_reset) auth__answer_reset_job;

struct auth__reset {
    struct uuid id, person_id;
    const char *email;
};
/* The account of an address. */
struct auth__holder {
    struct uuid person_id;
    bool suspended;
};
CHECKED err auth__find_person_by_email(
    struct ctx *c, const char *email, struct auth__holder *out, bool *found);
/* Replaces an older one. */
CHECKED err auth__insert_reset(struct ctx *c, struct uuid person, const char *token);
CHECKED err auth__find_reset(
    struct ctx *c, const char *token, struct auth__reset *out, bool *found);
CHECKED err auth__take_reset(struct ctx *c, struct uuid reset, bool *taken);
CHECKED err auth__delete_resets(struct ctx *c);
CHECKED err auth__erase_resets(struct ctx *c, struct uuid person);

/* --- Email address changes: auth_email_service.c, auth_email_store.c --- */

struct auth__email_change {
    struct uuid id, person_id;
    const char *old_email, *new_email;
    struct instant asked_at;
};
/* Does not reveal accounts, as auth__sign_up: a job alone checks whether the new address has one.
 * Errors: AUTH_TOO_MANY_ATTEMPTS, ERR_INVALID when it is the person's own. */
CHECKED err auth__ask_email_change(struct ctx *c, const char *email);
/* Requires the token emailed to the new address, and a session of the account that requested it.
 * Errors: AUTH_EMAIL_CHANGE_INVALID, also for another account's. */
CHECKED err auth__confirm_email_change(struct ctx *c, const char *token);
/* Requires the token emailed to the old address. Restores it and revokes all sessions; another
 * email leads to a new password. TX_MANUAL. Errors: AUTH_EMAIL_CHANGE_INVALID. */
CHECKED err auth__undo_email_change(struct ctx *c, const char *token);

struct auth__answer_email_change {
    struct uuid change_id;
    const char *token;
};
JOB_OF(auth__answer_email_change);
extern const JOB(auth__answer_email_change) auth__answer_email_change_job;

/* Of the acting person; replaces a pending one. */
CHECKED err auth__insert_email_change(
    struct ctx *c, struct uuid id, const char *email, const char *token);
CHECKED err auth__get_email_change(
    struct ctx *c, struct uuid id, struct auth__email_change *out, bool *found);
/* Pending changes of the acting person. */
CHECKED err auth__find_email_change(
    struct ctx *c, const char *token, struct auth__email_change *out, bool *found);
/* Of any person. */
CHECKED err auth__find_email_undo(
    struct ctx *c, const char *undo, struct auth__email_change *out, bool *found);
/* `undo` is the token that undoes the change. */
CHECKED err auth__take_email_change(
    struct ctx *c, struct uuid change, const char *undo, bool *taken);
CHECKED err auth__take_email_undo(struct ctx *c, struct uuid change, bool *taken);
/* The acting person's pending change; or all of them, with those that could be undone. */
CHECKED err auth__delete_waiting_email_change(struct ctx *c);
CHECKED err auth__delete_email_changes(struct ctx *c);
CHECKED err auth__erase_email_changes(struct ctx *c, struct uuid person);
/* Of the acting person. `*changed`: it had the old address, and the person is not suspended. */
CHECKED err auth__set_email(
    struct ctx *c, const char *old_email, const char *new_email, bool *changed);
CHECKED err auth__restore_email(struct ctx *c, const char *email, const char *password_hash);

/* --- The second factor: auth_factor_service.c, auth_factor_store.c, auth_totp.c --- */

struct auth__enrolment {
    const char *secret, *uri; /* base32; otpauth://… */
};
struct auth__recovery_codes {
    const char *const *codes;
    size_t n_codes;
};
struct auth__factors {
    bool totp;
    struct instant totp_since;
    int64_t recovery_codes_left;
};
/* Errors: AUTH_FACTOR_EXISTS, AUTH_NO_FACTOR, AUTH_WRONG_CODE. */
CHECKED err auth__start_totp(struct ctx *c, struct auth__enrolment *out);
CHECKED err auth__confirm_totp(struct ctx *c, const char *code, struct auth__recovery_codes *out);
CHECKED err auth__remove_totp(struct ctx *c);
CHECKED err auth__renew_recovery_codes(struct ctx *c, struct auth__recovery_codes *out);
CHECKED err auth__get_factors(struct ctx *c, struct auth__factors *out);
/* Whether the account has a confirmed second factor. */
CHECKED err auth__has_second_factor(struct ctx *c, bool *has);
/* Use up a code; `*factor` is "totp" or "recovery_code". */
CHECKED err auth__take_totp(struct ctx *c, const char *code);
CHECKED err auth__take_second_factor(struct ctx *c, const char *code, const char **factor);
/* Delete a person's second factors, the sign-ins that wait for one, and the factors recorded in
 * sessions. Under the account's lock. */
CHECKED err auth__drop_second_factor(struct ctx *c, struct uuid person, bool *removed);

struct auth__totp {
    const char *secret; /* sealed, base64url */
    struct instant confirmed_at;
};
struct auth__challenge {
    struct uuid id, person_id;
    const char *email;
};
/* Of the acting person. */
CHECKED err auth__insert_totp(struct ctx *c, struct bytes sealed, bool *started);
CHECKED err auth__find_totp(struct ctx *c, struct auth__totp *out, bool *found);
CHECKED err auth__lock_totp(struct ctx *c, struct auth__totp *out, bool *found);
CHECKED err auth__take_totp_step(struct ctx *c, int64_t step, bool *taken);
CHECKED err auth__set_totp_confirmed(struct ctx *c, int64_t step);
CHECKED err auth__delete_totp(struct ctx *c, struct uuid person, bool *removed);
/* A factor created since then. */
CHECKED err auth__delete_totp_since(struct ctx *c, struct instant since, bool *removed);
CHECKED err auth__insert_recovery_code(struct ctx *c, const char *code);
CHECKED err auth__delete_recovery_code(struct ctx *c, const char *code, bool *taken);
CHECKED err auth__delete_recovery_codes(struct ctx *c, struct uuid person);
CHECKED err auth__count_recovery_codes(struct ctx *c, int64_t *n);
CHECKED err auth__insert_challenge(struct ctx *c, const char *token, struct instant *expires_at);
CHECKED err auth__delete_challenges(struct ctx *c, struct uuid person);
/* By token, from any client. The attempt is counted; above the limit nothing is found. */
CHECKED err auth__try_challenge(
    struct ctx *c, const char *token, struct auth__challenge *out, bool *found);
CHECKED err auth__take_challenge(struct ctx *c, struct uuid challenge, bool *taken);
CHECKED err auth__erase_factors(struct ctx *c, struct uuid person);

/* The code of a time step. False when the library fails. */
CHECKED bool auth__totp_code(struct bytes secret, int64_t step, char out[AUTH__TOTP_CODE_SIZE + 1]);
/* Whether it is the code of the current, previous or next step, and which. */
CHECKED bool auth__totp_step(
    struct bytes secret, const char *code, struct instant now, int64_t *step);
char *auth__base32(struct arena *a, const uint8_t *data, size_t size);
const char *auth__otpauth_uri(
    struct arena *a, const char *issuer, const char *email, const char *secret);

/* --- Device marks: auth_device.c --- */

/* The mark stored by such a browser; invalid for any other address. */
const char *auth__device_mark(struct ctx *c, const char *email);
bool auth__is_known_device(struct ctx *c, const char *email, const struct auth__browser *browser);

/*
 * The key of the counter of attempts at this address: the address alone, with the session signed in
 * to it, or with the device mark. The second function uses device marks only. So attempts from
 * elsewhere do not lock out the owner.
 */
const char *auth__tries_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser);
const char *auth__device_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser);

/* --- Throttles: auth_throttle_store.c --- */

/* Remaining delay for this subject, alone and from c's network, in seconds; 0: none. No other
 * attempt of the subject is counted until the transaction ends. */
CHECKED err auth__lock_throttles(struct ctx *c, const char *subject, int64_t *wait_s);
/* Count an attempt as failed, before anything is compared. */
CHECKED err auth__count_failure(struct ctx *c, const char *subject, int64_t *in_a_row);
/* The password was not compared: the attempt does not count. */
CHECKED err auth__take_back_failure(struct ctx *c, const char *subject);
/* After a correct password: clear the earlier failures. */
CHECKED err auth__clear_throttles(struct ctx *c, const char *subject);
/* Count one more email to this address. False above the limit. */
CHECKED err auth__may_mail(struct ctx *c, const char *email, bool *may);

/* Count one more change of address requested by the acting person. False above the limit. */
CHECKED err auth__may_change_email(struct ctx *c, bool *may);

/* Delete at most `most` expired rows (table.h). */
CHECKED err auth__sweep_signups(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err auth__sweep_sessions(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err auth__sweep_throttles(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err auth__sweep_challenges(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err auth__sweep_resets(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err auth__sweep_email_changes(struct ctx *c, int64_t most, int64_t *gone);

/* --- API keys: auth_key.c (their form), auth_key_service.c, auth_key_store.c --- */

struct auth_api_key {
    struct uuid id;
    const char *name, *hint;
    const char *const *scopes;
    size_t n_scopes;
    const char *const *effective_scopes; /* the scopes that its authority holds now */
    size_t n_effective_scopes;
    const char *state;      /* "active", "orphaned", "expired" */
    struct uuid created_by; /* the person whose authority it has: its creator, or the last
                             * adopter */
    struct instant created_at, expires_at, last_used_at;
};
extern const struct shape auth_api_key_shape;
LIST_OF(auth_api_key);
extern const struct shape auth_api_key_list_shape;

struct auth__new_key_in {
    const char *name;
    const char *const *scopes;
    size_t n_scopes;
    struct instant expires_at;
};
/* Create a key. `*token` is the key itself, returned only here. Errors: AUTH_SCOPE_NOT_ALLOWED,
 * AUTH_TOO_MANY_KEYS, ERR_INVALID. */
CHECKED err auth__create_key(
    struct ctx *c, const struct auth__new_key_in *in, struct auth_api_key *out, const char **token);
CHECKED err auth__revoke_key(struct ctx *c, struct uuid id);
/* The actor becomes responsible for the key. Errors: ERR_NOT_FOUND, AUTH_SCOPE_NOT_ALLOWED. */
CHECKED err auth__adopt_key(struct ctx *c, struct uuid id, struct auth_api_key *out);
CHECKED err auth__list_keys(
    struct ctx *c, const struct page_in *page, struct auth_api_key_list *out);
/* Warn owners that keys with this person's authority stop working, in all organisations. _my: of
 * the actor, before erasure. _of: as the system. */
CHECKED err auth__warn_of_my_keys(struct ctx *c);
CHECKED err auth__warn_of_keys_of(struct ctx *c, struct uuid person);
CHECKED err auth__purge_org(struct ctx *c);

struct auth__key_row {
    const char *name, *token, *hint, *scopes; /* "users.invite|users.read" */
    struct instant expires_at;
};
CHECKED err auth__insert_key(
    struct ctx *c, const struct auth__key_row *in, struct auth_api_key *out);
/* Authority is not checked: all keys that have not expired are "active". */
CHECKED err auth__read_keys(
    struct ctx *c, const struct page_in *page, struct auth_api_key_list *out);
CHECKED err auth__count_keys(struct ctx *c, int64_t *n);
CHECKED err auth__lock_key(struct ctx *c, struct uuid id, struct auth_api_key *out);
CHECKED err auth__adopt_key_row(struct ctx *c, struct uuid id);
CHECKED err auth__delete_key(struct ctx *c, struct uuid id);
struct auth__org_ref {
    struct uuid id;
};
/* At most 1,000. */
CHECKED err auth__list_orgs_with_my_keys(
    struct ctx *c, const struct auth__org_ref **out, size_t *n);
CHECKED err auth__list_orgs_with_keys_of(
    struct ctx *c, struct uuid person, const struct auth__org_ref **out, size_t *n);
CHECKED err auth__delete_keys_of_org(struct ctx *c);

#define AUTH__KEY_PURPOSE "auth.api_key"

/* A new key for this environment: "ash_live_" in production, "ash_test_" elsewhere, 43 characters
 * of secret, 6 of checksum. */
char *auth__new_key(struct arena *a);
/* Whether it has this environment's prefix and a correct checksum; existence is not checked. */
bool auth__is_key(const char *token);

/* --- Tables, for auth_module.c --- */

CHECKED err auth__make_demo(struct ctx *c, struct demo *out);
extern const struct support_view auth__org_support_view, auth__person_support_view;
extern const struct route auth__routes[], auth__session_routes[], auth__password_routes[],
    auth__email_routes[], auth__factor_routes[], auth__key_routes[];

/* The browser of the request. `signup_secret` of the body replaces the cookie; NULL: none. */
struct auth__browser auth__browser_of(const struct ctx *c, const char *signup_secret);
/* Cookies of a session just created. */
void auth__give_session_cookies(struct ctx *c, const struct auth__signed_in *s);
void auth__take_session_cookie(struct ctx *c);

/* The response of an operation that continues by email. */
struct auth_request_accepted {
    const char *status;
    const char *signup_secret;
};
extern const struct shape auth_request_accepted_shape;
extern const struct constraint auth__constraints[];
extern const struct authenticator auth__authenticators[];
extern const struct keyring auth__keyring;
