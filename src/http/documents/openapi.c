/* The OpenAPI 3.1 document: info and operations. */
#include "openapi.h"
#include "config/platform_settings.h"
#include "http/table/error_list.h"
#include "http/request/http.h"
#include "json_out.h"
#include "schemas.h"
#include "base/version.h"
#include <ashlar/text.h>

static const char description[] =
    "JSON over HTTP. Browsers authenticate by a cookie, other clients send `Authorization: "
    "Bearer`.\n\nErrors are problem+json (RFC 9457). Program against `code`. Lists are paginated: "
    "pass `next_cursor` as `cursor`. Every POST accepts an `Idempotency-Key`, so it is safe to "
    "repeat. An object with a `version` returns it in `ETag`. Send it in `If-Match` to avoid "
    "overwriting another change. Operations on objects without a version reject `If-Match`.";

const char *rate_class_text(enum rate_class class)
{
    static const char *const names[] = { "", "read", "write", "sensitive", "ingest", "none" };
    return names[class];
}

static bool has_query(const struct shape *s)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].in == QUERY)
            return true;
    }
    return false;
}

/* The platform's error kinds that only some routes can return, with their condition. */
enum cause {
    NEVER = 1,
    BODY_COMES,
    INPUT_COMES,
    NEEDS_ROLE,
    SUDO,
    MUTATES,
    HAS_VERSION,
    TAKES_KEY,
    LIMITED,
    OF_STAFF
};

static const struct {
    const struct error_kind *kind;
    enum cause cause;
} causes[] = {
    { &ERR_METHOD_NOT_ALLOWED, NEVER },
    { &ERR_HEAD_TOO_LARGE, NEVER },
    { &ERR_TARGET_TOO_LONG, NEVER },
    { &ERR_VERSION, NEVER },
    { &ERR_BAD_JSON, BODY_COMES },
    { &ERR_LENGTH_REQUIRED, BODY_COMES },
    { &ERR_TOO_LARGE, BODY_COMES },
    { &ERR_MEDIA_TYPE, BODY_COMES },
    { &ERR_INVALID, INPUT_COMES },
    { &ERR_FORBIDDEN, NEEDS_ROLE },
    { &ERR_SUDO_REQUIRED, SUDO },
    { &ERR_SECOND_FACTOR, OF_STAFF },
    { &ERR_STAFF_SESSION, OF_STAFF },
    { &ERR_CROSS_SITE, MUTATES },
    { &ERR_CONFLICT, MUTATES },
    { &ERR_CHANGED, HAS_VERSION },
    { &ERR_IN_FLIGHT, TAKES_KEY },
    { &ERR_KEY_REUSED, TAKES_KEY },
    { &ERR_RATE_LIMITED, LIMITED },
};

static bool has_cause(const struct route *r, enum cause cause)
{
    switch (cause) {
    case BODY_COMES:
        return route_has_body(r) || route_takes_raw(r);
    case INPUT_COMES:
        return has_cause(r, BODY_COMES) || has_query(r->handler->in) || r->stream;
    case NEEDS_ROLE:
        return r->scope == SCOPE_ORG || r->scope == SCOPE_STAFF;
    case SUDO:
        return r->sudo || r->sudo_for_some;
    case OF_STAFF:
        return r->scope == SCOPE_STAFF;
    case MUTATES:
        return route_is_mutating(r);
    case HAS_VERSION:
        return route_row(r)->has_versions;
    case TAKES_KEY:
        return route_takes_key(r);
    case LIMITED:
        return r->rate != RATE_NONE || r->stream || has_cause(r, BODY_COMES);
    case NEVER:
        break;
    }
    return false;
}

static bool common_applies(const struct route *r, const struct error_kind *kind)
{
    for (size_t i = 0; i < COUNT(causes); i++) {
        if (causes[i].kind == kind)
            return has_cause(r, causes[i].cause);
    }
    return true;
}

static bool is_platform_kind(const struct error_kind *kind)
{
    return strchr(kind->code, '/') == NULL;
}

bool route_may_answer(const struct route *r, const struct error_kind *kind)
{
    const struct error_kind *own;

    for (size_t i = 0; (own = route_error(r, i)) != NULL; i++) {
        if (own == kind)
            return true;
    }
    return is_platform_kind(kind) && common_applies(r, kind);
}

/* --- One operation --- */

static void write_parameter(struct buf *b, const struct field *f)
{
    bool required = f->in == PATH || (!f->optional && !f->fallback);

    out_open(b, NULL, '{');
    out_text(b, "name", f->name);
    out_text(b, "in", f->in == PATH ? "path" : "query");
    out_bool(b, "required", required);
    out_text(b, "description", f->doc);
    if (f->kind == KIND_TEXTS) {
        out_text(b, "style", "form");
        out_bool(b, "explode", true);
    }
    out_name(b, "schema");
    field_schema(b, f, true);
    out_close(b, '}');
}

