/* Maps a failure to RFC 9457 problem+json, without internal details. */
#include "base/problem.h"
#include "config/platform_settings.h"
#include "exchange.h"
#include "headers.h"
#include "origin.h"

/* Well above 32 fields whose names consist of escapes. */
enum { PROBLEM_MAX = 64 * 1024 };

/* The public URL without its trailing slash. */
static int base_size(const char *url)
{
    size_t size = strlen(url);
    return (int)(size && url[size - 1] == '/' ? size - 1 : size);
}

static void write_fields(struct buf *b, const struct problem *p)
{
    buf_text(b, ",\"errors\":[");
    for (size_t i = 0; i < p->n_fields; i++) {
        buf_text(b, i ? ",{\"pointer\":" : "{\"pointer\":");
        buf_json_text(b, p->fields[i].pointer);
        buf_text(b, ",\"code\":");
        buf_json_text(b, p->fields[i].code);
        buf_text(b, ",\"message\":");
        buf_json_text(b, p->fields[i].message);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

void problem_write(struct buf *b, const struct ctx *c, err kind)
{
    const struct problem *p = c->problem;
    const char *url = setting_text(&ASHLAR_PUBLIC_URL);
    bool same = p && p->kind == kind; /* otherwise the detail belongs to another failure */

    url = url ? url : "";
    buf_text(b, "{\"type\":");
    buf_json_text(b, arena_printf(c->arena, "%.*s/errors/%s", base_size(url), url, kind->code));
    buf_text(b, ",\"title\":");
    buf_json_text(b, kind->title);
    buf_printf(b, ",\"status\":%d,\"code\":", kind->status);
    buf_json_text(b, kind->code);
    if (same && p->detail) {
        buf_text(b, ",\"detail\":");
        buf_json_text(b, p->detail);
    }
    buf_text(b, ",\"request_id\":");
    buf_json_text(b, c->request_id);
    if (same && p->n_fields)
        write_fields(b, p);
    buf_char(b, '}');
}

static const char *allow_list(struct arena *a, unsigned allowed)
{
    struct buf list;

    buf_init(&list, a, 128);
    if (allowed & 1u << GET)
        buf_text(&list, "GET, HEAD, ");
    for (enum http_method m = POST; m <= DELETE_; m++) {
        if (allowed & 1u << m)
            buf_printf(&list, "%s, ", method_text(m));
    }
    buf_text(&list, "OPTIONS");
    return list.data;
}

void problem_allow(struct exchange *x)
{
    header_add(x->r, "Allow", allow_list(x->c.arena, x->match.allowed));
}

/* Retry-After: exact for a limit; for overload spread over some seconds. */
static const char *retry_after(const struct exchange *x, err kind)
{
    int64_t said_s = x->response.retry_after_s;
    uint8_t dice;

    if (kind == &ERR_IN_FLIGHT)
        return "1";
    if (kind->status != 429 && kind->status != 503)
        return NULL;
    if (said_s == 0 && kind == &ERR_RATE_LIMITED)
        said_s = x->rate.retry_s;
    if (said_s > 0)
        return arena_printf(x->c.arena, "%lld", (long long)said_s);
    random_bytes(&dice, sizeof dice);
    return arena_printf(x->c.arena, "%d", 1 + dice % 3);
}

void problem_response(struct exchange *x, err kind)
{
    const char *retry = retry_after(x, kind);
    struct buf b;

    buf_init(&b, x->c.arena, PROBLEM_MAX);
    problem_write(&b, &x->c, kind);
    x->r->status = kind->status;
    x->r->body = (struct bytes){ b.data, b.size };
    headers_constant(x->r, "application/problem+json", false);
    if (retry)
        header_add(x->r, "Retry-After", retry);
    if (kind->status == 401)
        header_add(x->r, "WWW-Authenticate", "Bearer");
    if (kind->status == 405)
        problem_allow(x);
}
