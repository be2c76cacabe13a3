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
};

extern const struct setting ASHLAR_SESSION_IDLE_DAYS;
extern const struct setting ASHLAR_SESSION_MAX_DAYS;

/* --- Sign-up: auth_signup_service.c, auth_signup_store.c --- */

/* What came with a request beside its body. */
struct auth__browser {
    const char *token;      /* of the cookie that marks who signed up; NULL: none */
    const char *device;     /* of the cookie that marks who signed in before; NULL: none */
    const char *user_agent; /* NULL: none */
};

/* A sign-up that waits for its mail to be answered. */
struct auth__signup {
    struct uuid id;
    const char *email, *name, *locale;
    const char *password_hash;
    bool same_browser; /* what asks now is the browser that signed up */
};
/* The secrets that go with it; stored only as hashes. */
struct auth__secrets {
    const char *token, *code, *browser;
};

struct auth__new_signup {
    const char *email, *password, *name, *locale;
};

/* Who is signed in now, or (status "verified", no session) whose address was just confirmed. */
struct auth__signed_in {
    const char *status; /* "active" or "verified" */
    const struct auth_session *session;
    const struct users_person *person;
    const char *token; /* of a session just made; the route decides how it travels */
};

/*
 * Keep the sign-up and leave the answer by mail to a job, which alone looks whether the address has
 * an account: nothing the client can see or measure depends on it. *browser is the token of the
 * cookie that marks this browser. TX_MANUAL. Errors: ERR_INVALID on "/password".
 */
CHECKED err auth__sign_up(struct ctx *c, const struct auth__new_signup *in, const char **browser);

/* Ask for the mail again; as silent as auth__sign_up. In a transaction. */
CHECKED err auth__ask_again(struct ctx *c, const char *email, const struct auth__browser *browser);

/* What a person sends back: a token, or address and code. */
struct auth__confirmation {
    const char *token, *email, *code;
};
/*
 * Make the person, signed in when the browser is the one that signed up. TX_MANUAL. Errors:
 * AUTH_CONFIRMATION_INVALID.
 */
CHECKED err auth__confirm(struct ctx *c, const struct auth__confirmation *in,
    const struct auth__browser *browser, struct auth__signed_in *out);

/* Job payloads; the jobs are in auth_jobs.c. */
struct auth__answer_signup {
    struct uuid signup_id;
    const char *token, *code;
};
struct auth__answer_again {
    const char *email, *browser;
};
extern const struct job_kind auth__answer_signup_job, auth__answer_again_job, auth__sweep_job;

CHECKED err auth__insert_signup(
    struct ctx *c, const struct auth__signup *s, const struct auth__secrets *secrets);
CHECKED err auth__find_signup(struct ctx *c, struct uuid id, struct auth__signup *out, bool *found);
CHECKED err auth__find_signup_of_address(
    struct ctx *c, const char *email, const char *browser, struct auth__signup *out, bool *found);
CHECKED err auth__renew_signup(
    struct ctx *c, const struct auth__signup *s, const struct auth__secrets *secrets);
/* No other confirmation for the same address goes on before this transaction ends. */
CHECKED err auth__lock_signups(struct ctx *c, const struct auth__confirmation *in);
CHECKED err auth__take_signup_by_token(
    struct ctx *c, const char *token, const char *browser, struct auth__signup *out, bool *found);
CHECKED err auth__count_code_try(struct ctx *c, const char *email);
CHECKED err auth__take_signup_by_code(struct ctx *c, const struct auth__confirmation *in,
    const char *browser, struct auth__signup *out, bool *found);
CHECKED err auth__delete_signup(struct ctx *c, struct uuid id);
CHECKED err auth__delete_signups_of_address(struct ctx *c, const char *email);

/* --- Sign-in and sessions: auth_session_service.c, auth_session_store.c --- */

#define AUTH__SESSION_PREFIX "ses"

