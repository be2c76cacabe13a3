/* HTTP surface of the auth module: bodies, cookies, status codes. Rules are in auth_*_service.c. */
#include "auth_internal.h"

/* Identifies the browser that signed up, so that its confirmation link signs in there. */
#define SIGNUP_COOKIE "ashlar_signup"

/* Identifies a browser that signed in before, so that failed attempts elsewhere do not lock it
 * out. */
#define DEVICE_COOKIE "ashlar_device"

enum { DAY_S = 24 * 60 * 60, DEVICE_DAYS = 400 };

struct auth__browser auth__browser_of(const struct ctx *c, const char *signup_secret)
{
    return (struct auth__browser){
        .token = signup_secret != NULL ? signup_secret : request_cookie(c, SIGNUP_COOKIE),
        .device = request_cookie(c, DEVICE_COOKIE),
        .user_agent = request_user_agent(c),
    };
}

static void take_cookie_away(struct ctx *c, const char *name)
{
    response_cookie(c, &(struct cookie){ .name = name, .value = "" });
}

void auth__take_session_cookie(struct ctx *c)
{
    take_cookie_away(c, SESSION_COOKIE);
}

void auth__give_session_cookies(struct ctx *c, const struct auth__signed_in *s)
{
    const struct cookie session = {
        .name = SESSION_COOKIE,
        .value = s->token,
        .max_age_s = setting_int(&ASHLAR_SESSION_MAX_DAYS) * DAY_S,
    };
    const struct cookie device = {
        .name = DEVICE_COOKIE,
        .value = auth__device_mark(c, s->person->email),
        .max_age_s = DEVICE_DAYS * DAY_S,
    };

    response_cookie(c, &session);
    response_cookie(c, &device);
}

struct auth_sign_in_challenge {
    const char *token;
    struct instant expires_at;
};
static const struct field auth_sign_in_challenge_fields[] = {
    TEXT(auth_sign_in_challenge, token, .format = TOKEN, .secret = true,
        .doc = "Token to send with a code to POST /v1/auth/sessions/second-factor"),
    TIME(auth_sign_in_challenge, expires_at, .doc = "Time at which the challenge expires"),
};
static SHAPE(auth_sign_in_challenge);

struct auth_sign_in_result {
    const char *status;
    const struct auth_session *session;
    const struct users_person *person;
    const char *token;
    const struct auth_sign_in_challenge *challenge;
    const char *email;
};
static const struct field auth_sign_in_result_fields[] = {
    TEXT(auth_sign_in_result, status, .one_of = "active|set_password|second_factor_required",
        .doc = "Result. `active`: signed in. `set_password`: email address confirmed, but not by "
               "the browser that signed up, repeat the request with a password and a name. "
               "`second_factor_required`: password correct, send a code next."),
    OBJECT(auth_sign_in_result, session, auth_session, .optional = true,
        .doc = "Session that was created. Null unless the status is `active`."),
    OBJECT(auth_sign_in_result, person, users_person, .optional = true,
        .doc = "Person who is signed in. Null unless the status is `active`."),
    TEXT(auth_sign_in_result, token, .format = TOKEN, .optional = true, .secret = true,
        .doc = "Bearer token of the session, if the transport is `bearer`. It is returned only in "
               "this response."),
    OBJECT(auth_sign_in_result, challenge, auth_sign_in_challenge, .optional = true,
        .doc = "Challenge to complete with a code. Null unless the status is "
               "`second_factor_required`."),
    TEXT(auth_sign_in_result, email, .format = EMAIL, .optional = true,
        .doc = "Email address that the password is for. Null unless the status is `set_password`."),
};
static SHAPE(auth_sign_in_result);

static struct auth_sign_in_result response_of(const struct auth__signed_in *s, const char *token)
{
    return (struct auth_sign_in_result){
        .status = s->status,
        .session = s->session,
        .person = s->person,
        .token = token,
        .email = s->email,
    };
}

