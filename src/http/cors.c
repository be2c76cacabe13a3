/* Cross-origin resource sharing (Fetch standard): denied unless the origin is listed. */
#include "exchange.h"
#include "headers.h"
#include "origin.h"

/* The request's Origin when it may read our replies, otherwise NULL. */
static const char *reading_origin(const struct exchange *x)
{
    const char *origin = request_header(x->q, "Origin");
    return origin && origin_is_allowed(&origin_rules, origin) ? origin : NULL;
}

void cors_headers(struct exchange *x)
{
    const char *origin = reading_origin(x);

    header_add(x->r, "Vary", "Origin");
    if (origin == NULL)
        return;
    header_add(x->r, "Access-Control-Allow-Origin", origin);
    header_add(x->r, "Access-Control-Allow-Credentials", "true");
    header_add(x->r, "Access-Control-Expose-Headers",
        "ETag, X-Request-Id, Retry-After, Idempotency-Replayed, RateLimit, RateLimit-Policy, "
        "Deprecation, Sunset");
}

void cors_answer(struct exchange *x)
{
    x->r->status = 204;
    headers_constant(x->r, NULL, false);
    problem_allow(x);
    if (reading_origin(x) == NULL || !request_header(x->q, "Access-Control-Request-Method"))
        return;
    header_add(x->r, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    header_add(x->r, "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent");
    header_add(x->r, "Access-Control-Max-Age", "600");
}
