/* A request and its response without a socket: the listener, the test kit and fuzzers all drive
 * this.
 */
#pragma once
#include "bodies.h"
#include "rate.h"
#include <ashlar/route.h>

struct exchange;

struct http_header {
    const char *name, *value;
};

/*
 * Everything that can be reached from a request is the caller's and stays as it is until
 * http_handle returns. That can be long: the handler waits on a fiber, for the database or a lock,
 * and its client may leave meanwhile. So nothing here may lie in memory that a library frees or
 * writes again when a connection ends (mhd_request.h).
 */
struct http_request {
    const char *method; /* as received */
    const char *target; /* raw path and query, as received: "/v1/me?include=orgs" */
    const struct http_header *headers;
    size_t n_headers;
    const void *body; /* NULL: none */
    size_t body_size;
    const char *peer;        /* address at the other end of the socket, e.g. "127.0.0.1" */
    bool ops;                /* came in by ASHLAR_OPS_LISTEN: the platform's own routes only */
    struct exchange *opened; /* by http_preflight, for http_handle; NULL: not yet */
};

enum { HTTP_RESPONSE_HEADERS_MAX = 40 };

struct stream;

struct http_response {
    int status;
    struct http_header headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t n_headers;
    struct bytes body;
    const char *route_id; /* "unmatched" when no route did */
    struct stream
        *stream; /* the response goes on (streams.h): whoever sends it has it; NULL: whole */
};

/* The whole life of one request; never fails (errors are responses). The response lives in `a`. To
 * HEAD the body is the one GET would get: who sends it sends its length only. Threads: any. */
void http_handle(struct arena *a, const struct http_request *q, struct http_response *r);

/* The response to a request that cannot come in at all: a problem of `kind`. */
void http_refuse(struct arena *a, const struct http_request *q, err kind, const char *detail,
    struct http_response *r);

/* What http_preflight says of a body that may come. */
struct http_body {
    size_t size, max;      /* as Content-Length says, 0 without one; as the route allows */
    struct body_hold hold; /* bodies_leave it when the body's memory is given back */
};

/* Before a body is read: may a request with these headers come in? It is matched and counts for its
 * address here, and http_handle goes on with it (q->opened; the same `a` and `r`). 0 when fine,
 * otherwise the response is filled (404, 405, 411, 413, 429, 503 …), nothing is held and the body
 * must not be read. */
int http_preflight(
    struct arena *a, struct http_request *q, struct http_body *body, struct http_response *r);

/* Most requests of TX_MANUAL routes at once; more are answered 503. Unbounded until said. */
void http_limit_manual(int most);

/* Called with every finished exchange when set: the kit records for the contract suite. */
extern void (*http_observer)(const struct http_request *q, const struct http_response *r);
