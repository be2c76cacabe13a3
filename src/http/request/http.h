/* A request and its response without a socket, for the listener, the test kit and fuzzers. */
#pragma once
#include "bodies.h"
#include "rate.h"
#include <ashlar/route.h>

struct exchange;

struct http_header {
    const char *name, *value;
};

/*
 * All memory reachable from a request belongs to the caller and stays unchanged until http_handle
 * returns. That can be long: the handler waits on a fiber, for the database or a lock, and its
 * client may disconnect in the meantime. So it must not be memory that a library frees or
 * overwrites when a connection ends (mhd_request.h).
 */
struct http_request {
    const char *method; /* as received */
    const char *target; /* raw path and query, as received: "/v1/me?include=orgs" */
    const struct http_header *headers;
    size_t n_headers;
    const void *body; /* NULL: none */
    size_t body_size;
    const char *peer;        /* address of the socket's peer, e.g. "127.0.0.1" */
    bool ops;                /* received on ASHLAR_OPS_LISTEN: the platform's own routes only */
    struct exchange *opened; /* by http_preflight, for http_handle; NULL: not yet */
};

enum { HTTP_RESPONSE_HEADERS_MAX = 40 };

struct stream;

struct http_response {
    int status;
    struct http_header headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t n_headers;
    struct bytes body;
    const char *route_id; /* "unmatched" when no route matched */
    struct stream
        *stream; /* the response is a stream (streams.h), owned by its sender; NULL: complete */
};

/* Handles one request; never fails (errors are responses). The response is in `a`. For HEAD it has
 * the body of GET, of which the caller sends only the length. Threads: any. */
void http_handle(struct arena *a, const struct http_request *q, struct http_response *r);

/* The response to a request that cannot be accepted: a problem of `kind`. */
void http_refuse(struct arena *a, const struct http_request *q, err kind, const char *detail,
    struct http_response *r);

/* Result of http_preflight for a body. */
struct http_body {
    size_t size, max;      /* by Content-Length, 0 without one; the route's limit */
    struct body_hold hold; /* bodies_leave it when the body's memory is freed */
};

/* Whether a request with these headers may send its body. It is matched and counts for its address
 * here; http_handle continues with it (q->opened; the same `a` and `r`). 0 when accepted. Otherwise
 * the response is filled (404, 405, 411, 413, 429, 503 …), nothing is held and the body must not be
 * read. */
int http_preflight(
    struct arena *a, struct http_request *q, struct http_body *body, struct http_response *r);

/* Limit of concurrent requests of TX_MANUAL routes; above it the response is 503. Unlimited by
 * default. */
void http_limit_manual(int most);

/* Called with every finished exchange if set: the test kit records for the contract suite. */
extern void (*http_observer)(const struct http_request *q, const struct http_response *r);
