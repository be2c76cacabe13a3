/*
 * route — a row in a module's table: the only way to exist over HTTP.
 *
 * Everything is derived from the row: dispatch, authentication, permission, rate limit, validation,
 * transaction, idempotency, OpenAPI, permission matrix, metric labels, docs. Start-up refuses a bad
 * table (see routes_check in src/http/table/routes.h for the list).
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
    AUTH_UNSET,          /* refused at start */
    AUTH_PUBLIC,         /* anyone; a valid credential still fills the actor */
    AUTH_SESSION,        /* a person's session, by cookie or bearer token */
    AUTH_SESSION_OR_KEY, /* that, or the organisation's API key with the row's permission among its
                            scopes; SCOPE_ORG. The actor may then be nobody (ACTOR_KEY) */
    AUTH_TOKEN,     /* `Authorization: Bearer` equal to the setting in .token: the smoke mailbox */
    AUTH_SIGNATURE, /* another service's: cookies and bearer tokens are not looked at, the handler
                       proves the signature over the raw body (RAW_SHAPE, KEY_IGNORED) */
};

enum route_scope {
    SCOPE_NONE,   /* no tenant */
    SCOPE_SELF,   /* the signed-in person's own things */
    SCOPE_ORG,    /* path has {org_id}; the actor must be a member (or its key), otherwise 404 */
    SCOPE_STAFF,  /* across tenants, as ashlar_system, for staff with the row's permission and a
                     second factor; everybody else who is signed in gets 404. Writes an audit row
                     of every look at customers' data, so such a GET says .tx = TX_WRITE */
    SCOPE_SYSTEM, /* across tenants, as ashlar_system: AUTH_TOKEN, or development and test only */
};

/* Sustained rate and burst per client address, account and organisation; numbers in
 * src/http/request/rate.c. */
enum rate_class { RATE_READ = 1, RATE_WRITE, RATE_SENSITIVE, RATE_INGEST, RATE_NONE };

enum idempotency {
    KEY_HONOURED, /* POST: an Idempotency-Key is honoured when sent; other methods ignore it */
    KEY_REQUIRED,
    KEY_IGNORED,
};

/* What a row serves: a function and the shapes it takes and gives, made by HANDLER and by nothing
 * else. A row names it with BY(fn) and cannot say anything about its shapes. */
struct handler {
    const char *name; /* of the function: for the log */
    err (*run)(struct ctx *c, const void *in, void *out);
    const struct shape *in;
    const struct shape *out; /* content_shape: the handler fills a struct content itself */
};

struct route {
    enum http_method method;
    const char *path; /* "/v1/orgs/{org_id}/invitations"; every {name} is a PATH field of `in`,
                         except the {org_id} of SCOPE_ORG, which becomes c->org */
    const char *id;   /* camelCase, unique: OpenAPI operationId, metric label, log field */
    const char *summary;
    const char *doc; /* more, in Markdown; NULL: nothing more to say */
    enum route_auth auth;
    const struct setting *token; /* AUTH_TOKEN */
    const char *permission; /* SCOPE_ORG: needed in the path's organisation; SCOPE_STAFF: one of
                               staff's, always; NULL in every other scope */
    bool sudo; /* AUTH_SESSION: it proved its credentials in the last 15 minutes, otherwise
                  ERR_SUDO_REQUIRED (then POST /v1/auth/sudo, and again) */
    bool
        sudo_for_some; /* the service asks for that by ctx_require_sudo, for some of what it does */
    enum route_scope scope;
    bool while_suspended; /* SCOPE_ORG: goes on while the organisation is suspended (paying, taking
                             its data out, leaving); without it that answers the authorizer's
                             `suspended` (module.h) */
    enum rate_class rate;
    enum idempotency idempotency;
    enum tx_kind tx; /* TX_DEFAULT: GET reads, everything else writes */
    bool
        any_origin; /* pages of every origin may call it and read the response, without credentials:
                       cookies and bearer tokens are not looked at. AUTH_PUBLIC only */
    bool slow;   /* a read that may take longer than a second: gets a connection of its own, so that
                    quick ones need not wait behind it; all of them together at most half */
    bool hashes; /* TX_MANUAL: it computes a password's hash. While no more can be queued it is
                    answered 503 before it costs a look into the database */
    bool lenient; /* for clients that cannot be changed: its body may come in chunks and packed with
                     gzip (body_max holds for both forms), and a slash may stand behind its path.
                     Raw bodies only */
    size_t body_max;                  /* 0: 64 KiB; at most 1 MiB */
    const struct stream_kind *stream; /* the response goes on: see stream.h; NULL: it does not */
    int status;                       /* of success */
    const struct error_kind *const *errors; /* of its own, NULL-terminated: ERRORS(&A, &B) */
    const char *deprecated;                 /* date since, "2027-01-01" (RFC 9745) */
    const char *sunset;                     /* date of removal (RFC 8594) */
    unsigned only_in; /* environments it exists in, as bits (config.h); 0: everywhere */
    bool ops;         /* also on the operations listener, which serves no other rows */
    bool hidden;      /* not part of the API's contract: pages, probes, /dev */
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
 * HANDLER(create_invite, invite_in, users_invite) { return users_invite(c, in->email, in->role,
 * out); } defines `create_invite`, which takes a `const struct invite_in *in` and fills a
 * `struct users_invite *out`, and its struct handler for the table: .handler = BY(create_invite).
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

/* --- Effects on the response beside its body. Outside a request they do nothing. --- */

struct cookie {
    const char *name;  /* bare; sent as __Host-name, Secure, when the public address is https */
    const char *value; /* "" takes the cookie away */
    int64_t max_age_s; /* 0: until the browser closes */
    bool strict;       /* SameSite=Strict, otherwise Lax */
};
/* HttpOnly, Path=/. */
PUBLIC void response_cookie(struct ctx *c, const struct cookie *cookie);

/* Value of a header of the request, its first when there are several, or NULL; as long-lived as c,
 * whatever becomes of the client. For signatures and other protocols' own headers; credentials are
 * not the handler's business. */
PUBLIC const char *request_header_value(const struct ctx *c, const char *name);

/* Value of a cookie the request carried (without the __Host- prefix), or NULL. */
PUBLIC const char *request_cookie(const struct ctx *c, const char *name);

/* The request's User-Agent, at most 200 bytes of it, or NULL. */
PUBLIC const char *request_user_agent(const struct ctx *c);

/* What is sent is a file to be kept, not a page to be shown: Content-Disposition. */
PUBLIC void response_as_file(struct ctx *c);

/* Pages of other sites may show it as a picture (Cross-Origin-Resource-Policy). */
PUBLIC void response_embeddable(struct ctx *c);

/* Browsers forget what they stored (sign-out): Clear-Site-Data. */
PUBLIC void response_forget_site(struct ctx *c);

/* Retry-After of the failure about to be returned (429, 503), at least 1. */
PUBLIC void response_retry_after(struct ctx *c, int64_t seconds);

/* The name of the cookie the session token travels in; the dispatcher reads it, auth sets it. */
#define SESSION_COOKIE "ashlar_session"

/* --- If-Match --- */

/* ERR_CHANGED when who asks said which version of the thing they saw (If-Match) and it is not
 * `version`. A service calls it between locking the row and changing it; where nobody said
 * anything, as in a job, it is NULL. */
PUBLIC CHECKED err ctx_match_version(struct ctx *c, int64_t version);

/* Did who asks say that `version` is the one they saw? Not without If-Match, nor by "*". For what
 * nobody may undo who did not see it. */
PUBLIC bool ctx_names_version(const struct ctx *c, int64_t version);
