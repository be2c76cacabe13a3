/* What the files of auth share with each other and with nobody else. */
#pragma once
#include "auth.h"
#include "users.h"

/* Limits that are promises to people and not settings. */
enum {
    AUTH__PASSWORD_MIN = 10,       /* code points */
    AUTH__PASSWORD_MAX = 128,      /* code points */
    AUTH__CODE_TRIES = 5,          /* of one mailed code */
    AUTH__FREE_TRIES = 5,          /* of one account from one network before the waiting begins */
    AUTH__FREE_TRIES_ACCOUNT = 20, /* of one account from anywhere */
    AUTH__MAILS_PER_HOUR = 5,      /* to one address */
    AUTH__EMAIL_CHANGES_PER_HOUR = 5, /* asked for by one person */
    AUTH__GUESSES_MAX = 100,          /* wrong ones in a row, then the password is worth nothing */
    AUTH__RECOVERY_CODES = 10,
    AUTH__TOTP_CODE_SIZE = 6,
    AUTH__SUDO_MINUTES = 15, /* the platform's own measure (ERR_SUDO_REQUIRED), told to clients */
};

extern const struct setting ASHLAR_SESSION_IDLE_DAYS;
extern const struct setting ASHLAR_SESSION_MAX_DAYS;
const char *auth__check_settings(enum environment env);

/* --- Sign-up: auth_signup_service.c, auth_signup_store.c --- */

/* What came with a request beside what it is about. */
struct auth__browser {
    const char *token;      /* marks who signed up: a cookie, or "signup_secret"; NULL: none */
    const char *device;     /* of the cookie that marks who signed in before; NULL: none */
    const char *user_agent; /* NULL: none */
};

/* A sign-up that waits for its mail to be answered. */
struct auth__signup {
    struct uuid id;
    const char *email, *name, *locale;
    const char *password_hash;
    bool same_browser; /* what asks now is the browser that signed up: what it gave counts */
};
/* The secrets that go with it; stored only as hashes. */
struct auth__secrets {
    const char *token, *code, *browser;
};

struct auth__new_signup {
    const char *email, *password, *name, *locale;
};

/* Who is signed in now, or (status "set_password", nothing but the address) who is to say a
 * password and a name, or (status "second_factor_required", nothing but the challenge) who is still
 * to prove a factor. */
struct auth__signed_in {
    const char *status;
    const char *email;
    const struct auth_session *session;
    const struct users_person *person;
    const char *token; /* of a session just made; the route decides how it travels */
    const char *challenge;
    struct instant challenge_expires_at;
};

/*
 * Keep the sign-up and leave the answer by mail to a job, which alone looks whether the address has
 * an account: nothing the client can see or measure depends on it. *mark is the secret that marks
 * this browser, the one it has (`browser->token`) or a new one. TX_MANUAL. Errors: ERR_INVALID on
 * "/password".
 */
CHECKED err auth__sign_up(struct ctx *c, const struct auth__new_signup *in,
    const struct auth__browser *browser, const char **mark);

/* Ask for the mail again; as silent as auth__sign_up. Renews the browser's own sign-up; where it
 * has none, but others wait, what is mailed leads to setting a password. In a transaction. */
CHECKED err auth__ask_again(struct ctx *c, const char *email, const struct auth__browser *browser);

/* What a person sends back: a token, or address and code; and what takes the place of that which
 * was given at the sign-up (password NULL: nothing). */
struct auth__confirmation {
    const char *token, *email, *code;
    const char *password, *name, *locale;
};
/*
 * Make the person, signed in. A token or a code proves the address and no more: password and name
 * are those of this confirmation, or those of the sign-up when the browser is the one that made it,
 * else nothing is changed and the status is "set_password". TX_MANUAL. Errors:
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
/* No other confirmation for the same address goes on before this transaction ends. */
CHECKED err auth__lock_signups(struct ctx *c, const struct auth__confirmation *in);
CHECKED err auth__lock_signups_of_address(struct ctx *c, const char *email);
CHECKED err auth__find_signup_by_token(
    struct ctx *c, const char *token, const char *browser, struct auth__signup *out, bool *found);
