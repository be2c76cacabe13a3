/* Parsing of a request into the struct of the route's input. */
#include "exchange.h"
#include "gunzip.h"
#include "http/table/routes.h"
#include <ashlar/text.h>

static const char not_json[] = "Send the body as application/json in UTF-8.";

/* "application/json", with no other charset than UTF-8. A form or text/plain could be sent across
 * sites without a preflight. */
static bool is_json(const char *type)
{
    size_t size = type ? strcspn(type, "; \t") : 0;
    const char *rest;

    if (size != strlen("application/json") || strncasecmp(type, "application/json", size) != 0)
        return false;
    rest = type + size + strspn(type + size, "; \t");
    return *rest == '\0' || text_equal_nocase(rest, "charset=utf-8") ||
           text_equal_nocase(rest, "charset=\"utf-8\"");
}

/* "text/plain" of "Text/Plain; charset=utf-8". */
static const char *bare_type(struct arena *a, const char *type)
{
    return type ? text_lower(a, arena_strndup(a, type, strcspn(type, "; \t"))) : NULL;
}

static void keep_raw(struct exchange *x, void *in)
{
    size_t size = x->content.size;
    struct raw *raw = (void *)((char *)in + x->route->handler->in->raw_at - 1);

    raw->type = bare_type(x->c.arena, request_header(x->q, "Content-Type"));
    if (size > 0) /* copied for the terminating NUL */
        raw->body = (struct bytes){ arena_strndup(x->c.arena, x->content.data, size), size };
}

/* One-click unsubscribe (RFC 8058) posts a form that is ignored: the route has no BODY fields. */
static bool body_is_ignored(const struct exchange *x)
{
    return x->route->auth == AUTH_PUBLIC && !x->by_cookie && !x->row->has_body &&
           !x->route->handler->in->raw_at && !is_json(request_header(x->q, "Content-Type"));
}

static err unpack(struct exchange *x)
{
    const struct bytes packed = x->content;
    size_t most = x->row->body_max;

    switch (gunzip(x->c.arena, packed, most, &x->content)) {
    case GUNZIP_OK:
        return NULL;
    case GUNZIP_TOO_LARGE:
        return problem(&x->c, &ERR_TOO_LARGE, NULL,
            "Unpacked the body may have %zu bytes, and of more than %d only %d times as many as it "
            "was sent in.",
            most, GUNZIP_RATIO_FREE, GUNZIP_RATIO_MAX);
    default:
        return problem(&x->c, &ERR_BAD_REQUEST, "header:Content-Encoding",
            "The body is not gzip, or not all of it.");
    }
}

/* The only place that decompresses a body: its size is unknown until it is read. */
static err decode_body(struct exchange *x)
{
    const char *coding = request_header_list(x->c.arena, x->q, "Content-Encoding");
    bool is_gzip = text_equal_nocase(coding, "gzip") || text_equal_nocase(coding, "x-gzip");

    x->content = (struct bytes){ x->q->body, x->q->body_size };
    if (coding == NULL || text_equal_nocase(coding, "identity"))
        return NULL;
    if (!x->route->lenient)
        return problem(&x->c, &ERR_MEDIA_TYPE, "header:Content-Encoding",
            "Send the body as it is, without a content coding.");
    if (!is_gzip)
        return problem(&x->c, &ERR_MEDIA_TYPE, "header:Content-Encoding",
            "Send the body as it is, or packed with gzip.");
    return unpack(x);
}

/* `*body` is the JSON to parse, NULL: none. */
static err take_body(struct exchange *x, const char **body, size_t *size)
{
    *body = NULL;
    *size = 0;
    if (x->q->body_size == 0 || x->route->method == GET || body_is_ignored(x))
        return NULL;
    if (x->q->body_size > x->row->body_max)
        return problem(
            &x->c, &ERR_TOO_LARGE, NULL, "The body may have %zu bytes.", x->row->body_max);
    TRY(decode_body(x));
    if (x->route->handler->in->raw_at) /* keep_raw */
        return NULL;
    if (!is_json(request_header(x->q, "Content-Type")))
        return problem(&x->c, &ERR_MEDIA_TYPE, "header:Content-Type", "%s", not_json);
    *body = x->content.data;
    *size = x->content.size;
    return NULL;
}

/* Parameters of the input: {org_id} has been read before and need not be a field. */
static err decode_params(struct exchange *x, struct pair *out, size_t *n)
{
    struct arena *a = x->c.arena;

    *n = 0;
    for (size_t i = 0; i < x->match.n_params; i++) {
        struct span name = x->match.params[i].name;
        const char *value = target_decode(a, x->match.params[i].value, false);
        if (value == NULL)
            return problem(&x->c, &ERR_BAD_REQUEST, NULL, "The path is not UTF-8.");
        if (route_has_path_field(x->route, name))
            out[(*n)++] = (struct pair){ arena_strndup(a, name.at, name.size), value };
    }
    return NULL;
}

/* If-Match on a resource without versions is rejected: the client would rely on a missing guard. */
static err check_guard(struct exchange *x)
{
    const char *wanted = request_header(x->q, "If-Match");

    if (wanted == NULL || strcmp(wanted, "*") == 0 || x->route->lenient || !x->row->mutating ||
        x->row->has_versions)
        return NULL;
    return problem(&x->c, &ERR_BAD_REQUEST, "header:If-Match",
        "The resource has no versions. Leave out If-Match.");
}

err request_parse(struct exchange *x)
{
    struct pair path[TARGET_SEGMENTS_MAX], *query;
    size_t n_path, n_query, body_size;
    const char *body, *why;
    void *in;

    if (x->in)
        return NULL; /* the unit of work is repeated; the request is the same */
    TRY(check_guard(x));
    TRY(decode_params(x, path, &n_path));
    why = target_pairs(x->c.arena, x->target.query, &query, &n_query);
    if (why)
        return problem(&x->c, &ERR_BAD_REQUEST, NULL, "%s", why);
    if (x->route->stream)
        n_query = stream_drop_after(query, n_query);
    TRY(take_body(x, &body, &body_size));
    in = arena_alloc(x->c.arena, x->route->handler->in->size);
    TRY(shape_parse_parts(
        &x->c, x->route->handler->in, path, n_path, query, n_query, body, body_size, in));
    if (ctx_fits(&x->c) != NULL)
        return problem(&x->c, &ERR_TOO_LARGE, NULL, "Parsing the body requires too much memory.");
    if (x->route->handler->in->raw_at)
        keep_raw(x, in);
    x->in = in;
    return NULL;
}
