/* From the bytes of a request to the struct of the route's input. Knows no rule of any route. */
#include "exchange.h"
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
    size_t size = x->q->body_size;
    struct raw *raw = (void *)((char *)in + x->route->handler->in->raw_at - 1);

    raw->type = bare_type(x->c.arena, request_header(x->q, "Content-Type"));
    if (size > 0) /* copied for the NUL behind it */
        raw->body = (struct bytes){ arena_strndup(x->c.arena, x->q->body, size), size };
}

/* One-click unsubscribe (RFC 8058) posts a form nobody reads: the route has no BODY fields. */
static bool body_is_ignored(const struct exchange *x)
{
    return x->route->auth == AUTH_PUBLIC && !x->by_cookie && !route_has_body(x->route) &&
           !x->route->handler->in->raw_at && !is_json(request_header(x->q, "Content-Type"));
}

/* Nobody unpacks a body here: what it grows to has no bound until it is read. */
static bool is_coded(const struct http_request *q)
{
    const char *coding = request_header(q, "Content-Encoding");
    return coding && !text_equal_nocase(coding, "identity");
}

static err take_body(struct exchange *x, const char **body, size_t *size)
{
    *body = NULL;
    *size = 0;
    if (x->q->body_size == 0 || x->route->method == GET || body_is_ignored(x))
        return NULL;
    if (x->q->body_size > route_body_max(x->route))
        return problem(
            &x->c, &ERR_TOO_LARGE, NULL, "The body may have %zu bytes.", route_body_max(x->route));
    if (is_coded(x->q))
        return problem(&x->c, &ERR_MEDIA_TYPE, "header:Content-Encoding",
            "Send the body as it is, without a content coding.");
    if (x->route->handler->in->raw_at) /* keep_raw */
        return NULL;
    if (!is_json(request_header(x->q, "Content-Type")))
        return problem(&x->c, &ERR_MEDIA_TYPE, "header:Content-Type", "%s", not_json);
    *body = x->q->body;
    *size = x->q->body_size;
    return NULL;
}

/* Parameters the input wants: {org_id} has been read by then and need not be a field. */
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

err request_parse(struct exchange *x)
{
    struct pair path[TARGET_SEGMENTS_MAX], *query;
    size_t n_path, n_query, body_size;
    const char *body, *why;
    void *in;

    if (x->in)
        return NULL; /* the unit of work runs again; the request is the same */
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
        return problem(&x->c, &ERR_TOO_LARGE, NULL, "The body takes too much memory to read.");
    if (x->route->handler->in->raw_at)
        keep_raw(x, in);
    x->in = in;
    return NULL;
}