/* A try at the codes of the address's sign-ups: of those this browser made, and of those others
 * made, each in a count of its own. */
CHECKED err auth__count_code_try(struct ctx *c, const char *email, const char *browser);
CHECKED err auth__find_signup_by_code(struct ctx *c, const struct auth__confirmation *in,
    const char *browser, struct auth__signup *out, bool *found);
/* They confirm nothing any more; their passwords are still answered "not verified" until they
 * expire. Of all for an address those of `browser` (NULL: none), which has the account, go. */
CHECKED err auth__end_signup(struct ctx *c, struct uuid id);
CHECKED err auth__end_signups_of_address(struct ctx *c, const char *email, const char *browser);
CHECKED err auth__delete_signups_of_address(struct ctx *c, const char *email);
/* Ended ones, of addresses the person had before; as long as that could be taken back. */
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

/* The session the request carries, if any, ends: what is signed in next replaces it. Before another
 * person is entered. */
CHECKED err auth__end_carried_session(struct ctx *c);
/* A session of the person c has entered, and its record. `out->person` is filled. In a transaction.
 */
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
/* One of the acting person's ended: audit row and event. */
CHECKED err auth__publish_signed_out(struct ctx *c, struct uuid session);

/* --- Accounts and their sessions: auth_account_service.c --- */

CHECKED err auth__list_my_sessions(
    struct ctx *c, const struct page_in *page, struct auth_session_list *out);
/* One of the acting person's; also the one that asks. Errors: ERR_NOT_FOUND. */
CHECKED err auth__revoke_session(struct ctx *c, struct uuid session);
CHECKED err auth__revoke_other_sessions(struct ctx *c);

CHECKED err auth__erase_person(struct ctx *c, struct uuid person);

/* The account of an address (person nil: none), and the password of this browser's own sign-up for
 * it (NULL: none). */
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
/* Hold the account as it is until commit: `*same` when it is not suspended and still has this
 * password hash (NULL: any). */
CHECKED err auth__hold_credential(
    struct ctx *c, struct uuid person, const char *password_hash, bool *same);
/* The same for who changes it, and what hangs on it, afterwards: nobody else holds it then. */
CHECKED err auth__lock_credential(
    struct ctx *c, struct uuid person, const char *password_hash, bool *same);
/* As auth__lock_credential, of one who may be suspended, or gone. */
CHECKED err auth__lock_account(struct ctx *c, struct uuid person);
/* What the acting session proved when it was made; *found: it still is a session. */
CHECKED err auth__find_own_factors(struct ctx *c, const char **factors, bool *found);
/* The acting session proved its credentials now, by a second factor ("totp", "recovery_code") or
 * without one (NULL); or proved these factors; and no session of the person has a second factor any
 * more. */
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
/* Of the acting person; none is no error. */
CHECKED err auth__delete_session(struct ctx *c, struct uuid session);
/* ERR_NOT_FOUND when there is none. */
CHECKED err auth__delete_session_of(struct ctx *c, struct uuid person, struct uuid session);
CHECKED err auth__list_sessions(
    struct ctx *c, struct uuid person, const struct page_in *page, struct auth_session_list *out);
/* Of the acting person, all but the one that asks. */
CHECKED err auth__delete_other_sessions(struct ctx *c, int64_t *n);
CHECKED err auth__delete_sessions_of_person(struct ctx *c, struct uuid person, int64_t *n);
CHECKED err auth__get_account(struct ctx *c, struct uuid person, struct auth_account *out);
CHECKED err auth__set_suspended(struct ctx *c, struct uuid person, bool suspended, bool *changed);

/* --- Authentication by password: auth_authentication_service.c --- */

/* A try at an account's secrets. */
struct auth__authentication {
    const char *email;
    const struct auth__browser *browser;
    const char *subject;      /* what it is counted under */
    struct auth__known known; /* all zero when nothing is known of the address */
};
/* Count the try as failed and commit that; then say whether it may be looked at. TX_MANUAL. Errors:
 * AUTH_TOO_MANY_ATTEMPTS, AUTH_PASSWORD_LOCKED. */
CHECKED err auth__begin_authentication(struct ctx *c, struct auth__authentication *p);
CHECKED err auth__look_at_password(struct ctx *c, const struct auth__authentication *p,
    const char *hash, const char *password, bool *ok, bool *outdated);
