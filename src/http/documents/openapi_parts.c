/* The OpenAPI document's components: schemas, headers, parameters, security. */
#include "http/request/headers.h"
#include "json_out.h"
#include "openapi.h"
#include "http/table/routes.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

enum { SCHEMAS_MAX = 1024 };

/* All shapes of the document, once per name. */
struct schemas {
    struct {
        const struct shape *shape;
        bool for_input;
        const char *name;
    } list[SCHEMAS_MAX];
    size_t n;
    struct arena *arena;
};

static void add_schema(struct schemas *all, const struct shape *s, bool for_input)
{
    const char *name = schema_name(all->arena, s, for_input);

    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(all->list[i].name, name) == 0)
            return;
    }
    if (all->n == SCHEMAS_MAX) {
        log_error(NULL, "openapi.schema_omitted", log_text("left_out", name));
        return;
    }
    all->list[all->n].shape = s;
    all->list[all->n].for_input = for_input;
    all->list[all->n++].name = name;
}

static void add_nested(struct schemas *all, const struct field *f, bool for_input)
{
    if (f->of)
        add_schema(all, f->of, for_input);
    if (f->members == NULL)
        return;
    for (size_t i = 0; f->members(i).name; i++)
        add_schema(all, f->members(i).of, for_input);
}

static void add_events(struct schemas *all, const struct stream_kind *stream)
{
    for (size_t i = 0; stream && stream->events[i]; i++)
        add_schema(all, stream->events[i]->data, false);
}

static void collect(struct schemas *all)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);

    for (size_t i = 0; i < n; i++) {
        if (routes[i]->hidden)
            continue;
        if (route_has_body(routes[i]))
            add_schema(all, routes[i]->handler->in, true);
        if (route_is_json(routes[i]))
            add_schema(all, routes[i]->handler->out, false);
        add_events(all, routes[i]->stream);
    }
    /* The list grows during the loop: nested shapes may contain further shapes. */
    for (size_t i = 0; i < all->n; i++) {
        const struct shape *s = all->list[i].shape;
        for (size_t f = 0; f < s->n_fields; f++)
            add_nested(all, &s->fields[f], all->list[i].for_input);
    }
}

static const char problem_schema[] =
    "{\"type\":\"object\",\"description\":\"RFC 9457 problem details\","
    "\"required\":[\"type\",\"title\",\"status\",\"code\",\"request_id\"],\"properties\":{"
    "\"type\":{\"type\":\"string\",\"description\":\"URL of a page about the code\"},"
    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"code\":{\"type\":\"string\",\"description\":\"Stable error code to program against\"},"
    "\"detail\":{\"type\":\"string\"},\"request_id\":{\"type\":\"string\"},"
    "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"required\":[\"pointer\",\"code\",\"message\"],\"properties\":{"
    "\"pointer\":{\"type\":\"string\",\"description\":\"JSON pointer into the body, or path:, "
    "query: or header: and a name\"},\"code\":{\"type\":\"string\"},"
    "\"message\":{\"type\":\"string\"}}}}}}";

static void write_schemas(struct buf *b)
{
    struct arena *a = arena_new(0);
    struct schemas *all = arena_alloc(a, sizeof *all);

    all->arena = a;
    collect(all);
    out_open(b, "schemas", '{');
    out_name(b, "problem");
    buf_text(b, problem_schema);
    for (size_t i = 0; i < all->n; i++) {
        out_name(b, all->list[i].name);
        shape_schema(b, all->list[i].shape, all->list[i].for_input);
    }
    out_close(b, '}');
    arena_free(a);
}

struct part {
    const char *name, *json;
};

