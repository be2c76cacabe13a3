/* Encoding of events for a client, as SSE (WHATWG HTML section 9.2) or as NDJSON. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/limits.h>
#include <ashlar/stream.h>

enum {
    BATCH_EVENTS = 100,
};

/* Full at LIMIT_STREAM_BATCH bytes or BATCH_EVENTS. A single event may have LIMIT_STREAM_EVENT. */
struct stream_batch {
    const struct stream_kind *kind;
    const char *operation; /* for log lines */
    int64_t first_after, after;
    bool ndjson, full;
    int n;
    struct buf bytes; /* malloc'ed */
};

void stream_batch_init(
    struct stream_batch *b, const struct stream_kind *kind, bool ndjson, int64_t after);
void stream_batch_release(struct stream_batch *b);
/* Resets it to the state before the first event. */
void stream_batch_clear(struct stream_batch *b);

/* Control frames: the reconnection delay (none in NDJSON), a heartbeat, the reason of the end. */
void stream_batch_retry(struct stream_batch *b, int ms);
void stream_batch_beat(struct stream_batch *b);
void stream_batch_end(struct stream_batch *b, const char *code);
