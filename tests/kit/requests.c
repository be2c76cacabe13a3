/* Requests as a browser would send them, and their responses. Knows http_handle, no module. */
#include "kit.h"
#include "http/stream/streams.h"
#include <zlib.h>

struct arena *arena_of(struct t *t)
{
    return t->arena;
}

struct jar *kit_jar(struct t *t)
{
    return arena_alloc(t->arena, sizeof(struct jar));
}

const char *at(struct t *t, const char *path_format, ...)
{
    va_list args;
    char *path;

    va_start(args, path_format);
    path = arena_vprintf(t->arena, path_format, args);
    va_end(args);
    return path;
}

void with_header(struct t *t, const char *name, const char *value)
{
    if (t->n_next == KIT_HEADERS_MAX)
        kit_fail(t, __FILE__, __LINE__, "more than %d headers", KIT_HEADERS_MAX);
    else
        t->next[t->n_next++] =
            (struct http_header){ arena_strdup(t->arena, name), arena_strdup(t->arena, value) };
}

void on_purpose(struct t *t)
{
    with_header(t, "X-Test-Fault", "yes");
}

void from_address(struct t *t, const char *address)
{
    t->address = arena_strdup(t->arena, address);
}

/* 'a':'it\'s' becomes "a":"it's". */
static char *double_quotes(struct arena *a, const char *text)
{
    char *out = arena_alloc(a, strlen(text) + 1);
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        if (p[0] == '\\' && p[1] == '\'')
            out[n++] = *++p;
        else
            out[n++] = *p == '\'' ? '"' : *p;
    }
    return out;
}

/* A header the test did not set itself; NULL values are those it took away. */
static void add_default(struct t *t, const char *name, const char *value)
{
    for (size_t i = 0; i < t->n_next; i++)
        if (text_equal_nocase(t->next[i].name, name))
            return;
    if (value)
        with_header(t, name, value);
}

static const char *cookie_header(struct t *t)
{
    struct buf b;

    if (t->jar->n_cookies == 0)
        return NULL;
    buf_init(&b, t->arena, 16384);
    for (size_t i = 0; i < t->jar->n_cookies; i++)
        buf_printf(&b, "%s%s=%s", i ? "; " : "", t->jar->cookies[i].name, t->jar->cookies[i].value);
    return b.data;
}

static void keep_cookie(struct t *t, const char *line)
{
    struct jar *jar = t->jar;
    size_t name_size = strcspn(line, "=");
    const char *rest = line[name_size] ? line + name_size + 1 : "";
    const char *name = arena_strndup(t->arena, line, name_size);
    const char *value = arena_strndup(t->arena, rest, strcspn(rest, ";"));
    size_t i = 0;

    while (i < jar->n_cookies && !text_equal(jar->cookies[i].name, name))
        i++;
    if (*value == '\0' || strstr(rest, "Max-Age=0")) {
        if (i < jar->n_cookies)
            jar->cookies[i] = jar->cookies[--jar->n_cookies];
        return;
    }
    if (i == KIT_COOKIES_MAX) {
        kit_fail(t, __FILE__, __LINE__, "more than %d cookies", KIT_COOKIES_MAX);
        return;
    }
    jar->n_cookies += i == jar->n_cookies;
    jar->cookies[i].name = name;
    jar->cookies[i].value = value;
}

static bool is_json(const char *type)
{
    return type && (text_starts_with(type, "application/json") ||
                       text_starts_with(type, "application/problem+json"));
}

/* The request's own arena goes at once; what the test may look at is copied. */
static void keep_response(struct t *t, const struct http_response *r)
{
    struct http_response *own = &t->response;

    *own = *r;
    own->body.data = arena_strndup(t->arena, r->body.data ? r->body.data : "", r->body.size);
    for (size_t i = 0; i < r->n_headers; i++) {
        own->headers[i].name = arena_strdup(t->arena, r->headers[i].name);
        own->headers[i].value = arena_strdup(t->arena, r->headers[i].value);
        if (text_equal_nocase(r->headers[i].name, "Set-Cookie"))
            keep_cookie(t, r->headers[i].value);
    }
    kit_parse_response(t);
}

void kit_parse_response(struct t *t)
{
    json_error_t error;

    json_decref(t->json);
    t->json = NULL;
    if (!is_json(header_of(t, "Content-Type")))
        return;
    t->json = json_loadb(t->response.body.data, t->response.body.size,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (t->json == NULL)
        kit_fail(t, __FILE__, __LINE__, "%s answered broken JSON (%s): %s", t->sent, error.text,
            body_of(t));
}

/* What the test did not say itself is what a browser on our own site sends. */
static void add_defaults(struct t *t, const char *method, const char *type)
{
    bool reads = text_equal(method, "GET") || text_equal(method, "HEAD");

    add_default(t, "Host", "localhost:8080");
    add_default(t, "User-Agent", "testkit");
    add_default(t, "Accept", "application/json");
    add_default(t, "Content-Type", type);
    add_default(t, "Cookie", cookie_header(t));
    if (!reads) {
        add_default(t, "Origin", setting_text(&ASHLAR_PUBLIC_URL));
        add_default(t, "Sec-Fetch-Site", "same-origin");
    }
}

static void drop_taken_away(struct t *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->n_next; i++)
        if (t->next[i].value)
            t->next[kept++] = t->next[i];
    t->n_next = kept;
}