/* It was right: forget the failures. In the transaction that makes use of it. */
CHECKED err auth__end_authentication(struct ctx *c, const struct auth__authentication *p);
/*
 * The acting person's account, held for a change as by auth__lock_credential, and the acting
 * session with it: whatever ended that session while this one waited has the last word. `*same` as
 * there; without a hash it is never false. Errors: ERR_UNAUTHENTICATED.
 */
CHECKED err auth__lock_own(struct ctx *c, const char *password_hash, bool *same);
/* begin_authentication and look_at_password for the acting person, ending in AUTH_WRONG_PASSWORD on
 * `field`. TX_MANUAL. */
CHECKED err auth__reauthenticate_by_password(
    struct ctx *c, struct auth__authentication *p, const char *field, const char *password);

/* --- auth_sudo_service.c --- */

/* By the password, a code of the second factor (one of them may be NULL), or both; where there is a
 * second factor, not without it. TX_MANUAL. Errors: those above, AUTH_SECOND_FACTOR_REQUIRED,
 * AUTH_WRONG_CODE, AUTH_NO_FACTOR. */
CHECKED err auth__sudo(struct ctx *c, const char *password, const char *code,
    const struct auth__browser *browser, struct instant *until);

struct auth__report_guessed {
    const char *email;
};
JOB_OF(auth__report_guessed);
extern const JOB(auth__report_guessed) auth__report_guessed_job;

/* --- auth_security_event.c --- */

/* Audit row and security event; the address is looked up. */
CHECKED err auth__publish_security_event(struct ctx *c, const EVENT(auth_security_event) * kind,
    const struct auth_security_event *event);

/* --- Passwords: auth_password_service.c, auth_reset_store.c --- */

/* Errors: ERR_INVALID on "/password". */
CHECKED err auth__check_new_password(struct ctx *c, const char *password, const char *email);

/* TX_MANUAL. Errors: AUTH_WRONG_PASSWORD and those of auth__begin_authentication. */
CHECKED err auth__change_password(
    struct ctx *c, const char *current, const char *password, const struct auth__browser *browser);
/* As silent as auth__sign_up: a job alone looks whether there is such an account. */
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
/* Whose account an address is. */
struct auth__holder {
    struct uuid person_id;
    bool suspended;
};
CHECKED err auth__find_person_by_email(
    struct ctx *c, const char *email, struct auth__holder *out, bool *found);
/* In place of an older one. */
CHECKED err auth__insert_reset(struct ctx *c, struct uuid person, const char *token);
CHECKED err auth__find_reset(
    struct ctx *c, const char *token, struct auth__reset *out, bool *found);
CHECKED err auth__take_reset(struct ctx *c, struct uuid reset, bool *taken);
CHECKED err auth__delete_resets(struct ctx *c);
CHECKED err auth__erase_resets(struct ctx *c, struct uuid person);

/* --- Another address: auth_email_service.c, auth_email_store.c --- */

struct auth__email_change {
    struct uuid id, person_id;
    const char *old_email, *new_email;
    struct instant asked_at;
};
/* As silent as auth__sign_up about the new address: a job alone looks whether it has an account.
 * Errors: AUTH_TOO_MANY_ATTEMPTS, ERR_INVALID when it is the person's own. */
CHECKED err auth__ask_email_change(struct ctx *c, const char *email);
/* By the token mailed to the new address, and a session of the account that asked. Errors:
 * AUTH_EMAIL_CHANGE_INVALID, also for another account's. */
CHECKED err auth__confirm_email_change(struct ctx *c, const char *token);
/* By the token mailed to the old address: as it was, all sessions ended, a new password to be set
 * by another mail. TX_MANUAL. Errors: AUTH_EMAIL_CHANGE_INVALID. */
CHECKED err auth__undo_email_change(struct ctx *c, const char *token);

struct auth__answer_email_change {
    struct uuid change_id;
    const char *token;
};
JOB_OF(auth__answer_email_change);
extern const JOB(auth__answer_email_change) auth__answer_email_change_job;