static void write_parameters(struct buf *b, const struct route *r)
{
    out_open(b, "parameters", '[');
    if (r->scope == SCOPE_ORG && !route_has_path_field(r, (struct span){ "org_id", 6 }))
        out_ref(b, NULL, "parameters", "org_id");
    for (size_t i = 0; i < r->handler->in->n_fields; i++) {
        if (r->handler->in->fields[i].in != BODY)
            write_parameter(b, &r->handler->in->fields[i]);
    }
    if (r->stream) {
        out_ref(b, NULL, "parameters", "After");
        out_ref(b, NULL, "parameters", "LastEventId");
    }
    if (route_takes_key(r))
        out_ref(b, NULL, "parameters",
            r->idempotency == KEY_REQUIRED ? "RequiredIdempotencyKey" : "IdempotencyKey");
    if (route_row(r)->has_versions)
        out_ref(b, NULL, "parameters", "IfMatch");
    if (r->method == GET && route_is_json(r))
        out_ref(b, NULL, "parameters", "IfNoneMatch");
    out_close(b, ']');
}

static bool body_is_required(const struct shape *s)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (f->in == BODY && !f->optional && !f->fallback && !s->present_at)
            return true;
    }
    return false;
}

static void write_schema_ref(struct buf *b, const char *name, const struct shape *s, bool input)
{
    out_ref(b, name, "schemas", schemas_name(s, input));
}

static void write_request_body(struct buf *b, const struct route *r)
{
    if (route_takes_raw(r))
        buf_text(b, ",\"requestBody\":{\"required\":true,\"content\":{\"*/*\":{}}}");
    if (!route_has_body(r))
        return;
    out_open(b, "requestBody", '{');
    out_bool(b, "required", body_is_required(r->handler->in));
    out_open(b, "content", '{');
    out_open(b, "application/json", '{');
    write_schema_ref(b, "schema", r->handler->in, true);
    buf_text(b, "}}}");
}

static void write_response_headers(struct buf *b, const struct route *r)
{
    out_open(b, "headers", '{');
    out_ref(b, "X-Request-Id", "headers", "XRequestId");
    if (r->rate != RATE_NONE) {
        out_ref(b, "RateLimit", "headers", "RateLimit");
        out_ref(b, "RateLimit-Policy", "headers", "RateLimitPolicy");
    }
    if (shape_has_etag(r->handler->out) || (r->method == GET && route_is_json(r)))
        out_ref(b, "ETag", "headers", "ETag");
    if (route_takes_key(r))
        out_ref(b, "Idempotency-Replayed", "headers", "IdempotencyReplayed");
    out_close(b, '}');
}

/* The shape of a data: line for each event by name; OpenAPI 3.1 has no keyword for it. */
static void write_stream(struct buf *b, const struct route *r)
{
    static const char *const types[] = { "text/event-stream", "application/x-ndjson" };

    out_open(b, "content", '{');
    for (size_t i = 0; i < COUNT(types); i++) {
        out_open(b, types[i], '{');
        buf_text(b, "\"schema\":{\"type\":\"string\"}}");
    }
    out_close(b, '}');
    out_open(b, "x-events", '{');
    for (const struct stream_event *const *e = r->stream->events; *e; e++) {
        out_open(b, (*e)->name, '{');
        out_text(b, "description", (*e)->doc);
        write_schema_ref(b, "data", (*e)->data, false);
        out_close(b, '}');
    }
    out_close(b, '}');
}

static void write_success(struct buf *b, const struct route *r)
{
    char status[16];

    snprintf(status, sizeof status, "%d", r->status);
    out_open(b, status, '{');
    out_text(b, "description",
        r->handler->out->doc && r->handler->out->doc[0] ? r->handler->out->doc : "Success");
    write_response_headers(b, r);
    if (route_is_json(r)) {
        out_open(b, "content", '{');
        out_open(b, "application/json", '{');
        write_schema_ref(b, "schema", r->handler->out, false);
        buf_text(b, "}}");
    } else if (r->stream) {
        write_stream(b, r);
    } else if (r->handler->out == &content_shape) {
        out_open(b, "content", '{');
        buf_text(b, "\"*/*\":{}}");
    }
    out_close(b, '}');
    if (r->method == GET && route_is_json(r) && r->status == 200)
        out_ref(b, "304", "responses", "NotModified");
}

/* Own and platform kinds of one status form one response: the codes distinguish them. */
static void write_failure(struct buf *b, const struct route *r, int status)
{
    char text[16];
    const char *between = "";
    const struct error_kind *own;

    snprintf(text, sizeof text, "%d", status);
    out_open(b, text, '{');
    out_name(b, "description");
    buf_char(b, '"');
    for (size_t i = 0; (own = route_error(r, i)) != NULL; i++) {
        if (own->status == status) {
            buf_printf(b, "%s`%s`", between, own->code);
            between = ", ";
        }
    }
    for (const struct error_kind *const *k = error_platform_kinds; *k; k++) {
        if ((*k)->status == status && route_may_answer(r, *k)) {
            buf_printf(b, "%s`%s`", between, (*k)->code);
            between = ", ";
        }
    }
    buf_text(b, "\"");
    out_open(b, "headers", '{');
    out_ref(b, "X-Request-Id", "headers", "XRequestId");
    if (status == 429 || status == 503 || (status == 409 && route_takes_key(r)))
        out_ref(b, "Retry-After", "headers", "RetryAfter");
    out_close(b, '}');
    out_open(b, "content", '{');
    out_open(b, "application/problem+json", '{');
    out_ref(b, "schema", "schemas", "Problem");
    buf_text(b, "}}}");
}