/* What a stream has to say now; then the client hangs up. */
static void read_stream(struct arena *a, struct http_response *r)
{
    enum { STREAM_MAX = 8 * 1024 * 1024 };
    struct buf b;

    if (r->stream == NULL)
        return;
    buf_init(&b, a, STREAM_MAX);
    stream_read_now(r->stream, &b);
    stream_closed(r->stream);
    r->stream = NULL;
    r->body = (struct bytes){ b.data, b.size };
}

/* Then the doors ask before they read it. */
static bool comes_with_body(const struct http_request *q)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (text_equal_nocase(q->headers[i].name, "Transfer-Encoding"))
            return true;
    return q->body_size > 0;
}

void SEND(struct t *t, const char *method, const char *path, const char *type, const void *body,
    size_t size)
{
    struct arena *a = arena_new(0);
    struct http_request q = { .method = method,
        .target = path,
        .body = body,
        .body_size = size,
        .peer = t->address,
        .headers = t->next };
    struct http_response r = { 0 };
    struct http_body coming;

    t->sent = arena_printf(t->arena, "%s %s", method, path);
    add_defaults(t, method, type);
    drop_taken_away(t);
    q.n_headers = t->n_next;
    if (!comes_with_body(&q) || http_preflight(a, &q, &coming, &r) == 0)
        kit_handle(a, &q, &r);
    t->n_next = 0;
    read_stream(a, &r);
    keep_response(t, &r);
    arena_free(a);
}

#define SEND_FORMATTED(method, format)                                                             \
    do {                                                                                           \
        va_list args_;                                                                             \
        char *path_;                                                                               \
        va_start(args_, format);                                                                   \
        path_ = arena_vprintf(t->arena, format, args_);                                            \
        va_end(args_);                                                                             \
        SEND(t, method, path_, NULL, NULL, 0);                                                     \
    } while (0)

void GET_AT(struct t *t, const char *path_format, ...)
{
    SEND_FORMATTED("GET", path_format);
}

void DELETE_AT(struct t *t, const char *path_format, ...)
{
    SEND_FORMATTED("DELETE", path_format);
}

void POST_AT(struct t *t, const char *path_format, ...)
{
    SEND_FORMATTED("POST", path_format);
}

__attribute__((format(printf, 4, 0))) static void send_json(
    struct t *t, const char *method, const char *path, const char *format, va_list args)
{
    char *body = double_quotes(t->arena, arena_vprintf(t->arena, format, args));

    SEND(t, method, path, "application/json", body, strlen(body));
}

#define SEND_BODY(method)                                                                          \
    do {                                                                                           \
        va_list args_;                                                                             \
        va_start(args_, body_format);                                                              \
        send_json(t, method, path, body_format, args_);                                            \
        va_end(args_);                                                                             \
    } while (0)

void POST_JSON(struct t *t, const char *path, const char *body_format, ...)
{
    SEND_BODY("POST");
}

void PUT_JSON(struct t *t, const char *path, const char *body_format, ...)
{
    SEND_BODY("PUT");
}

void PATCH_JSON(struct t *t, const char *path, const char *body_format, ...)
{
    SEND_BODY("PATCH");
}

int status_of(struct t *t)
{
    return t->response.status;
}

const char *body_of(struct t *t)
{
    return t->response.body.data;
}

struct bytes gzip_of(struct t *t, const void *data, size_t size)
{
    enum { GZIP = 15 + 16, MORE = 1024 };
    z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    unsigned char *out = arena_alloc(arena_of(t), size + MORE);

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, GZIP, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out;
    z.avail_out = (uInt)(size + MORE);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct bytes){ out, size + MORE - z.avail_out };
}

size_t body_size_of(struct t *t)
{
    return t->response.body.size;
}

const char *header_of(struct t *t, const char *name)
{
    for (size_t i = 0; i < t->response.n_headers; i++)
        if (text_equal_nocase(t->response.headers[i].name, name))
            return t->response.headers[i].value;
    return NULL;
}

const char *cookie_of(struct t *t, const char *name)
{
    for (size_t i = 0; i < t->jar->n_cookies; i++)
        if (text_equal(t->jar->cookies[i].name, name))
            return t->jar->cookies[i].value;
    return NULL;
}
