/* Cross-origin resource sharing (Fetch standard): denied unless the origin is listed. */
#include "exchange.h"
#include "dispatch.h"
#include "headers.h"
#include "origin.h"
#include "http/table/routes.h"

/* The request's Origin when it may read our responses, otherwise NULL. */
static const char *reading_origin(const struct exchange *x)
{
    const char *origin = request_header(x->q, "Origin");
    return origin && origin_is_allowed(&origin_rules, origin) ? origin : NULL;
}

void cors_headers(struct exchange *x)
{
    const char *origin = reading_origin(x);

    if (x->any_origin) {
        header_add(x->r, "Access-Control-Allow-Origin", "*");
        return;
    }
    header_add(x->r, "Vary", "Origin");
    if (origin == NULL)
        return;
    header_add(x->r, "Access-Control-Allow-Origin", origin);
    header_add(x->r, "Access-Control-Allow-Credentials", "true");
    header_add(x->r, "Access-Control-Expose-Headers",
        "ETag, X-Request-Id, Retry-After, Idempotency-Replayed, RateLimit, RateLimit-Policy, "
        "Deprecation, Sunset");
}

/* The row that a preflight is about. */
static const struct route *wanted_route(const struct exchange *x, const char *method)
{
    struct match wanted;

    router_match(router_installed(), method_parse(method), &x->target, &wanted);
    return wanted.row ? wanted.row->route : NULL;
}

static void allow_request(struct exchange *x, const char *methods, const char *fields)
{
    header_add(x->r, "Access-Control-Allow-Methods", methods);
    header_add(x->r, "Access-Control-Allow-Headers", fields);
    header_add(x->r, "Access-Control-Max-Age", "600");
}

void cors_answer(struct exchange *x)
{
    const char *method = request_header(x->q, "Access-Control-Request-Method");
    const struct route *wanted = method ? wanted_route(x, method) : NULL;

    x->r->status = 204;
    headers_constant(x->r, NULL, false);
    problem_allow(x);
    x->any_origin = wanted && wanted->any_origin;
    if (x->any_origin) {
        allow_request(x, "GET, POST", "Authorization, Content-Type, X-Retry-Count");
    } else if (method && reading_origin(x)) {
        allow_request(x, "GET, POST, PUT, PATCH, DELETE",
            "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
            "Last-Event-ID, Traceparent");
    }
}