struct sign_up {
    const char *email;
    const char *password;
    const char *name;
    const char *locale;
    const char *transport;
};
static const struct field sign_up_fields[] = {
    TEXT(sign_up, email, .format = EMAIL, .doc = "Email address to confirm"),
    TEXT(sign_up, password, .format = PASSWORD, .min = AUTH__PASSWORD_MIN,
        .max = AUTH__PASSWORD_MAX, .secret = true,
        .doc = "Password of any characters. No kind of character is required."),
    TEXT(sign_up, name, .format = MAILED_NAME, .max = 200, .doc = "Display name of the person",
        .example = "Ann Lee"),
    TEXT(sign_up, locale, .format = LOCALE, .max = 35, .fallback = "en", .optional = true,
        .doc = "Preferred language of the person"),
    TEXT(sign_up, transport, .one_of = "cookie|bearer", .fallback = "cookie", .optional = true,
        .doc = "Way in which the client that signed up is recognised. `cookie`: for browsers. "
               "`bearer`: by the signup_secret in the response, for other clients."),
};
static SHAPE(sign_up);

static const struct field auth_request_accepted_fields[] = {
    TEXT(auth_request_accepted, status, .one_of = "pending",
        .doc = "Status `pending`. The result is sent by email."),
    TEXT(auth_request_accepted, signup_secret, .format = TOKEN, .optional = true, .secret = true,
        .doc = "Secret to send when confirming, if the transport is `bearer`. It is returned only "
               "in this response."),
};
SHAPE(auth_request_accepted);

HANDLER(sign_up, sign_up, auth_request_accepted)
{
    const struct auth__new_signup signup = {
        .email = in->email,
        .password = in->password,
        .name = in->name,
        .locale = in->locale != NULL ? in->locale : "en",
    };
    const bool bearer = text_equal(in->transport, "bearer");
    const struct auth__browser nobody = { .token = NULL };
    const struct auth__browser browser = auth__browser_of(c, NULL);
    const char *mark;

    TRY(auth__sign_up(c, &signup, bearer ? &nobody : &browser, &mark));
    if (!bearer)
        response_cookie(
            c, &(struct cookie){ .name = SIGNUP_COOKIE, .value = mark, .max_age_s = DAY_S });
    *out = (struct auth_request_accepted){ .status = "pending",
        .signup_secret = bearer ? mark : NULL };
    return NULL;
}

struct request_email_verification {
    const char *email;
    const char *signup_secret;
};
static const struct field request_email_verification_fields[] = {
    TEXT(request_email_verification, email, .format = EMAIL, .doc = "Email address that signed up"),
    TEXT(request_email_verification, signup_secret, .format = TOKEN, .max = TOKEN_TEXT_MAX,
        .optional = true, .secret = true,
        .doc = "Secret from the response to the sign-up, for clients without cookies"),
};
static SHAPE(request_email_verification);

HANDLER(ask_again, request_email_verification, auth_request_accepted)
{
    const struct auth__browser browser = auth__browser_of(c, in->signup_secret);

    TRY(auth__ask_again(c, in->email, &browser));
    *out = (struct auth_request_accepted){ .status = "pending" };
    return NULL;
}

struct confirm_email {
    const char *token;
    const char *email;
    const char *code;
    const char *password;
    const char *name;
    const char *locale;
    const char *signup_secret;
    const char *transport;
};
static const struct field confirm_email_fields[] = {
    TEXT(confirm_email, token, .format = TOKEN, .max = TOKEN_TEXT_MAX, .optional = true,
        .secret = true, .doc = "Token of the emailed link. Alternative to email and code."),
    TEXT(confirm_email, email, .format = EMAIL, .optional = true,
        .doc = "Email address to confirm, together with code"),
    TEXT(confirm_email, code, .format = TYPED_CODE, .max = 20, .optional = true, .secret = true,
        .doc = "Code from the email, together with email"),
    TEXT(confirm_email, password, .format = PASSWORD, .min = AUTH__PASSWORD_MIN,
        .max = AUTH__PASSWORD_MAX, .optional = true, .secret = true,
        .doc = "New password, together with name. It replaces that of the sign-up after the status "
               "`set_password`."),
    TEXT(confirm_email, name, .format = MAILED_NAME, .max = 200, .optional = true,
        .doc = "Display name of the person", .example = "Ann Lee"),
    TEXT(confirm_email, locale, .format = LOCALE, .max = 35, .fallback = "en", .optional = true,
        .doc = "Preferred language of the person"),
    TEXT(confirm_email, signup_secret, .format = TOKEN, .max = TOKEN_TEXT_MAX, .optional = true,
        .secret = true,
        .doc = "Secret from the response to the sign-up, for clients without cookies"),
    TEXT(confirm_email, transport, .one_of = "cookie|bearer", .fallback = "cookie",
        .optional = true,
        .doc = "Transport of the session token. `cookie`: HttpOnly, for browsers. `bearer`: in the "
               "response, for other clients."),
};
static SHAPE(confirm_email);

