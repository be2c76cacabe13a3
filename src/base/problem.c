/* The platform's error kinds, and the details collected by problem(). */
#include "problem.h"
#include <ashlar/ctx.h>

/* One line per kind: its constant and its row. */
#define KINDS(X)                                                                                   \
    X(ERR_BAD_REQUEST, "bad-request", 400, "Malformed request",                                    \
        "Read the detail. It names the invalid part of the request line, header or parameter.")    \
    X(ERR_BAD_JSON, "bad-json", 400, "Invalid JSON",                                               \
        "Send one JSON object in UTF-8 without duplicate members. The detail names line and "      \
        "column.")                                                                                 \
    X(ERR_UNAUTHENTICATED, "unauthenticated", 401, "Authentication required",                      \
        "Send a valid session cookie or `Authorization: Bearer` token. The request had none, or "  \
        "it has expired or was revoked.")                                                          \
    X(ERR_FORBIDDEN, "forbidden", 403, "Permission denied",                                        \
        "Request the permission from an owner of the organisation. The detail names the missing "  \
        "permission.")                                                                             \
    X(ERR_SECOND_FACTOR, "second-factor-required", 403, "Second factor required for staff",        \
        "Add a second factor, then sign in with it. Staff routes require a session with a second " \
        "factor.")                                                                                 \
    X(ERR_STAFF_SESSION, "staff-session-ended", 403, "Staff session expired",                      \
        "Sign in again. Staff sessions expire after 12 hours, or after 30 minutes without use.")   \
    X(ERR_SUDO_REQUIRED, "sudo-required", 403, "Reauthentication required",                        \
        "Call POST /v1/auth/sudo, then retry the request. The session must have authenticated in " \
        "the last 15 minutes.")                                                                    \
    X(ERR_CROSS_SITE, "cross-site-request", 403, "Cross-site request rejected",                    \
        "Send requests with a cookie only from this site or an origin in ASHLAR_CORS_ORIGINS. "    \
        "Other clients use `Authorization: Bearer`.")                                              \
    X(ERR_NOT_FOUND, "not-found", 404, "Not found",                                                \
        "Check the URL and the id. The response is the same for objects that you have no access "  \
        "to.")                                                                                     \
    X(ERR_METHOD_NOT_ALLOWED, "method-not-allowed", 405, "Method not allowed",                     \
        "Use a method listed in the Allow header.")                                                \
    X(ERR_CONFLICT, "conflict", 409, "Conflict with the current state",                            \
        "Fetch the resource again, check the change, then retry.")                                 \
    X(ERR_IN_FLIGHT, "idempotency-in-flight", 409,                                                 \
        "Request with this Idempotency-Key in progress",                                           \
        "Wait a second and retry with the same Idempotency-Key.")                                  \
    X(ERR_LENGTH_REQUIRED, "length-required", 411, "Content-Length required",                      \
        "Send a Content-Length header. Chunked bodies are not accepted.")                          \
    X(ERR_CHANGED, "precondition-failed", 412, "Resource changed since it was fetched",            \
        "Fetch the resource again and send its new ETag in If-Match.")                             \
    X(ERR_TOO_LARGE, "content-too-large", 413, "Content too large",                                \
        "Send a smaller body. The detail names the limit in bytes.")                               \
    X(ERR_TARGET_TOO_LONG, "target-too-long", 414, "Request target too long",                      \
        "Send a shorter path or query.")                                                           \
    X(ERR_MEDIA_TYPE, "unsupported-media-type", 415, "Unsupported media type",                     \
        "Send `Content-Type: application/json`, in UTF-8 and without Content-Encoding.")           \
    X(ERR_INVALID, "invalid-fields", 422, "Validation failed",                                     \
        "Correct the fields listed in errors[]. Each entry has a JSON pointer and the reason.")    \
    X(ERR_KEY_REUSED, "idempotency-key-reused", 422, "Idempotency-Key used with another request",  \
        "Use a new key for a new operation. The key belongs to a request with another body.")      \
    X(ERR_RATE_LIMITED, "rate-limited", 429, "Too many requests",                                  \
        "Retry after the number of seconds in Retry-After.")                                       \
    X(ERR_HEAD_TOO_LARGE, "head-too-large", 431, "Request head too large",                         \
        "Send fewer or shorter cookies and header fields, or a shorter query.")                    \
    X(ERR_INTERNAL, "internal", 500, "Internal server error",                                      \
        "Retry later. If the error persists, report the request_id.")                              \
    X(ERR_OUTGROWN, "too-much-at-once", 500, "Request exceeds its memory limit",                   \
        "Request less data: a smaller limit, a shorter range, fewer items. Repeating the same "    \
        "request does not help. Report the request_id.")                                           \
    X(ERR_UNAVAILABLE, "unavailable", 503, "Service unavailable",                                  \
        "Retry after the number of seconds in Retry-After, with the same Idempotency-Key.")        \
    X(ERR_TIMEOUT, "timeout", 503, "Request timed out",                                            \
        "Retry with the same Idempotency-Key. The request was aborted and had no effect.")         \
    X(ERR_VERSION, "version-not-supported", 505, "HTTP version not supported", "Send HTTP/1.1.")

#define DEFINE(name, code, status, title, help)                                                    \
    const struct error_kind name = { code, status, title, help };
#define LIST(name, code, status, title, help) &name,

KINDS(DEFINE)
const struct error_kind *const error_platform_kinds[] = { KINDS(LIST) NULL };

static struct problem *problem_of(struct ctx *c)
{
    if (!c->problem)
        c->problem = arena_alloc(c->arena, sizeof *c->problem);
    return c->problem;
}

static void add(struct ctx *c, const char *pointer, const char *code, const char *message)
{
    struct problem *p = problem_of(c);
    if (p->n_fields == PROBLEM_FIELDS_MAX)
        return;
    p->fields[p->n_fields++] = (struct problem_field){ pointer, code, message };
}

err problem(struct ctx *c, err kind, const char *field, const char *format, ...)
{
    struct problem *p = problem_of(c);
    va_list args;
    va_start(args, format);
    p->kind = kind;
    p->detail = arena_vprintf(c->arena, format, args);
    va_end(args);
    if (field && strpbrk(field, "/:"))
        add(c, arena_strdup(c->arena, field), kind->code, p->detail);
    else if (field)
        add(c, arena_printf(c->arena, "/%s", field), kind->code, p->detail);
    return kind;
}

const char *problem_detail(const struct ctx *c, err kind)
{
    return c->problem && c->problem->kind == kind ? c->problem->detail : NULL;
}

void problem_add(struct ctx *c, const char *pointer, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(c, arena_strdup(c->arena, pointer), code, arena_vprintf(c->arena, format, args));
    va_end(args);
}

void problem_clear(struct ctx *c)
{
    if (c->problem)
        *c->problem = (struct problem){ .kind = NULL };
}
