/*
 * net — guarded HTTP client for all requests to third parties.
 *
 * https only outside development, no redirects, no proxy from the environment. The address is
 * checked at connect, so no name can resolve into a private network. Not allowed while a
 * transaction is open.
 *
 * Home: egress.c and net_response.c.
 */
#pragma once
#include "ctx.h"
#include "route.h"

struct net_header {
    const char *name, *value;
};

struct net_request {
    enum http_method method;
    const char *url;
    const struct net_header *headers; /* values without CR and LF */
    size_t n_headers;
    struct bytes body;
    int timeout_ms;      /* limited by c's deadline, connect included. 0: 10,000 */
    size_t max_response; /* bytes of body. 0: LIMIT_RECEIVED */
    bool head_only;      /* HEAD instead of GET: the response has no body */
    bool to_own_network; /* URL of an operator's setting, not a customer's: private addresses are
                          * allowed */
    bool to_self; /* url is a path of this server, requested at its ASHLAR_LISTEN by plain HTTP */
};

struct net_response {
    int status;
    const struct net_header *headers; /* names lower-cased */
    size_t n_headers;
    struct bytes body; /* NUL-terminated */
};

/* The first header of this lower-case name. NULL: none. */
PUBLIC const char *net_response_header(const struct net_response *response, const char *name);

/* Delay requested by Retry-After (seconds or a date), at most a day. 0: none, or not in the
 * future. */
PUBLIC int64_t net_retry_after_ms(const struct net_response *response);

/* NULL, or the reason why a customer's URL can never be called, as text for the customer. Its
 * addresses are checked again at each call. */
PUBLIC const char *net_refuses_url(const char *url);

PUBLIC extern const struct error_kind NET_REFUSED;     /* 422 the address or URL is not allowed */
PUBLIC extern const struct error_kind NET_UNREACHABLE; /* 502 resolve, connect, TLS or reset */
PUBLIC extern const struct error_kind NET_TIMEOUT;     /* 504 */
PUBLIC extern const struct error_kind NET_TOO_LARGE;   /* 502 the response exceeded max_response */

/* Every HTTP response is a success, regardless of its status. ERR_OUTGROWN if c lacks memory for
 * it. A failed call frees the received data. */
PUBLIC CHECKED err net_request(
    struct ctx *c, const struct net_request *request, struct net_response *response);
