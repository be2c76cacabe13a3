/* One request on its way through the phases; shared by the files of src/http only. */
#pragma once
#include "http.h"
#include "rate.h"
#include "http/table/routes.h"
#include "http/stream/streams.h"
#include <ashlar/module.h>

enum { RESPONSE_COOKIES_MAX = 8, HANDLER_DEADLINE_MS = 10000, HANDLER_RUNS_MAX = 5 };

/* ctx's half that belongs to HTTP: what route.h's request_ and reply_ functions read and write. */
struct response {
    const struct http_request *request;
    /* Effects of the handler; forgotten when it fails or is run again. */
    struct cookie cookies[RESPONSE_COOKIES_MAX];
    size_t n_cookies;
    bool forget_site, as_file, embeddable;
    int64_t retry_after_s; /* survives a failure: it is about it; 0: not said */
};

/* The Idempotency-Key of a request: idempotency.c. */
struct key_use {
    const char *key;     /* NULL: none counts here */
    const char *scope;   /* hash of route, person or network, organisation */
    const char *content; /* hash of path, query and body */
    struct uuid attempt; /* of a TX_MANUAL route: fences the intent */
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
    const struct route *route;    /* the row's */
    bool head;                    /* HEAD: asked as GET */
    bool any_origin;              /* the row's, or of the row a preflight asks for */

    const char *address;                       /* the client's; NULL when unknown */
    const char *token;                         /* the credential; NULL: none */
    const struct authenticator *authenticator; /* that knows it; NULL: nobody */
    struct bytes token_hash;                   /* of a token that has an authenticator */
    bool asks;          /* the database for who it is: what was remembered proved wrong */
    struct bytes grant; /* the row that says what the actor is in the organisation */
    bool by_cookie, cookie_is_bad;

    struct rate_report rate;
    bool counted; /* for person and organisation */
    struct key_use key;

    struct bytes content; /* of the request, unpacked; size 0: nothing that is read */
    void *in, *out;       /* structs of the route's shapes; `in` is NULL until parsed */
    int status;           /* of the response to come */
    struct bytes body;
    const char *content_type; /* NULL: no body */
    const char *etag;         /* NULL: none */

    /* A pull: what it is for, where its events go. NULL in a request. */
    const struct stream_subscription *seed;
    struct stream_batch *batch;
};

/* The first value of a header, whatever its case, or NULL. */
const char *request_header(const struct http_request *q, const char *name);
/* All of them, in their order, as the one list they stand for (RFC 9110 section 5.3). */
const char *request_header_list(struct arena *a, const struct http_request *q, const char *name);

/* Effects of the handler: forget them, or write Set-Cookie and Clear-Site-Data. */
void response_forget_effects(struct ctx *c);
void response_write_effects(struct exchange *x);

/* The response becomes the problem+json of `kind` with what problem() collected. */
void problem_response(struct exchange *x, err kind);
void problem_write(struct buf *b, const struct ctx *c, err kind);
/* The Allow header of the path that matched. */
void problem_allow(struct exchange *x);

/* CORS headers on every response to an allowed origin; cors_answer responses to OPTIONS. */
void cors_headers(struct exchange *x);
void cors_answer(struct exchange *x);

/* Before serving: which of these modules answers for credentials, roles and staff. */
void authorize_start(const struct module *const *modules);
void authorize_stop(void);
/* Look at the credential without the database: its form, the cross-site rule, route tokens. */
CHECKED err authorize_credential(struct exchange *x);
/* Does admit ask the database? */
bool authorize_needs_tx(const struct exchange *x);
/*
 * Credential to actor, then organisation, membership and permission. In the open unit of work. Rows
 * remembered from earlier requests are believed and registered as its checks (precondition_add), so
 * that they travel with its first statement; what is not remembered is asked for at once.
 */
CHECKED err admit(struct exchange *x);
/* After admit, for TX_MANUAL: each transaction of the handler checks that the session is still
 * there (that it is unchanged is not asked: the handler may be what changes it) and the membership
 * still what it was. */
void authorize_watch(struct exchange *x);
/* Before the unit of work runs again. */
void authorize_forget(struct exchange *x);

/* Path, query and body into x->in. */
CHECKED err request_parse(struct exchange *x);

/* The response becomes a stream that follows what the handler said. Errors: stream_new's,
 * ERR_INVALID for a place to resume from that is no number. */
CHECKED err stream_response(struct exchange *x);
void stream_headers(struct http_response *r);
/* Leaves ?after= out of what request_parse sees. */
size_t stream_drop_after(struct pair *query, size_t n);

/* x->out into status, body, content type and ETag. */
CHECKED err response_render(struct exchange *x);

/*
 * Idempotency-Key, of rows that take one: key_begin reads the header (ERR_BAD_REQUEST), takes the
 * key's lock (ERR_IN_FLIGHT), refuses another body (ERR_KEY_REUSED) and loads a stored response
 * (x->key.replayed). In the open unit key_store keeps the response; TX_MANUAL routes bracket the
 * handler with key_intend and key_complete or key_release, each a transaction of its own.
 */
bool key_is_good(const char *key); /* its form */
CHECKED err key_begin(struct exchange *x);
CHECKED err key_store(struct exchange *x);
CHECKED err key_intend(struct exchange *x);
void key_complete(struct exchange *x);
void key_release(struct exchange *x);
