/* Renders the handler's result into the bytes of the response. */
#include "etag.h"
#include "exchange.h"
#include <ashlar/limits.h>
#include <ashlar/log.h>

static void render_content(struct exchange *x)
{
    const struct content *content = x->out;

    x->body = (struct bytes){ content->data, content->size };
    x->content_type = content->type;
}

static const char *etag_of(const struct exchange *x)
{
    int64_t version;

    if (etag_version_of(x->route->handler->out, x->out, &version))
        return etag_of_version(x->c.arena, version, x->body);
    return x->route->method == GET ? etag_of_body(x->c.arena, x->body) : NULL;
}

static err render_shape(struct exchange *x)
{
    struct buf b;

    buf_init(&b, x->c.arena, LIMIT_REPLY);
    shape_render_(&b, x->route->handler->out, x->out);
    if (buf_is_full(&b)) {
        log_error(&x->c, "http.response_size_exceeded", log_int("limit_bytes", LIMIT_REPLY));
        return &ERR_OUTGROWN;
    }
    x->body = (struct bytes){ b.data, b.size };
    x->content_type = "application/json";
    x->etag = etag_of(x);
    return NULL;
}

err response_render(struct exchange *x)
{
    x->status = x->route->status;
    if (x->route->handler->out == &content_shape)
        render_content(x);
    else if (x->route->handler->out == &stream_from_shape)
        return NULL; /* stream_response, once the transaction has ended */
    else if (x->route->handler->out != &nothing_shape)
        return render_shape(x);
    return NULL;
}
