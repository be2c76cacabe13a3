/*
 * auth — who somebody is: sign-up, verified e-mail addresses, sign-in and sessions. Knows no name
 * and no organisation (users, below it, does) and sends no mail: it publishes what happened.
 *
 * The only header of this module that others may include. Sign-up, sign-in and the like are used
 * over HTTP; other modules need an address now and then, and listen to the events.
 */
#pragma once
#include <ashlar/ashlar.h>

/* The verified address of the person who acts, lower-cased, in c's arena. Errors: ERR_NOT_FOUND. */
PUBLIC CHECKED err auth_email_of(struct ctx *c, struct uuid person, const char **out);

/* A session as its person sees it. */
struct auth_session {
    struct uuid id;
    const char *factors;
    const char *network, *user_agent; /* may be NULL */
    struct instant signed_in_at, last_used_at, expires_at;
};
PUBLIC extern const struct shape auth_session_shape;

/* --- Failures --- */

PUBLIC extern const struct error_kind AUTH_WRONG_CREDENTIALS;
PUBLIC extern const struct error_kind AUTH_EMAIL_UNVERIFIED;
PUBLIC extern const struct error_kind AUTH_TOO_MANY_TRIES;
PUBLIC extern const struct error_kind AUTH_CONFIRMATION_INVALID;

/* --- Events --- */

/* Somebody signed up, or asked for the mail again. The aggregate is the sign-up. */
struct auth_signup_started {
    const char *email; /* secret: a stranger typed it, so it is gone after delivery */
    const char *token; /* secret: confirms the address within 24 hours, once */
    const char *code;  /* secret: the same for typing, within 10 minutes */
};

/* Somebody signed up with an address that has an account already. The aggregate is the sign-up. */
struct auth_signup_for_existing {
    const char *email;
};

/* An address was confirmed and its person made. The aggregate is the person. */
struct auth_email_verified {
    struct uuid person_id;
    const char *email;
};

/* AUTH_SIGNED_IN and AUTH_SIGNED_OUT. The aggregate is the person. */
struct auth_session_event {
    struct uuid person_id;
    struct uuid session_id;
};

PUBLIC extern const struct event_kind AUTH_SIGNUP_STARTED, AUTH_SIGNUP_FOR_EXISTING_ACCOUNT,
    AUTH_EMAIL_VERIFIED, AUTH_SIGNED_IN, AUTH_SIGNED_OUT;