struct auth__sign_in {
    const char *email, *password;
};
/* TX_MANUAL. Errors: AUTH_WRONG_CREDENTIALS, AUTH_EMAIL_UNVERIFIED, AUTH_TOO_MANY_TRIES. */
CHECKED err auth__sign_in(struct ctx *c, const struct auth__sign_in *in,
    const struct auth__browser *browser, struct auth__signed_in *out);

/* A session of the person c has entered, and its record. In a transaction. */
CHECKED err auth__open_session(struct ctx *c, const char *user_agent, struct auth__signed_in *out);

/* The acting person's current session. */
CHECKED err auth__get_current(struct ctx *c, struct auth__signed_in *out);
CHECKED err auth__sign_out(struct ctx *c);

/* --- Accounts and their sessions: auth_account_service.c --- */

CHECKED err auth__list_my_sessions(
    struct ctx *c, const struct page_in *page, struct auth_session_list *out);
/* One of the acting person's; also the one that asks. Errors: ERR_NOT_FOUND. */
CHECKED err auth__revoke_session(struct ctx *c, struct uuid session);
CHECKED err auth__revoke_other_sessions(struct ctx *c);

CHECKED err auth__erase_person(struct ctx *c, struct uuid person);

/* A password that may belong to an address; person nil: of a sign-up that is not verified. */
struct auth__known {
    struct uuid person_id;
    const char *password_hash;
    bool suspended, has_second_factor;
};
CHECKED err auth__find_for_sign_in(
    struct ctx *c, const char *email, const char *browser, struct auth__known *out, bool *found);
CHECKED err auth__insert_credential(
    struct ctx *c, struct uuid person, const char *email, const char *password_hash);
CHECKED err auth__is_address_taken(struct ctx *c, const char *email, bool *taken);
CHECKED err auth__set_password_hash(struct ctx *c, const char *password_hash);
CHECKED err auth__email_of_person(struct ctx *c, struct uuid person, const char **out);
CHECKED err auth__delete_credential(struct ctx *c, struct uuid person);

CHECKED err auth__insert_session(
    struct ctx *c, const char *token, const char *user_agent, struct auth_session *out);
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

/* --- Browsers that signed in before: auth_device.c --- */

/* The mark such a browser keeps; worth nothing for any other address. */
const char *auth__device_mark(struct ctx *c, const char *email);

/*
 * What tries at this address are counted under: the address, or for a browser that signed in to it
 * before the address and that browser, so that nobody else's guessing keeps its owner out.
 */
const char *auth__tries_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser);

/* --- Throttles: auth_throttle_store.c --- */

/* How long tries for this subject, and for it from c's network, still have to wait; 0: go on. Until
 * the transaction ends no other try for the subject is counted. */
CHECKED err auth__lock_throttles(struct ctx *c, const char *subject, int64_t *wait_s);
/* Count a try as failed, before its password is looked at. */
CHECKED err auth__count_failure(struct ctx *c, const char *subject);
/* Nobody looked at the password: the try does not count. */
CHECKED err auth__take_back_failure(struct ctx *c, const char *subject);
/* The password was right: forget the failures before it. */
CHECKED err auth__clear_throttles(struct ctx *c, const char *subject);
/* One more mail to this address; false when it had enough of them for now. */
CHECKED err auth__may_mail(struct ctx *c, const char *email, bool *may);

CHECKED err auth__delete_expired(struct ctx *c, int64_t *n);

/* --- API keys: auth_key.c (their form) --- */

#define AUTH__KEY_PURPOSE "auth.api_key"

/* A new key for this environment: "ash_live_" in production, "ash_test_" everywhere else, 43
 * characters of secret, 6 of checksum. */
char *auth__new_key(struct arena *a);
/* Of this environment, and with the right checksum? Not whether it exists. */
bool auth__is_key(const char *token);

/* --- Tables, for auth_module.c --- */

CHECKED err auth__seed(struct ctx *c);
extern const struct route auth__routes[], auth__session_routes[];
extern const struct constraint auth__constraints[];
extern const struct authenticator auth__authenticators[];