static bool answers_status(const struct route *r, int status)
{
    const struct error_kind *own;

    for (size_t i = 0; (own = route_error(r, i)) != NULL; i++) {
        if (own->status == status)
            return true;
    }
    for (const struct error_kind *const *k = error_platform_kinds; *k; k++) {
        if ((*k)->status == status && common_applies(r, *k))
            return true;
    }
    return false;
}

static void write_responses(struct buf *b, const struct route *r)
{
    out_open(b, "responses", '{');
    write_success(b, r);
    for (int status = 400; status < 600; status++) {
        if (answers_status(r, status))
            write_failure(b, r, status);
    }
    out_ref(b, "default", "responses", "Problem");
    out_close(b, '}');
}

static void write_security(struct buf *b, const struct route *r)
{
    out_open(b, "security", '[');
    if (r->auth == AUTH_SESSION)
        buf_text(b, "{\"cookie\":[]},{\"bearer\":[]}");
    else if (r->auth == AUTH_SESSION_OR_KEY)
        buf_text(b, "{\"cookie\":[]},{\"bearer\":[]},{\"api_key\":[]}");
    else if (r->auth == AUTH_TOKEN)
        buf_text(b, "{\"operator\":[]}");
    else
        buf_text(b, "{}");
    out_close(b, ']');
}

static void write_operation(struct buf *b, const struct route *r)
{
    static const char *const members[] = { "", "get", "post", "put", "patch", "delete" };

    out_open(b, members[r->method], '{');
    out_text(b, "operationId", r->id);
    out_text(b, "summary", r->summary);
    out_text(b, "description", r->doc);
    out_open(b, "tags", '[');
    out_name(b, NULL);
    buf_json_text(b, route_row(r)->module->name);
    out_close(b, ']');
    if (r->deprecated)
        out_bool(b, "deprecated", true);
    out_text(b, "x-permission", r->permission);
    if (r->scope == SCOPE_STAFF)
        out_bool(b, "x-staff", true);
    out_text(b, "x-rate-class", rate_class_text(r->rate));
    if (r->sudo)
        out_bool(b, "x-sudo", true);
    if (r->while_suspended)
        out_bool(b, "x-while-suspended", true);
    write_security(b, r);
    write_parameters(b, r);
    write_request_body(b, r);
    write_responses(b, r);
    out_close(b, '}');
}

/* --- The document --- */

static void write_info(struct buf *b)
{
    const char *url = setting_text(&ASHLAR_PUBLIC_URL);

    out_text(b, "openapi", "3.1.0");
    out_open(b, "info", '{');
    out_text(b, "title", "Ashlar");
    out_text(b, "version", build_version);
    out_text(b, "summary", "A SaaS backend");
    out_text(b, "description", description);
    out_open(b, "license", '{');
    out_text(b, "name", "MIT");
    out_text(b, "identifier", "MIT");
    buf_text(b, "}}");
    out_open(b, "servers", '[');
    out_open(b, NULL, '{');
    out_text(b, "url", config_is_local() || url == NULL ? "/" : url);
    buf_text(b, "}]");
}

/* Whether this is the first visible row of its path. */
static bool opens_path(const struct route *const *routes, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (!routes[i]->hidden && strcmp(routes[i]->path, routes[at]->path) == 0)
            return false;
    }
    return !routes[at]->hidden;
}

static void write_paths(struct buf *b)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);

    out_open(b, "paths", '{');
    for (size_t i = 0; i < n; i++) {
        if (!opens_path(routes, i))
            continue;
        out_open(b, routes[i]->path, '{');
        for (size_t j = i; j < n; j++) {
            if (!routes[j]->hidden && strcmp(routes[i]->path, routes[j]->path) == 0)
                write_operation(b, routes[j]);
        }
        out_close(b, '}');
    }
    out_close(b, '}');
}

static void write_tags(struct buf *b)
{
    const struct route *const *routes;
    const struct module *before = NULL;
    size_t n = routes_installed(&routes);

    out_open(b, "tags", '[');
    for (size_t i = 0; i < n; i++) {
        const struct module *m = route_row(routes[i])->module;
        if (routes[i]->hidden || m == before) /* rows are sorted by module */
            continue;
        before = m;
        out_open(b, NULL, '{');
        out_text(b, "name", m->name);
        out_text(b, "description", m->summary);
        out_close(b, '}');
    }
    out_close(b, ']');
}

static struct buf document;

void openapi_start(void)
{
    buf_init(&document, NULL, DOCUMENT_MAX);
    out_open(&document, NULL, '{');
    write_info(&document);
    write_tags(&document);
    write_paths(&document);
    openapi_write_components(&document);
    out_close(&document, '}');
}

void openapi_stop(void)
{
    buf_release(&document);
}

struct bytes openapi_document(void)
{
    return (struct bytes){ document.data, document.size };
}
