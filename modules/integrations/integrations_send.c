/* One signed request to a customer's endpoint. */
#include "integrations_internal.h"

#define UNKNOWN_CHARACTER "\xef\xbf\xbd" /* U+FFFD */

enum { TIMEOUT_MS = 15000, EXCERPT_MAX = 1000, RESPONSE_MAX = 64 * 1024 };

/* The signed body. */
struct body {
    const char *type;
    struct instant timestamp;
    struct uuid org_id;
    const char *data;
};
static const struct field body_fields[] = {
    TEXT(body, type),
    TIME(body, timestamp),
    ID(body, org_id, "org"),
    OPEN_JSON(body, data),
};
static SHAPE(body);

/* A truncated body is never sent. */
static err render(struct ctx *c, const struct integrations__item *item, struct bytes *out)
{
    struct buf b;

    buf_init(&b, c->arena, LIMIT_SENT);
    shape_render(&b, body, &(struct body){ item->type, item->timestamp, c->org, item->data });
    if (buf_is_full(&b)) {
        log_error(c, "integrations.event_size_exceeded", log_text("type", item->type),
            log_text("event", typeid_text(c->arena, "evt", item->event_id)));
        return &NET_TOO_LARGE;
    }
    *out = (struct bytes){ b.data, b.size };
    return NULL;
}

/* All valid secrets sign: the receiver may have any of them. */
static const char *signatures(struct ctx *c, const struct integrations__sender *s, const char *id,
    int64_t seconds, struct bytes body)
{
    const char *all = integrations__sign(c->arena, s->secret, id, seconds, body);

    for (size_t i = 0; i < s->n_former; i++)
        all = arena_printf(
            c->arena, "%s %s", all, integrations__sign(c->arena, s->former[i], id, seconds, body));
    return all;
}

static err post(struct ctx *c, const struct integrations__sender *s,
    const struct integrations__item *item, struct net_response *response)
{
    int64_t seconds = clock_now().us / SECONDS(1);
    const char *id = typeid_text(c->arena, "evt", item->event_id);
    struct net_header headers[] = {
        { "content-type", "application/json" },
        { "user-agent", "Ashlar-Webhooks/1" },
        { "webhook-id", id },
        { "webhook-timestamp", arena_printf(c->arena, "%lld", (long long)seconds) },
        { "webhook-signature", NULL },
    };
    struct bytes body;

    TRY(render(c, item, &body));
    headers[COUNT(headers) - 1].value = signatures(c, s, id, seconds, body);
    return net_request(c,
        &(const struct net_request){
            .method = POST,
            .url = s->url,
            .headers = headers,
            .n_headers = COUNT(headers),
            .body = body,
            .timeout_ms = TIMEOUT_MS,
            .max_response = RESPONSE_MAX,
            .to_own_network = setting_bool(&ASHLAR_WEBHOOK_PRIVATE_ADDRESSES),
        },
        response);
}

/* Bytes of the character at `at`. 0: no valid character. */
static size_t character(const char *at, size_t size)
{
    for (size_t n = 1; n <= 4 && n <= size; n++) {
        if (utf8_is_valid(at, n))
            return n;
    }
    return 0;
}

/* For display: whole characters, U+FFFD for invalid bytes, no control characters. */
static const char *excerpt_of(struct ctx *c, struct bytes body)
{
    const char *at = body.data;
    struct buf b;
    size_t n;

    if (body.size == 0)
        return NULL;
    buf_init(&b, c->arena, EXCERPT_MAX + 1);
    for (size_t left = body.size; left > 0; at += n, left -= n) {
        n = character(at, left);
        if (b.size + (n > 0 ? n : sizeof UNKNOWN_CHARACTER - 1) > EXCERPT_MAX)
            break;
        if (n > 1 || (n == 1 && (unsigned char)*at >= ' ' && *at != 0x7f))
            buf_add(&b, at, n);
        else
            buf_text(&b, n == 1 ? " " : UNKNOWN_CHARACTER);
        n += n == 0;
    }
    return b.data;
}

static const char *result_of_failure(err e)
{
    return e == &NET_REFUSED     ? "refused"
           : e == &NET_TIMEOUT   ? "timeout"
           : e == &NET_TOO_LARGE ? "too_large"
                                 : "unreachable";
}

void integrations__send(struct ctx *c, const struct integrations__sender *s,
    const struct integrations__item *item, struct integrations__outcome *out)
{
    int64_t began_us = clock_monotonic_us();
    struct net_response response;
    err e = post(c, s, item, &response);

    *out = (struct integrations__outcome){ .latency_ms = (clock_monotonic_us() - began_us) / 1000 };
    if (e != NULL) {
        out->result = result_of_failure(e);
        return;
    }
    out->status = response.status;
    out->result = response.status / 100 == 2 ? "delivered" : "rejected";
    out->excerpt = excerpt_of(c, response.body);
    out->retry_after_ms = net_retry_after_ms(&response);
}