/* The session, by cookie or in the response body as requested; or the challenge. */
static struct auth_sign_in_result hand_over(
    struct ctx *c, const struct auth__signed_in *s, const char *transport)
{
    const bool bearer = text_equal(transport, "bearer");
    struct auth_sign_in_result out = response_of(s, bearer ? s->token : NULL);
    struct auth_sign_in_challenge *challenge;

    if (s->challenge != NULL) {
        challenge = arena_alloc(c->arena, sizeof *challenge);
        *challenge = (struct auth_sign_in_challenge){ s->challenge, s->challenge_expires_at };
        out.challenge = challenge;
    } else if (s->token != NULL && !bearer) {
        auth__give_session_cookies(c, s);
    }
    return out;
}

HANDLER(confirm_email, confirm_email, auth_sign_in_result)
{
    const struct auth__confirmation confirmation = {
        .token = in->token,
        .email = in->email,
        .code = in->code,
        .password = in->password,
        .name = in->name,
        .locale = in->locale != NULL ? in->locale : "en",
    };
    const struct auth__browser browser = auth__browser_of(c, in->signup_secret);
    struct auth__signed_in s;

    TRY(auth__confirm(c, &confirmation, &browser, &s));
    *out = hand_over(c, &s, in->transport);
    if (s.token != NULL && browser.token != NULL)
        take_cookie_away(c, SIGNUP_COOKIE);
    return NULL;
}

struct sign_in {
    const char *email;
    const char *password;
    const char *signup_secret;
    const char *transport;
};
static const struct field sign_in_fields[] = {
    TEXT(sign_in, email, .format = EMAIL, .doc = "Verified email address of the account"),
    TEXT(sign_in, password, .format = PASSWORD, .secret = true, .doc = "Password of the account"),
    TEXT(sign_in, signup_secret, .format = TOKEN, .max = TOKEN_TEXT_MAX, .optional = true,
        .secret = true,
        .doc = "Secret from the response to the sign-up, for clients without cookies"),
    TEXT(sign_in, transport, .one_of = "cookie|bearer", .fallback = "cookie", .optional = true,
        .doc = "Transport of the session token. `cookie`: HttpOnly, for browsers. `bearer`: in the "
               "response, for other clients."),
};
static SHAPE(sign_in);

HANDLER(sign_in, sign_in, auth_sign_in_result)
{
    const struct auth__sign_in credentials = { in->email, in->password };
    const struct auth__browser browser = auth__browser_of(c, in->signup_secret);
    struct auth__signed_in s;

    TRY(auth__sign_in(c, &credentials, &browser, &s));
    *out = hand_over(c, &s, in->transport);
    return NULL;
}

struct sign_in_second_factor {
    const char *challenge;
    const char *code;
    const char *transport;
};
static const struct field sign_in_second_factor_fields[] = {
    TEXT(sign_in_second_factor, challenge, .format = TOKEN, .max = TOKEN_TEXT_MAX, .secret = true,
        .doc = "Token of the challenge from the sign-in response"),
    TEXT(sign_in_second_factor, code, .format = TYPED_CODE, .max = 20, .secret = true,
        .doc = "Six digits of the authenticator app, or a recovery code"),
    TEXT(sign_in_second_factor, transport, .one_of = "cookie|bearer", .fallback = "cookie",
        .optional = true,
        .doc = "Transport of the session token. `cookie`: HttpOnly, for browsers. `bearer`: in the "
               "response, for other clients."),
};
static SHAPE(sign_in_second_factor);

