/* Opens a stream from a handler's result: its start position and the head of its response. */
#include "exchange.h"
#include "headers.h"
#include <ashlar/text.h>

enum { FULL_RETRY_S = 5 };

size_t stream_drop_after(struct pair *query, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(query[i].name, "after") != 0)
            query[kept++] = query[i];
    }
    return kept;
}

static err read_place(struct exchange *x, const char *pointer, const char *text, int64_t *out)
{
    int64_t place;

    if (!text_to_int(text, &place) || place < 0) {
        problem_add(&x->c, pointer, "format", "The id of an event is a number.");
        return problem(&x->c, &ERR_INVALID, NULL, "The stream cannot resume from this event id.");
    }
    *out = place;
    return NULL;
}

/* A reconnecting client sends Last-Event-ID. The URL of an EventSource never changes, so its
 * ?after= is the older value. */
static err resume(struct exchange *x, int64_t *after)
{
    const char *last = request_header(x->q, "Last-Event-ID"), *why;
    struct pair *query;
    size_t n;

    if (last && *last)
        return read_place(x, "header:Last-Event-ID", last, after);
    why = target_pairs(x->c.arena, x->target.query, &query, &n);
    for (size_t i = 0; why == NULL && i < n; i++) {
        if (strcmp(query[i].name, "after") == 0)
            return read_place(x, "query:after", query[i].value, after);
    }
    return NULL;
}

static bool wants_ndjson(const struct exchange *x)
{
    const char *accept = request_header(x->q, "Accept");

    return accept && strstr(accept, "application/x-ndjson") && !strstr(accept, "text/event-stream");
}

static void sow(const struct exchange *x, struct stream_subscription *out)
{
    const struct stream_from *from = x->out;

    *out = (struct stream_subscription){
        .row = x->row,
        .authenticator = x->authenticator,
        .person = x->c.actor.person,
        .org = x->c.org,
        .topic = from->topic,
        .after = from->after,
        .ndjson = wants_ndjson(x),
    };
    if (x->authenticator)
        memcpy(out->token_hash, x->token_hash.data, sizeof out->token_hash);
    snprintf(out->request_id, sizeof out->request_id, "%s", x->c.request_id);
}

/* Prevents buffering by nginx and by compressing proxies. */
void stream_headers(struct http_response *r)
{
    header_replace(r, "Cache-Control", "no-cache, no-store, no-transform");
    header_add(r, "X-Accel-Buffering", "no");
}

err stream_response(struct exchange *x)
{
    struct stream_subscription subscription;
    err failed = NULL;

    sow(x, &subscription);
    x->content_type = subscription.ndjson ? "application/x-ndjson" : "text/event-stream";
    TRY(resume(x, &subscription.after));
    if (!x->head)
        failed = stream_new(&x->c, &subscription, &x->r->stream);
    if (failed != NULL)
        response_retry_after(&x->c, FULL_RETRY_S);
    wipe(&subscription, sizeof subscription);
    return failed;
}
