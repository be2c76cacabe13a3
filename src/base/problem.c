/* Failures as values: the platform's kinds and what problem() collects. Knows no HTTP but statuses.
 */
#include "problem.h"
#include <ashlar/ctx.h>

/* One line per kind: its constant, and its row in the list. */
#define KINDS(X)                                                                                   \
    X(ERR_BAD_REQUEST, "bad-request", 400, "The request is malformed",                             \
        "Read the detail; the request line, a header or a parameter cannot be understood.")        \
    X(ERR_BAD_JSON, "bad-json", 400, "The body is not acceptable JSON",                            \
        "The detail names line and column. Send one JSON object in UTF-8 without duplicate "       \
        "members.")                                                                                \
    X(ERR_UNAUTHENTICATED, "unauthenticated", 401, "Sign in first",                                \
        "Send a valid session cookie or `Authorization: Bearer` token; the one sent is missing, "  \
        "expired or revoked.")                                                                     \
    X(ERR_FORBIDDEN, "forbidden", 403, "Not allowed",                                              \
        "The detail names the permission that is missing. Ask an owner of the organisation for "   \
        "it.")                                                                                     \
    X(ERR_SECOND_FACTOR, "second-factor-required", 403, "This needs a second factor",              \
        "Staff routes want a session that proved a second factor. Enrol one, then sign in with "   \
        "it.")                                                                                     \
    X(ERR_STAFF_SESSION, "staff-session-ended", 403, "Prove again who you are",                    \
        "Staff work with sessions younger than 12 hours that were used in the last 30 minutes. "   \
        "Sign in again.")                                                                          \
    X(ERR_SUDO_REQUIRED, "sudo-required", 403, "Prove once more who you are",                      \
        "This needs a session that proved its password or second factor in the last 15 minutes. "  \
        "POST /v1/auth/sudo, then send the same request again.")                                   \
    X(ERR_CROSS_SITE, "cross-site-request", 403, "Refused: the request came from another site",    \
        "Requests that change something with a cookie must come from this site or a configured "   \
        "origin (ASHLAR_CORS_ORIGINS). Other clients use `Authorization: Bearer`.")                \
    X(ERR_NOT_FOUND, "not-found", 404, "Not found",                                                \
        "Check the address and the id. What you may not see is answered the same way.")            \
    X(ERR_METHOD_NOT_ALLOWED, "method-not-allowed", 405, "This address has no such method",        \
        "The Allow header lists the methods it has.")                                              \
    X(ERR_CONFLICT, "conflict", 409, "In conflict with the present state",                         \
        "Fetch the resource again, decide anew, then retry.")                                      \
    X(ERR_IN_FLIGHT, "idempotency-in-flight", 409, "The same request is still being processed",    \
        "Wait a second and retry with the same Idempotency-Key.")                                  \
    X(ERR_LENGTH_REQUIRED, "length-required", 411, "Content-Length is required",                   \
        "Send a Content-Length header; chunked bodies are not accepted.")                          \
    X(ERR_CHANGED, "precondition-failed", 412, "The resource has changed in the meantime",         \
        "Fetch it again and send its new ETag in If-Match.")                                       \
    X(ERR_TOO_LARGE, "content-too-large", 413, "The body is too large",                            \
        "The detail names the limit in bytes.")                                                    \
    X(ERR_TARGET_TOO_LONG, "target-too-long", 414, "The address is too long",                      \
        "Send a shorter path or query.")                                                           \
    X(ERR_MEDIA_TYPE, "unsupported-media-type", 415, "The body is of a type that is not read",     \
        "Send `Content-Type: application/json`, in UTF-8 and without Content-Encoding.")           \
    X(ERR_INVALID, "invalid-fields", 422, "Some fields are not acceptable",                        \
        "errors[] names each field with a JSON pointer and what is wrong with it.")                \
    X(ERR_KEY_REUSED, "idempotency-key-reused", 422, "The Idempotency-Key was used before",        \
        "The key belongs to a request with another body. Use a new key for a new operation.")      \
    X(ERR_RATE_LIMITED, "rate-limited", 429, "Too many requests",                                  \
        "Wait as many seconds as Retry-After says.")                                               \
    X(ERR_HEAD_TOO_LARGE, "head-too-large", 431, "The head of the request is too large",           \
        "Send fewer or shorter cookies and header fields, or a shorter query.")                    \
    X(ERR_INTERNAL, "internal", 500, "Something went wrong on our side",                           \
        "Retry later; if it stays, report the request_id.")                                        \
    X(ERR_OUTGROWN, "too-much-at-once", 500, "This takes more memory than one request may have",   \
        "Ask for less at once: a smaller limit, a shorter range, fewer items. Repeating the same " \
        "request gives the same answer; report the request_id.")                                   \
    X(ERR_UNAVAILABLE, "unavailable", 503, "The service cannot answer just now",                   \
        "Retry after as many seconds as Retry-After says, with the same Idempotency-Key.")         \
    X(ERR_TIMEOUT, "timeout", 503, "The request took too long",                                    \
        "It was given up and had no effect. Retry, with the same Idempotency-Key.")                \
    X(ERR_VERSION, "version-not-supported", 505, "This version of HTTP is not spoken",             \
        "Send HTTP/1.1.")

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
