/*
 * route — declaration of an HTTP operation as a row of a module's table.
 *
 * The row is the single source of dispatch, authentication, permission, rate limit, validation,
 * transaction, idempotency, OpenAPI, permission matrix, metric labels and docs. Start-up rejects an
 * invalid table (see routes_check in src/http/table/routes.h for the list).
 *
 * Home: response.c.
 */
#pragma once
#include "config.h"
#include "ctx.h"
#include "page.h"
#include "shape.h"
#include "stream.h"
#include "tx.h"

enum http_method { GET = 1, POST, PUT, PATCH, DELETE_ };

enum route_auth {
    AUTH_UNSET,          /* rejected at start */
    AUTH_PUBLIC,         /* every client. A valid credential still fills the actor */
    AUTH_SESSION,        /* a person's session, by cookie or bearer token */
    AUTH_SESSION_OR_KEY, /* AUTH_SESSION, or the organisation's API key with the row's permission
                          * among its scopes. SCOPE_ORG only. The actor may then have no person
                          * (ACTOR_KEY) */
    AUTH_TOKEN,     /* `Authorization: Bearer` equal to the setting in .token: the smoke mailbox */
    AUTH_SIGNATURE, /* another service's: cookies and bearer tokens are ignored, and the handler
                     * verifies the signature over the raw body (RAW_SHAPE, KEY_IGNORED) */
};

enum route_scope {
    SCOPE_NONE,   /* no tenant */
    SCOPE_SELF,   /* objects of the signed-in person */
    SCOPE_ORG,    /* path has {org_id}. The actor must be a member (or its key), otherwise 404 */
    SCOPE_STAFF,  /* across tenants, as ashlar_system, for staff with the row's permission and a
                   * second factor. Every other signed-in person gets 404. Writes an audit row for
                   * every read of customers' data, so such a GET declares .tx = TX_WRITE */
    SCOPE_SYSTEM, /* across tenants, as ashlar_system: AUTH_TOKEN, or development and test only */
};

/* Sustained rate and burst per client address, account and organisation. The numbers are in
 * src/http/request/rate.c. */
enum rate_class { RATE_READ = 1, RATE_WRITE, RATE_SENSITIVE, RATE_INGEST, RATE_NONE };

enum idempotency {
    KEY_HONOURED, /* POST: a sent Idempotency-Key is honoured. Other methods ignore it */
    KEY_REQUIRED,
    KEY_IGNORED,
};

/* A function with its input and output shape. Create it only by HANDLER. A row refers to it by
 * BY(fn) and declares no shapes. */
struct handler {
    const char *name; /* function name: for the log */
    err (*run)(struct ctx *c, const void *in, void *out);
    const struct shape *in;
    const struct shape *out; /* content_shape: the handler fills a struct content */
};

struct route {
    enum http_method method;
    const char *path; /* "/v1/orgs/{org_id}/invitations". Every {name} is a PATH field of `in`,
                       * except the {org_id} of SCOPE_ORG, which becomes c->org */
    const char *id;   /* camelCase, unique: OpenAPI operationId, metric label, log field */
    const char *summary;
    const char *doc; /* further description in Markdown. NULL: none */
    enum route_auth auth;
    const struct setting *token; /* AUTH_TOKEN */
    const char *permission; /* SCOPE_ORG: required in the path's organisation. SCOPE_STAFF: a staff
                             * permission, required. NULL in every other scope */
    bool sudo;              /* AUTH_SESSION: credentials proved in the last 15 minutes, otherwise
                             * ERR_SUDO_REQUIRED (the client calls POST /v1/auth/sudo and retries) */
    bool sudo_for_some;     /* the service calls ctx_require_sudo in some requests */
    enum route_scope scope;
    bool while_suspended; /* SCOPE_ORG: allowed while the organisation is suspended (payment, data
                           * export, leaving). Other routes then return the authorizer's `suspended`
                           * (module.h) */
    enum rate_class rate;
    enum idempotency idempotency;
    enum tx_kind tx; /* TX_DEFAULT: GET reads, every other method writes */
    bool any_origin; /* pages of every origin may call it and read the response, without
                      * credentials: cookies and bearer tokens are ignored. AUTH_PUBLIC only */
    bool slow;       /* a read that may take longer than a second: it uses a separate connection, so
                      * that fast reads do not wait behind it. Slow reads use at most half of the
                      * connections */
    bool hashes;  /* TX_MANUAL: it computes a password's hash. While the queue of the pool is full,
                   * it returns 503 before any query */
    bool lenient; /* for clients that cannot be changed: the body may be chunked and gzip-compressed
                   * (body_max limits both forms), and the path may end with a slash. Raw bodies
                   * only */
    size_t body_max;                  /* at most 1 MiB. 0: 64 KiB */
    const struct stream_kind *stream; /* the response is a stream: see stream.h. NULL: it is not */
    int status;                       /* of success */
    const struct error_kind *const *errors; /* further errors, NULL-terminated: ERRORS(&A, &B) */
    const char *deprecated;                 /* date since, "2027-01-01" (RFC 9745) */
    const char *sunset;                     /* date of removal (RFC 8594) */
    unsigned only_in;              /* environments that have it, as bits (config.h). 0: all */
    bool ops;                      /* also on the operations listener, which serves no other rows */
    bool hidden;                   /* not part of the API's contract: pages, probes, /dev */
    const struct handler *handler; /* BY(create_invite) */
};

