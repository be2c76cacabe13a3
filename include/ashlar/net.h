/*
 * net — the one way out: HTTP to third parties through one guarded client.
 *
 * https only outside development, no redirects, no proxy from the environment; the address is
 * checked when connecting, so no name can lead to a private network. Refused while a transaction is
 * open.
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
    const struct net_header *headers; /* no CR or LF in them */
    size_t n_headers;
    struct bytes body;
    int timeout_ms;      /* 0: 10,000, connecting included; never beyond c's deadline */
    size_t max_response; /* bytes of body; 0: LIMIT_RECEIVED */
    bool head_only;      /* HEAD instead of GET: the answer has no body */
    bool to_own_network; /* an operator's setting, not a customer's: may be a private address */
    bool to_self; /* url is a path of this very server: asked at its ASHLAR_LISTEN, in plain HTTP */
};

struct net_response {
    int status;
    const struct net_header *headers; /* names lower-cased */
    size_t n_headers;
    struct bytes body; /* NUL-terminated */
};

/* The first header of this lower-case name; NULL: none. */
PUBLIC const char *net_response_header(const struct net_response *response, const char *name);

/* How long the server asks to be left alone (Retry-After, in seconds or as a date), at most a day;
 * 0: it does not ask, or what it says is no time to come. */
PUBLIC int64_t net_retry_after_ms(const struct net_response *response);

/* Why a customer's URL can never be called, as text for the one who entered it; NULL: it may be
 * tried, and the address it leads to is checked each time. */
PUBLIC const char *net_refuses_url(const char *url);

PUBLIC extern const struct error_kind NET_REFUSED;     /* 422 the address or URL is not allowed */
PUBLIC extern const struct error_kind NET_UNREACHABLE; /* 502 resolve, connect, TLS or reset */
PUBLIC extern const struct error_kind NET_TIMEOUT;     /* 504 */
PUBLIC extern const struct error_kind NET_TOO_LARGE;   /* 502 the answer passed max_response */

/* Any HTTP answer is success, whatever its status. ERR_OUTGROWN when c has no memory left for it. A
 * call that failed gives back what it had received. */
PUBLIC CHECKED err net_request(
    struct ctx *c, const struct net_request *request, struct net_response *response);