static const struct part parameters[] = {
    { "org_id", "{\"name\":\"org_id\",\"in\":\"path\",\"required\":true,"
                "\"description\":\"Organisation that the caller belongs to\","
                "\"schema\":{\"type\":\"string\",\"pattern\":"
                "\"^org_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$\"}}" },
    { "IdempotencyKey", "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
                        "\"description\":\"Random text, new for each operation. A request "
                        "repeated with the same key within 48 hours takes effect once\","
                        "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}}" },
    { "RequiredIdempotencyKey",
        "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":true,"
        "\"description\":\"Random text, new for each operation. A request "
        "repeated with the same key within 48 hours takes effect once\","
        "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}}" },
    { "After", "{\"name\":\"after\",\"in\":\"query\",\"required\":false,"
               "\"description\":\"Id of the last received event. The stream continues after it.\","
               "\"schema\":{\"type\":\"integer\",\"minimum\":0}}" },
    { "LastEventId", "{\"name\":\"Last-Event-ID\",\"in\":\"header\",\"required\":false,"
                     "\"description\":\"Id of the last received event, as sent by a "
                     "reconnecting EventSource. Takes precedence over "
                     "`after`.\",\"schema\":{\"type\":\"string\"}}" },
    { "IfMatch",
        "{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,"
        "\"description\":\"ETag of the last response. Returns 412 if the object has changed.\","
        "\"schema\":{\"type\":\"string\"}}" },
    { "IfNoneMatch",
        "{\"name\":\"If-None-Match\",\"in\":\"header\",\"required\":false,"
        "\"description\":\"ETag of the last response. Returns 304 if the object is unchanged.\","
        "\"schema\":{\"type\":\"string\"}}" },
};

#define TEXT_HEADER(doc) "{\"description\":\"" doc "\",\"schema\":{\"type\":\"string\"}}"
static const struct part response_headers[] = {
    { "XRequestId", TEXT_HEADER("Id of the request in logs and error reports") },
    { "RateLimit",
        TEXT_HEADER(
            "Remaining requests of the tightest limit (r) and seconds until it is reset (t)") },
    { "RateLimitPolicy", TEXT_HEADER("Limit: number of requests (q) per window in seconds (w)") },
    { "ETag", TEXT_HEADER("Version of the returned object") },
    { "IdempotencyReplayed",
        TEXT_HEADER("`true` if this is the stored response of an earlier request") },
    { "RetryAfter", "{\"description\":\"Number of seconds to "
                    "wait\",\"schema\":{\"type\":\"integer\",\"minimum\":1}}" },
};

static const struct part responses[] = {
    { "Problem", "{\"description\":\"Error response for all other failures\",\"content\":{"
                 "\"application/problem+json\":{\"schema\":{"
                 "\"$ref\":\"#/components/schemas/problem\"}}}}" },
    { "NotModified", "{\"description\":\"Object unchanged since the ETag in If-None-Match\"}" },
};

/* Only components that the document so far refers to. */
static void write_used(struct buf *b, const char *kind, const struct part *parts, size_t n)
{
    size_t written = b->size;

    out_open(b, kind, '{');
    for (size_t i = 0; i < n; i++) {
        char ref[96];
        snprintf(ref, sizeof ref, "\"#/components/%s/%s\"", kind, parts[i].name);
        if (memmem(b->data, written, ref, strlen(ref)) == NULL)
            continue;
        out_name(b, parts[i].name);
        buf_text(b, parts[i].json);
    }
    out_close(b, '}');
}

static void write_bearer(struct buf *b, const char *name, const char *doc)
{
    out_open(b, name, '{');
    out_text(b, "type", "http");
    out_text(b, "scheme", "bearer");
    out_text(b, "description", doc);
    out_close(b, '}');
}

static bool is_used(const struct buf *b, const char *requirement)
{
    return memmem(b->data, b->size, requirement, strlen(requirement)) != NULL;
}

static void write_security_schemes(struct buf *b)
{
    bool has_operator = is_used(b, "{\"operator\":[]}");
    bool has_key = is_used(b, "{\"api_key\":[]}");

    out_open(b, "securitySchemes", '{');
    out_open(b, "cookie", '{');
    out_text(b, "type", "apiKey");
    out_text(b, "in", "cookie");
    out_text(b, "name", headers_public_is_https() ? "__Host-" SESSION_COOKIE : SESSION_COOKIE);
    out_text(b, "description", "Session cookie for browsers, set by signing in");
    out_close(b, '}');
    write_bearer(b, "bearer", "Bearer token of a session");
    if (has_key)
        write_bearer(b, "api_key", "API key of an organisation");
    if (has_operator)
        write_bearer(b, "operator", "Token from the server's settings");
    out_close(b, '}');
}

void openapi_write_components(struct buf *b)
{
    out_open(b, "components", '{');
    write_schemas(b);
    write_used(b, "parameters", parameters, COUNT(parameters));
    write_used(b, "headers", response_headers, COUNT(response_headers));
    write_used(b, "responses", responses, COUNT(responses));
    write_security_schemes(b);
    out_close(b, '}');
}