/* A module's tables, each ending with an empty row: ROUTES(users__org_routes, users__me_routes) */
#define ROUTES(...)                                                                                \
    (const struct route *const[])                                                                  \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

#define ERRORS(...)                                                                                \
    (const struct error_kind *const[])                                                             \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define NO_ERRORS                                                                                  \
    (const struct error_kind *const[])                                                             \
    {                                                                                              \
        NULL                                                                                       \
    }

/*
 * HANDLER(create_invite, create_invitation, users_invite) { … } defines `create_invite`, which
 * takes a `const struct create_invitation *in` and fills a `struct users_invite *out`. It also
 * defines its struct handler for the table: .handler = BY(create_invite).
 */
#define HANDLER(fn, In, Out)                                                                       \
    static err fn(struct ctx *c, const struct In *in, struct Out *out);                            \
    static err fn##_run(struct ctx *c, const void *in, void *out)                                  \
    {                                                                                              \
        return fn(c, in, out);                                                                     \
    }                                                                                              \
    static const struct handler fn##_handler = { #fn, fn##_run, &In##_shape, &Out##_shape };       \
    static err fn(struct ctx *c, const struct In *in, struct Out *out)
#define BY(fn) (&fn##_handler)

/* A response that is not JSON from a shape: pages, text, documents. */
struct content {
    const char *type; /* "text/html; charset=utf-8" */
    const void *data; /* in c's arena or static */
    size_t size;
};
PUBLIC extern const struct shape content_shape;

/* --- Effects on the response in addition to its body. No-ops outside a request. --- */

struct cookie {
    const char *name;  /* without prefix. Sent as __Host-name, Secure, if the public URL is https */
    const char *value; /* "" deletes the cookie */
    int64_t max_age_s; /* 0: until the browser exits */
    bool strict;       /* SameSite=Strict, otherwise Lax */
};
/* HttpOnly, Path=/. */
PUBLIC void response_cookie(struct ctx *c, const struct cookie *cookie);

/* Value of a request header, of the first if it is repeated, or NULL. Valid as long as c, even
 * after the client disconnected. For signatures and headers of other protocols. Handlers must not
 * read credentials. */
PUBLIC const char *request_header_value(const struct ctx *c, const char *name);

/* Value of a request cookie (name without the __Host- prefix), or NULL. */
PUBLIC const char *request_cookie(const struct ctx *c, const char *name);

/* The request's User-Agent, cut to 200 bytes, or NULL. */
PUBLIC const char *request_user_agent(const struct ctx *c);

/* The response is a file to download, not a page to display: Content-Disposition. */
PUBLIC void response_as_file(struct ctx *c);

/* Pages of other sites may display it as an image (Cross-Origin-Resource-Policy). */
PUBLIC void response_embeddable(struct ctx *c);

/* Browsers delete stored data (sign-out): Clear-Site-Data. */
PUBLIC void response_forget_site(struct ctx *c);

/* Retry-After of the next returned failure (429, 503), at least 1. */
PUBLIC void response_retry_after(struct ctx *c, int64_t seconds);

/* Name of the session cookie. The dispatcher reads it, auth sets it. */
#define SESSION_COOKIE "ashlar_session"

/* --- If-Match --- */

/* ERR_CHANGED when the request has an If-Match that does not match `version`. NULL without
 * If-Match, as in a job. A service calls it after locking the row and before changing it. */
PUBLIC CHECKED err ctx_match_version(struct ctx *c, int64_t version);

/* Whether If-Match names `version` itself. False without If-Match and for "*". For changes that
 * require knowledge of the current state. */
PUBLIC bool ctx_names_version(const struct ctx *c, int64_t version);