/* Of the acting person, in place of one that still waits. */
CHECKED err auth__insert_email_change(
    struct ctx *c, struct uuid id, const char *email, const char *token);
CHECKED err auth__get_email_change(
    struct ctx *c, struct uuid id, struct auth__email_change *out, bool *found);
/* Of the acting person, still to be confirmed. */
CHECKED err auth__find_email_change(
    struct ctx *c, const char *token, struct auth__email_change *out, bool *found);
/* Whosever it is. */
CHECKED err auth__find_email_undo(
    struct ctx *c, const char *undo, struct auth__email_change *out, bool *found);
/* `undo` takes it back from here on. */
CHECKED err auth__take_email_change(
    struct ctx *c, struct uuid change, const char *undo, bool *taken);
CHECKED err auth__take_email_undo(struct ctx *c, struct uuid change, bool *taken);
/* What waits for its confirmation, of the acting person; and with it what could be taken back. */
CHECKED err auth__delete_waiting_email_change(struct ctx *c);
CHECKED err auth__delete_email_changes(struct ctx *c);
CHECKED err auth__erase_email_changes(struct ctx *c, struct uuid person);
/* Of the acting person; *changed: it was the old one, and nobody is suspended. */
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
/* Errors: AUTH_FACTOR_EXISTS; AUTH_NO_FACTOR, AUTH_WRONG_CODE. */
CHECKED err auth__start_totp(struct ctx *c, struct auth__enrolment *out);
CHECKED err auth__confirm_totp(struct ctx *c, const char *code, struct auth__recovery_codes *out);
CHECKED err auth__remove_totp(struct ctx *c);
CHECKED err auth__renew_recovery_codes(struct ctx *c, struct auth__recovery_codes *out);
CHECKED err auth__get_factors(struct ctx *c, struct auth__factors *out);
/* Is there one that signing in asks for? */
CHECKED err auth__has_second_factor(struct ctx *c, bool *has);
/* Use a code up; `*factor` is "totp" or "recovery_code". */
CHECKED err auth__take_totp(struct ctx *c, const char *code);
CHECKED err auth__take_second_factor(struct ctx *c, const char *code, const char **factor);
/* All of a person's, with the sign-ins that wait for it and what sessions have of it; under the
 * account's lock. */
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
/* One that was begun since then. */
CHECKED err auth__delete_totp_since(struct ctx *c, struct instant since, bool *removed);
CHECKED err auth__insert_recovery_code(struct ctx *c, const char *code);
CHECKED err auth__delete_recovery_code(struct ctx *c, const char *code, bool *taken);
CHECKED err auth__delete_recovery_codes(struct ctx *c, struct uuid person);
CHECKED err auth__count_recovery_codes(struct ctx *c, int64_t *n);
CHECKED err auth__insert_challenge(struct ctx *c, const char *token, struct instant *expires_at);
CHECKED err auth__delete_challenges(struct ctx *c, struct uuid person);
/* Of whoever holds the token; the try is counted, past the last one nothing is found. */
CHECKED err auth__try_challenge(
    struct ctx *c, const char *token, struct auth__challenge *out, bool *found);
CHECKED err auth__take_challenge(struct ctx *c, struct uuid challenge, bool *taken);
CHECKED err auth__erase_factors(struct ctx *c, struct uuid person);

/* The code of a time step; false when the library refuses. */
CHECKED bool auth__totp_code(struct bytes secret, int64_t step, char out[AUTH__TOTP_CODE_SIZE + 1]);
/* Is it the code of now or of the step before or after, and which? */
CHECKED bool auth__totp_step(
    struct bytes secret, const char *code, struct instant now, int64_t *step);
char *auth__base32(struct arena *a, const uint8_t *data, size_t size);
const char *auth__otpauth_uri(
    struct arena *a, const char *issuer, const char *email, const char *secret);

/* --- Browsers that signed in before: auth_device.c --- */

/* The mark such a browser keeps; worth nothing for any other address. */
const char *auth__device_mark(struct ctx *c, const char *email);
bool auth__is_known_device(struct ctx *c, const char *email, const struct auth__browser *browser);

