/*
 * Any bytes as a whole request, from guard to response: lines "METHOD target", headers, an empty
 * line, the body. Whatever comes, there is one response with a request id, and no failure of ours.
 */
#include "base/log_start.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "http/connection/head_check.h"
#include "http/own/http_start.h"
#include "http/request/http.h"
#include "module/registry.h"
#include <ashlar/ashlar.h>

struct echo {
    const char *id, *name, *colour;
    int64_t version;
};
struct echo_in {
    const char *id, *name, *colour;
};
static const struct field echo_in_fields[] = {
    TEXT(echo_in, id, .in = PATH),
    TEXT(echo_in, name, .optional = true),
    TEXT(echo_in, colour, .in = QUERY, .one_of = "red|blue", .fallback = "red"),
};
static SHAPE(echo_in);
static const struct field echo_fields[] = {
    TEXT(echo, id),
    TEXT(echo, name, .optional = true),
    TEXT(echo, colour),
    INT(echo, version, .etag = true),
};
static SHAPE(echo);

HANDLER(say_back, echo_in, echo)
{
    TRY(ctx_match_version(c, 3));
    *out = (struct echo){ .id = in->id, .name = in->name, .colour = in->colour, .version = 3 };
    response_cookie(c, &(struct cookie){ .name = "seen", .value = "1" });
    return NULL;
}

#define ROW(m, name)                                                                               \
    {                                                                                              \
        .method = m, .path = "/v1/things/{id}", .id = name, .summary = "s", .auth = AUTH_PUBLIC,   \
        .rate = RATE_WRITE, .tx = TX_MANUAL, .idempotency = KEY_IGNORED, .status = 200,            \
        .errors = NO_ERRORS, .handler = BY(say_back)                                               \
    }
static const struct route routes[] = { ROW(POST, "postThing"), ROW(PUT, "putThing"),
    { .id = NULL } };
static const struct module fuzz_module = {
    .name = "fuzz", .summary = "s", .routes = ROUTES(routes)
};

static void start(void)
{
    static const struct module *const modules[] = { &fuzz_module, NULL };
    char *settings[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "DATABASE_URL=postgres:///none" },
        (char[]){ "ASHLAR_TRUSTED_PROXIES=10.0.0.0/8" }, NULL };
    struct buf problems;

    buf_init(&problems, NULL, 64 * 1024);
    registry_set(modules);
    if (!config_load(registry_modules(), settings, &problems) || !crypto_start()) {
        fputs(problems.data, stderr);
        abort();
    }
    log_start_by_name("error", "json");
    if (!http_start(&problems)) {
        fputs(problems.data, stderr);
        abort();
    }
    buf_release(&problems);
}

struct head {
    struct head_field fields[HEAD_FIELDS_MAX + 1];
    struct http_header headers[HEAD_FIELDS_MAX + 1];
    size_t n;
};

/* The line at `*at` without its end; `*at` moves behind it. */
static char *take_line(struct arena *a, const char **at, const char *end, size_t *size)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    const char *start = *at;

    stop = stop ? stop : end;
    *at = stop < end ? stop + 1 : end;
    *size = (size_t)(stop - start);
    return arena_memdup(a, arena_strndup(a, start, *size), *size + 1);
}

static void take_headers(struct arena *a, const char **at, const char *end, struct head *out)
{
    while (*at < end && out->n <= HEAD_FIELDS_MAX) {
        size_t size;
        char *line = take_line(a, at, end, &size), *colon = memchr(line, ':', size);
        if (size == 0 || colon == NULL)
            return;
        *colon = '\0';
        out->fields[out->n] = (struct head_field){ .name = line,
            .name_size = (size_t)(colon - line),
            .value = colon + 1,
            .value_size = size - (size_t)(colon - line) - 1 };
        out->headers[out->n++] = (struct http_header){ line, colon + 1 };
    }
}

static void check_response(const struct http_response *r)
{
    bool has_id = false;

    if (r->status < 200 || r->status > 599 || r->status == 500)
        abort();
    for (size_t i = 0; i < r->n_headers; i++) {
        if (strpbrk(r->headers[i].name, "\r\n: ") || strpbrk(r->headers[i].value, "\r\n"))
            abort(); /* a header of ours was split */
        has_id = has_id || strcmp(r->headers[i].name, "X-Request-Id") == 0;
    }
    if (!has_id)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct arena *a = arena_new(0);
    struct head *head = arena_alloc(a, sizeof *head);
    const char *at = (const char *)data, *end = at + size;
    struct http_request q = { .peer = "10.0.0.1" };
    struct http_response r;
    struct http_body coming;
    size_t line_size;
    char *line, *space;

    if (!started)
        start();
    started = true;
    line = take_line(a, &at, end, &line_size);
    space = strchr(line, ' ');
    q.method = line;
    q.target = space ? space + 1 : "/";
    if (space)
        *space = '\0';
    take_headers(a, &at, end, head);
    q.headers = head->headers;
    q.n_headers = head->n;
    q.body = at < end ? at : NULL;
    q.body_size = (size_t)(end - at);
    if (head_check(q.method, "HTTP/1.1", head->fields, head->n) != NULL)
        http_refuse(a, &q, &ERR_BAD_REQUEST, "refused", &r);
    else if (http_preflight(a, &q, &coming, &r) == 0)
        http_handle(a, &q, &r);
    check_response(&r);
    arena_free(a);
    return 0;
}
