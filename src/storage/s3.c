/* Requests to a bucket, by S3's REST interface without an SDK. */
#include "s3.h"
#include "config/platform_settings.h"
#include "sigv4.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/net.h>
#include <ashlar/runtime.h>
#include <ashlar/text.h>

enum {
    TRIES = 3,
    PAUSE_MS = 200, /* doubled after each attempt */
    TIMEOUT_MS = 60000,
    RESPONSE_MAX = 64 * 1024, /* for S3's error responses */
    SAID_MAX = 300,
};

/* Address of the bucket. */
struct place {
    const char *scheme, *host; /* host with its port, unless it is the default */
    const char *path;          /* "" or "/bucket" */
};

/* One request, unchanged over its attempts. */
struct call {
    enum http_method method;
    bool head;
    const char *key, *type;
    struct bytes body;
    size_t most; /* bytes of the response body */
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size > tail && strcmp(text + size - tail, end) == 0;
}

/* The scheme's default port is omitted from the Host header, so it must be omitted from the signed
 * text. */
static const char *host_of(struct arena *a, const char *url, bool https)
{
    char *host = arena_strdup(a, strstr(url, "://") + 3);
    const char *port = https ? ":443" : ":80";

    host[strcspn(host, "/")] = '\0';
    if (ends_with(host, port))
        host[strlen(host) - strlen(port)] = '\0';
    return host;
}

static struct place place_of(struct arena *a)
{
    const char *url = setting_text(&ASHLAR_STORAGE_S3_URL);
    const char *bucket = setting_text(&ASHLAR_STORAGE_S3_BUCKET);
    bool https = text_starts_with(url, "https:");
    struct place p = { .scheme = https ? "https" : "http", .host = host_of(a, url, https) };

    if (setting_bool(&ASHLAR_STORAGE_S3_PATH_STYLE)) {
        p.path = arena_printf(a, "/%s", bucket);
    } else {
        p.path = "";
        p.host = arena_printf(a, "%s.%s", bucket, p.host);
    }
    return p;
}

static struct sigv4_keys keys(void)
{
    return (struct sigv4_keys){
        .id = setting_text(&ASHLAR_STORAGE_S3_KEY_ID),
        .secret = setting_text(&ASHLAR_STORAGE_S3_SECRET),
        .region = setting_text(&ASHLAR_STORAGE_S3_REGION),
        .service = "s3",
    };
}

const char *s3_check(void)
{
    if (setting_text(&ASHLAR_STORAGE_S3_URL) == NULL ||
        setting_text(&ASHLAR_STORAGE_S3_BUCKET) == NULL ||
        setting_text(&ASHLAR_STORAGE_S3_KEY_ID) == NULL ||
        setting_text(&ASHLAR_STORAGE_S3_SECRET) == NULL)
        return "ASHLAR_STORAGE=s3 needs ASHLAR_STORAGE_S3_URL, ASHLAR_STORAGE_S3_BUCKET, "
               "ASHLAR_STORAGE_S3_KEY_ID and ASHLAR_STORAGE_S3_SECRET";
    return NULL;
}

static const char *method_name(const struct call *q)
{
    if (q->head)
        return "HEAD";
    return q->method == PUT ? "PUT" : q->method == DELETE_ ? "DELETE" : "GET";
}

static err send_once(struct ctx *c, const struct call *q, struct net_response *response)
{
    const struct place p = place_of(c->arena);
    const struct sigv4_keys k = keys();
    struct instant now = clock_now();
    uint8_t hash[HASH_SIZE];
    const char *path = arena_printf(c->arena, "%s/%s", p.path, q->key);

    sha256(q->body, hash);
    const char *payload = hex_from_bytes(c->arena, hash, sizeof hash);
    struct net_header headers[5] = {
        { "host", p.host },
        { "x-amz-content-sha256", payload },
        { "x-amz-date", sigv4_date(c->arena, now) },
        { "content-type", q->type },
    };
    size_t n = q->type != NULL ? 4 : 3;
    const struct sigv4_request signed_part = { .method = method_name(q),
        .path = path,
        .headers = headers,
        .n_headers = n,
        .payload = payload };

    headers[n] = (struct net_header){ "authorization",
        sigv4_authorization(c->arena, &k, &signed_part, now) };
    return net_request(c,
        &(const struct net_request){
            .method = q->method,
            .head_only = q->head,
            .url = arena_printf(
                c->arena, "%s://%s%s", p.scheme, p.host, sigv4_encode(c->arena, path, true)),
            .headers = headers + 1, /* the client sends the same Host itself */
            .n_headers = n,
            .body = q->body,
            .timeout_ms = TIMEOUT_MS,
            .max_response = q->most > RESPONSE_MAX ? q->most : RESPONSE_MAX,
            .to_own_network = true,
        },
        response);
}

