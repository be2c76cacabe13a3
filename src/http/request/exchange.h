/* The state of one request during its phases; for the files of src/http only. */
#pragma once
#include "http.h"
#include "rate.h"
#include "http/table/routes.h"
#include "http/stream/streams.h"
#include <ashlar/module.h>

enum { RESPONSE_COOKIES_MAX = 8, HANDLER_DEADLINE_MS = 10000, HANDLER_RUNS_MAX = 5 };

/* The HTTP part of ctx, used by route.h's request_ and reply_ functions. */
struct response {
    const struct http_request *request;
    /* Effects of the handler; cleared when it fails or is repeated. */
    struct cookie cookies[RESPONSE_COOKIES_MAX];
    size_t n_cookies;
    bool forget_site, as_file, embeddable;
    int64_t retry_after_s; /* kept after a failure, which it describes; 0: none */
};

/* The Idempotency-Key of a request: idempotency.c. */
struct key_use {
    const char *key;     /* NULL: none, or not supported by the route */
    const char *scope;   /* hash of the route, the person or network, and the organisation */
    const char *content; /* hash of path, query and body */
    struct uuid attempt; /* of a TX_MANUAL route: fencing token of the intent */
    bool replayed;       /* the response is the stored one */
};

struct exchange {
    struct ctx c;
    struct response response;
    const struct http_request *q;
    struct http_response *r;
    int64_t started_us;

    struct target target;
    struct match match;
    const struct router_row *row; /* NULL until one matched, and for OPTIONS */
    const struct route *route;    /* of the row */
    bool head;                    /* HEAD: handled as GET */
    bool any_origin;              /* of the row, or of the row that a preflight is about */

    const char *address;                       /* the client's; NULL when unknown */
    const char *token;                         /* the credential; NULL: none */
    const struct authenticator *authenticator; /* of the token's prefix; NULL: none */
    struct bytes token_hash;                   /* of a token that has an authenticator */
    bool asks;          /* the identity is queried: the cached one was outdated */
    struct bytes grant; /* row with the actor's rights in the organisation */
    bool by_cookie, cookie_is_bad;

    struct rate_report rate;
    bool counted; /* by the limits of person and organisation */
    struct key_use key;

    struct bytes content; /* of the request, decompressed; size 0: none, or ignored */
    void *in, *out;       /* structs of the route's shapes; `in` is NULL until parsed */
    int status;           /* of the response */
    struct bytes body;
    const char *content_type; /* NULL: no body */
    const char *etag;         /* NULL: none */

    /* The subscription and the result of a pull. NULL in a request. */
    const struct stream_subscription *seed;
    struct stream_batch *batch;
};

/* The first value of a header, by case-insensitive name, or NULL. */
const char *request_header(const struct http_request *q, const char *name);
/* All values in order, joined to one list (RFC 9110 section 5.3). */
const char *request_header_list(struct arena *a, const struct http_request *q, const char *name);

/* Effects of the handler: clear them, or write Set-Cookie and Clear-Site-Data. */
void response_forget_effects(struct ctx *c);
void response_write_effects(struct exchange *x);

/* Makes the response the problem+json of `kind`, with the details collected by problem(). */
void problem_response(struct exchange *x, err kind);
void problem_write(struct buf *b, const struct ctx *c, err kind);
/* The Allow header of the matched path. */
void problem_allow(struct exchange *x);

/* CORS headers on every response to an allowed origin. cors_answer responds to OPTIONS. */
void cors_headers(struct exchange *x);
void cors_answer(struct exchange *x);

/* Reads the hooks of these modules for credentials, roles and staff. Before serving. */
void authorize_start(const struct module *const *modules);
void authorize_stop(void);
/* Checks of the credential without the database: its form, the cross-site rule, route tokens. */
CHECKED err authorize_credential(struct exchange *x);
/* Whether admit queries the database. */
bool authorize_needs_tx(const struct exchange *x);
/*
 * Credential to actor, then organisation, membership and permission. In the open unit of work.
 * Cached rows are trusted and registered as its preconditions (precondition_add), so that they are
 * checked with its first statement. Rows that are not cached are queried immediately.
 */
CHECKED err admit(struct exchange *x);
/* After admit, for TX_MANUAL: each transaction of the handler checks that the session still
 * exists and the membership is unchanged. The session's row may change, because the handler may
 * change it. */
void authorize_watch(struct exchange *x);
/* To be called before the unit of work is repeated. */
void authorize_forget(struct exchange *x);

/* Parses path, query and body into x->in. */
CHECKED err request_parse(struct exchange *x);

/* Makes the response a stream of the topic chosen by the handler. Errors: stream_new's, ERR_INVALID
 * for a position that is not a number. */
CHECKED err stream_response(struct exchange *x);
void stream_headers(struct http_response *r);
/* Removes ?after= from the parameters of request_parse. */
size_t stream_drop_after(struct pair *query, size_t n);

/* Renders x->out into status, body, content type and ETag. */
CHECKED err response_render(struct exchange *x);

/*
 * Idempotency-Key, of rows that take one:
 * - key_begin reads the header (ERR_BAD_REQUEST), takes the key's lock (ERR_IN_FLIGHT), rejects a
 *   different body (ERR_KEY_REUSED) and loads a stored response (x->key.replayed).
 * - key_store stores the response in the open unit.
 * - TX_MANUAL routes call key_intend before the handler, and key_complete or key_release after it.
 *   Each is a separate transaction.
 */
bool key_is_good(const char *key); /* its form */
CHECKED err key_begin(struct exchange *x);
CHECKED err key_store(struct exchange *x);
CHECKED err key_intend(struct exchange *x);
void key_complete(struct exchange *x);
void key_release(struct exchange *x);
