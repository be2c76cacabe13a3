/* Encoding of events for the network. */
#include "stream_batch.h"
#include <ashlar/log.h>

void stream_batch_init(
    struct stream_batch *b, const struct stream_kind *kind, bool ndjson, int64_t after)
{
    *b = (struct stream_batch){
        .kind = kind, .ndjson = ndjson, .first_after = after, .after = after
    };
    buf_init(&b->bytes, NULL, LIMIT_STREAM_EVENT);
}

void stream_batch_release(struct stream_batch *b)
{
    buf_release(&b->bytes);
}

void stream_batch_clear(struct stream_batch *b)
{
    buf_clear(&b->bytes);
    b->after = b->first_after;
    b->full = false;
    b->n = 0;
}

static bool is_declared(const struct stream_batch *b, const struct stream_event *event)
{
    for (const struct stream_event *const *e = b->kind->events; *e; e++) {
        if (*e == event)
            return true;
    }
    return false;
}

/* A shape writes no raw line break, so its JSON is one data: line. */
static void write_event(
    struct buf *out, bool ndjson, int64_t id, const struct stream_event *event, const void *data)
{
    buf_printf(out,
        ndjson ? "{\"id\":%lld,\"event\":\"%s\",\"data\":" : "id: %lld\nevent: %s\ndata: ",
        (long long)id, event->name);
    shape_render_(out, event->data, data);
    buf_text(out, ndjson ? "}\n" : "\n\n");
}

/* Unless it does not fit next to the earlier ones. */
static void append(struct stream_batch *b, const struct buf *frame)
{
    b->full = b->n > 0 && b->bytes.size + frame->size > LIMIT_STREAM_BATCH;
    if (b->full)
        return;
    buf_add(&b->bytes, frame->data, frame->size);
    b->n++;
}

static void refuse(
    const struct stream_batch *b, const struct stream_event *event, int64_t id, const char *why)
{
    log_error(NULL, "stream.event_dropped", log_text("operation", b->operation),
        log_text("event", event->name), log_int("id", id), log_text("why", why));
}

bool stream_add_(
    struct stream_batch *b, int64_t id, const struct stream_event *event, const void *data)
{
    struct buf frame;

    b->full = b->full || b->n == BATCH_EVENTS;
    if (b->full)
        return false;
    if (id <= b->after || !is_declared(b, event)) {
        refuse(b, event, id, "its number does not grow, or the kind does not list it");
        return true;
    }
    buf_init(&frame, NULL, LIMIT_STREAM_EVENT);
    write_event(&frame, b->ndjson, id, event, data);
    if (buf_is_full(&frame))
        refuse(b, event, id, "longer than 256 KiB");
    else
        append(b, &frame);
    buf_release(&frame);
    if (!b->full)
        b->after = id; /* also after an oversized event, which would otherwise be read again and
                        * again */
    return !b->full;
}

void stream_batch_retry(struct stream_batch *b, int ms)
{
    if (!b->ndjson)
        buf_printf(&b->bytes, "retry: %d\n\n", ms);
}

void stream_batch_beat(struct stream_batch *b)
{
    buf_text(&b->bytes, b->ndjson ? "{\"event\":\"heartbeat\"}\n" : ":\n\n");
}

void stream_batch_end(struct stream_batch *b, const char *code)
{
    buf_printf(&b->bytes,
        b->ndjson ? "{\"event\":\"end\",\"data\":{\"code\":\"%s\"}}\n"
                  : "event: end\ndata: {\"code\":\"%s\"}\n\n",
        code);
}