static bool is_worth_another(err e, const struct net_response *response)
{
    return e == &NET_UNREACHABLE ||
           (e == NULL && (response->status >= 500 || response->status == 429));
}

/* S3's error for the operator: an XML text with code and message. */
static err failed(struct ctx *c, const struct call *q, err e, const struct net_response *response)
{
    size_t size = e == NULL && response->body.size < SAID_MAX ? response->body.size : SAID_MAX;
    const char *said = e == NULL && response->body.data != NULL
                           ? arena_strndup(c->arena, response->body.data, size)
                           : "";

    log_error(c, "storage.s3_failed", log_text("method", method_name(q)), log_text("key", q->key),
        log_int("status", e == NULL ? response->status : 0), log_text("error", e ? e->code : ""),
        log_text("said", utf8_is_valid(said, strlen(said)) ? said : ""));
    return problem(c, &ERR_UNAVAILABLE, NULL, "The file storage is temporarily unreachable.");
}

/* Repeats the request until its response is neither a temporary failure nor unexpected: 2xx or
 * 404. */
static err send(struct ctx *c, const struct call *q, struct net_response *response)
{
    err e = NULL;

    for (int i = 0; i < TRIES; i++) {
        if (i > 0)
            TRY(sleep_ms(c, PAUSE_MS << i));
        e = send_once(c, q, response);
        if (!is_worth_another(e, response))
            break;
    }
    if (e == &NET_TOO_LARGE)
        return &ERR_TOO_LARGE;
    if (e == NULL && (response->status / 100 == 2 || response->status == 404))
        return NULL;
    if (e == &NET_TIMEOUT && ctx_left_ms(c) == 0)
        return problem(c, &ERR_TIMEOUT, NULL, "The deadline of this request has passed.");
    return failed(c, q, e, response);
}

static const char *type_of(const struct net_response *response)
{
    const char *type = net_response_header(response, "content-type");
    return type != NULL ? type : "application/octet-stream";
}

err s3_put(struct ctx *c, const char *key, const struct storage_object *object)
{
    const struct call q = { .method = PUT, .key = key, .type = object->type, .body = object->body };
    struct net_response response;

    TRY(send(c, &q, &response));
    if (response.status == 404) /* no such bucket */
        return failed(c, &q, NULL, &response);
    return NULL;
}

err s3_get(struct ctx *c, const char *key, size_t most, struct storage_object *out)
{
    const struct call q = { .method = GET, .key = key, .most = most };
    struct net_response response;

    TRY(send(c, &q, &response));
    if (response.status == 404)
        return &ERR_NOT_FOUND;
    if (response.body.size > most)
        return &ERR_TOO_LARGE;
    *out = (struct storage_object){ .type = type_of(&response), .body = response.body };
    return NULL;
}

err s3_head(struct ctx *c, const char *key, struct storage_info *out)
{
    const struct call q = { .method = GET, .head = true, .key = key };
    struct net_response response;
    int64_t size;

    TRY(send(c, &q, &response));
    if (response.status == 404)
        return &ERR_NOT_FOUND;
    if (!net_response_header(&response, "content-length") ||
        !text_to_int(net_response_header(&response, "content-length"), &size))
        return failed(c, &q, NULL, &response);
    *out = (struct storage_info){ .type = type_of(&response), .size = size };
    return NULL;
}

err s3_delete(struct ctx *c, const char *key)
{
    const struct call q = { .method = DELETE_, .key = key };
    struct net_response response;

    return send(c, &q, &response);
}

char *s3_presign(struct ctx *c, const char *method, const char *key, int seconds)
{
    const struct place p = place_of(c->arena);
    const struct sigv4_keys k = keys();
    const char *path = arena_printf(c->arena, "%s/%s", p.path, key);
    const struct net_header host = { "host", p.host };
    const struct sigv4_request q = {
        .method = method, .path = path, .headers = &host, .n_headers = 1, .payload = SIGV4_UNSIGNED
    };

    return arena_printf(c->arena, "%s://%s%s?%s", p.scheme, p.host,
        sigv4_encode(c->arena, path, true),
        sigv4_presigned_query(c->arena, &k, &q, clock_now(), seconds));
}
