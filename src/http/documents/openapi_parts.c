/* The OpenAPI document's components: headers, parameters, security. */
#include "http/request/headers.h"
#include "json_out.h"
#include "openapi.h"
#include "schemas.h"
#include <ashlar/log.h>
#include <ashlar/text.h>

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
                 "\"$ref\":\"#/components/schemas/Problem\"}}}}" },
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
    schemas_write(b);
    write_used(b, "parameters", parameters, COUNT(parameters));
    write_used(b, "headers", response_headers, COUNT(response_headers));
    write_used(b, "responses", responses, COUNT(responses));
    write_security_schemes(b);
    out_close(b, '}');
}
