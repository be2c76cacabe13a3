/*
 * error — failures as values.
 *
 * NULL is success. Every kind is one static constant. Its address identifies it in C, its code
 * identifies it for clients (docs/errors.md lists all). The dispatcher converts a handler's error
 * into an RFC 9457 problem+json response.
 *
 * Home: problem.c.
 */
#pragma once
#include "base.h"

struct ctx;

struct error_kind {
    const char *code;  /* stable: "users/already-invited", platform kinds have no slash */
    int status;        /* HTTP status */
    const char *title; /* one line, the same for every occurrence (RFC 9457 section 3.1.3) */
    const char *help;  /* cure for the client, printed in docs/errors.md */
};
typedef const struct error_kind *err;

/*
 * Returns `kind` with a detail for the client. `field` is the body member, path or query parameter
 * concerned (or NULL). The client receives the text: it must not contain internals. Details for
 * operators belong in the log.
 */
PUBLIC CHECKED err problem(struct ctx *c, err kind, const char *field, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* The detail of the latest problem() call if it was for `kind`, otherwise NULL. It is in c's
 * arena. */
PUBLIC const char *problem_detail(const struct ctx *c, err kind);

/* Adds one line to `errors[]` of the problem under construction (at most 32 are kept). `pointer` is
 * a JSON pointer into the body ("/email") or "path:name", "query:name", "header:name". */
PUBLIC void problem_add(struct ctx *c, const char *pointer, const char *code, const char *format,
    ...) PRINTF_LIKE(4, 5);

/* Kinds that every route may return. The OpenAPI document lists them once. */
PUBLIC extern const struct error_kind ERR_BAD_REQUEST;     /* 400 bad-request */
PUBLIC extern const struct error_kind ERR_BAD_JSON;        /* 400 bad-json, with line and column */
PUBLIC extern const struct error_kind ERR_UNAUTHENTICATED; /* 401 unauthenticated */
PUBLIC extern const struct error_kind ERR_FORBIDDEN;       /* 403 forbidden */
PUBLIC extern const struct error_kind ERR_SECOND_FACTOR;   /* 403 second-factor-required */
PUBLIC extern const struct error_kind ERR_STAFF_SESSION;   /* 403 staff-session-ended */
PUBLIC extern const struct error_kind ERR_SUDO_REQUIRED;   /* 403 sudo-required */
PUBLIC extern const struct error_kind ERR_CROSS_SITE;      /* 403 cross-site-request */
PUBLIC extern const struct error_kind ERR_NOT_FOUND;       /* 404 not-found */
PUBLIC extern const struct error_kind ERR_METHOD_NOT_ALLOWED; /* 405 method-not-allowed */
PUBLIC extern const struct error_kind ERR_CONFLICT;           /* 409 conflict */
PUBLIC extern const struct error_kind ERR_IN_FLIGHT;          /* 409 idempotency-in-flight */
PUBLIC extern const struct error_kind ERR_LENGTH_REQUIRED;    /* 411 length-required */
PUBLIC extern const struct error_kind ERR_CHANGED;            /* 412 precondition-failed */
PUBLIC extern const struct error_kind ERR_TOO_LARGE;          /* 413 content-too-large */
PUBLIC extern const struct error_kind ERR_TARGET_TOO_LONG;    /* 414 target-too-long */
PUBLIC extern const struct error_kind ERR_MEDIA_TYPE;         /* 415 unsupported-media-type */
PUBLIC extern const struct error_kind ERR_INVALID;            /* 422 invalid-fields */
PUBLIC extern const struct error_kind ERR_KEY_REUSED;         /* 422 idempotency-key-reused */
PUBLIC extern const struct error_kind ERR_RATE_LIMITED;       /* 429 rate-limited */
PUBLIC extern const struct error_kind ERR_HEAD_TOO_LARGE;     /* 431 head-too-large */
PUBLIC extern const struct error_kind ERR_INTERNAL;           /* 500 internal */
PUBLIC extern const struct error_kind ERR_OUTGROWN;    /* 500 too-much-at-once: a unit of work
                                                        * exceeded its memory */
PUBLIC extern const struct error_kind ERR_UNAVAILABLE; /* 503 unavailable */
PUBLIC extern const struct error_kind ERR_TIMEOUT;     /* 503 timeout: the deadline passed */
PUBLIC extern const struct error_kind ERR_VERSION;     /* 505 version-not-supported */

/* All platform kinds, NULL-terminated: for the documents. */
PUBLIC extern const struct error_kind *const error_platform_kinds[];