HANDLER(sign_in_second, sign_in_second_factor, auth_sign_in_result)
{
    const struct auth__second second = { in->challenge, in->code };
    const struct auth__browser browser = auth__browser_of(c, NULL);
    struct auth__signed_in s;

    TRY(auth__sign_in_second(c, &second, &browser, &s));
    *out = hand_over(c, &s, in->transport);
    return NULL;
}

HANDLER(get_current_session, nothing, auth_sign_in_result)
{
    struct auth__signed_in s;

    (void)in;
    TRY(auth__get_current(c, &s));
    *out = response_of(&s, NULL);
    return NULL;
}

HANDLER(sign_out, nothing, nothing)
{
    (void)in, (void)out;
    TRY(auth__sign_out(c));
    auth__take_session_cookie(c);
    response_forget_site(c);
    return NULL;
}

const struct route auth__routes[] = {
    {
        .method = POST,
        .path = "/v1/auth/signup",
        .id = "signUp",
        .summary = "Sign up",
        .doc = "The response is the same whether the email address has an account or not. The "
               "result is sent by email. Following the emailed link in the browser that signed up "
               "signs it in. In any other browser the link leads to setting a password, and the "
               "password and name given here are discarded.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .hashes = true,
        .status = 202,
        .errors = NO_ERRORS,
        .handler = BY(sign_up),
    },
    {
        .method = POST,
        .path = "/v1/auth/email-verifications",
        .id = "requestEmailVerification",
        .summary = "Resend the confirmation email",
        .doc = "The response does not reveal whether the email address is known. A few emails per "
               "hour are sent to one email address, further requests send none. A browser that did "
               "not sign up receives an email that leads to setting a password. Links emailed "
               "before stay valid.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .status = 202,
        .errors = NO_ERRORS,
        .handler = BY(ask_again),
    },
    {
        .method = POST,
        .path = "/v1/auth/email-verifications/confirm",
        .id = "confirmEmail",
        .summary = "Confirm an email address",
        .doc = "Send either the token of the emailed link, or email address and code. The browser "
               "that signed up (by its cookie or `signup_secret`) is signed in. Any other browser "
               "receives the status `set_password` and nothing changes. The token stays valid. "
               "Repeat the request with a password and a name to create the account with these and "
               "sign in. Other sign-ups of the email address expire.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .status = 200,
        .errors = ERRORS(&AUTH_CONFIRMATION_INVALID),
        .handler = BY(confirm_email),
    },
    {
        .method = POST,
        .path = "/v1/auth/sessions",
        .id = "signIn",
        .summary = "Sign in",
        .doc = "Revokes a session that the request already used.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .hashes = true,
        .status = 201,
        .errors = ERRORS(&AUTH_WRONG_CREDENTIALS, &AUTH_EMAIL_UNVERIFIED, &AUTH_TOO_MANY_ATTEMPTS,
            &AUTH_SUSPENDED, &AUTH_PASSWORD_LOCKED),
        .handler = BY(sign_in),
    },
    {
        .method = POST,
        .path = "/v1/auth/sessions/second-factor",
        .id = "signInSecondFactor",
        .summary = "Complete a sign-in with a second factor",
        .doc = "A challenge allows five attempts in ten minutes. A code is valid once.",
        .auth = AUTH_PUBLIC,
        .scope = SCOPE_NONE,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_IGNORED,
        .tx = TX_MANUAL,
        .status = 201,
        .errors = ERRORS(&AUTH_WRONG_CODE, &AUTH_CHALLENGE_INVALID, &AUTH_TOO_MANY_ATTEMPTS,
            &AUTH_PASSWORD_LOCKED),
        .handler = BY(sign_in_second),
    },
    {
        .method = GET,
        .path = "/v1/auth/sessions/current",
        .id = "getCurrentSession",
        .summary = "Get the current session",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_current_session),
    },
    {
        .method = DELETE_,
        .path = "/v1/auth/sessions/current",
        .id = "signOut",
        .summary = "Sign out",
        .doc = "Revokes the current session immediately, on every process.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(sign_out),
    },
    { .id = NULL },
};