/*
 * What tries at this address are counted under: the address; or the address and the session that
 * is signed in to it, or the browser that was before (the second: of browsers alone), so that
 * nobody else's guessing keeps its owner out.
 */
const char *auth__tries_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser);
const char *auth__device_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser);

/* --- Throttles: auth_throttle_store.c --- */

/* How long tries for this subject, and for it from c's network, still have to wait; 0: go on. Until
 * the transaction ends no other try for the subject is counted. */
CHECKED err auth__lock_throttles(struct ctx *c, const char *subject, int64_t *wait_s);
/* Count a try as failed, before anything is looked at. */
CHECKED err auth__count_failure(struct ctx *c, const char *subject, int64_t *in_a_row);
/* Nobody looked at the password: the try does not count. */
CHECKED err auth__take_back_failure(struct ctx *c, const char *subject);
/* The password was right: forget the failures before it. */
CHECKED err auth__clear_throttles(struct ctx *c, const char *subject);
/* One more mail to this address; false when it had enough of them for now. */
CHECKED err auth__may_mail(struct ctx *c, const char *email, bool *may);

/* One more change of address asked for by the acting person; false when it was enough for now. */
CHECKED err auth__may_change_email(struct ctx *c, bool *may);

/* At most `most` of what is past its time (table.h). */
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
    const char *const *effective_scopes; /* of them, those it has now */
    size_t n_effective_scopes;
    const char *state;      /* "active", "orphaned", "expired" */
    struct uuid created_by; /* whose authority it has: who made it, or adopted it last */
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
/* `*token` is the key itself, shown this once. Errors: AUTH_SCOPE_NOT_ALLOWED, AUTH_TOO_MANY_KEYS,
 * ERR_INVALID. */
CHECKED err auth__create_key(
    struct ctx *c, const struct auth__new_key_in *in, struct auth_api_key *out, const char **token);
CHECKED err auth__revoke_key(struct ctx *c, struct uuid id);
/* Who acts stands for it from here on. Errors: ERR_NOT_FOUND, AUTH_SCOPE_NOT_ALLOWED. */
CHECKED err auth__adopt_key(struct ctx *c, struct uuid id, struct auth_api_key *out);
CHECKED err auth__list_keys(
    struct ctx *c, const struct page_in *page, struct auth_api_key_list *out);
/* Keys with this person's authority stop working, everywhere: owners hear of it. _my: of who acts,
 * who is about to be erased; the other one as the system. */
CHECKED err auth__warn_of_my_keys(struct ctx *c);
CHECKED err auth__warn_of_keys_of(struct ctx *c, struct uuid person);
CHECKED err auth__purge_org(struct ctx *c);

struct auth__key_row {
    const char *name, *token, *hint, *scopes; /* "users.invite|users.read" */
    struct instant expires_at;
};
CHECKED err auth__insert_key(
    struct ctx *c, const struct auth__key_row *in, struct auth_api_key *out);
/* Whoever they stand for is not looked at: all that have not expired are "active". */
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

/* A new key for this environment: "ash_live_" in production, "ash_test_" everywhere else, 43
 * characters of secret, 6 of checksum. */
char *auth__new_key(struct arena *a);
/* Of this environment, and with the right checksum? Not whether it exists. */
bool auth__is_key(const char *token);

/* --- Tables, for auth_module.c --- */

CHECKED err auth__make_demo(struct ctx *c, struct demo *out);
extern const struct support_view auth__org_support_view, auth__person_support_view;
extern const struct route auth__routes[], auth__session_routes[], auth__password_routes[],
    auth__email_routes[], auth__factor_routes[], auth__key_routes[];

/* What came with the request; `signup_secret` of the body in place of the cookie, NULL: none. */
struct auth__browser auth__browser_of(const struct ctx *c, const char *signup_secret);
/* Cookies of a session just made. */
void auth__give_session_cookies(struct ctx *c, const struct auth__signed_in *s);
void auth__take_session_cookie(struct ctx *c);

/* The response where the answer comes by mail. */
struct auth_pending {
    const char *status;
    const char *signup_secret;
};
extern const struct shape auth_pending_shape;
extern const struct constraint auth__constraints[];
extern const struct authenticator auth__authenticators[];
extern const struct keyring auth__keyring;
