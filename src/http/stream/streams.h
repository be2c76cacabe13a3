/*
 * Open streams: their topics, their pulls and their unsent bytes.
 *
 * A stream is one small struct. Its connection is suspended while there is nothing to send. Two
 * threads pull the streams that are due, in rounds. The results of a round are sent together,
 * because each resumption makes the library scan all suspended connections.
 *
 * STARTING → SENDING → RESTING → DUE → PULLING → READY → SENDING → …
 */
#pragma once
#include "http/connection/reaper.h"
#include "stream_batch.h"
#include <ashlar/crypto.h>
#include <ashlar/metrics.h>
#include "http/table/routes.h"

struct stream;

/* The parameters of a stream, which each pull needs. */
struct stream_subscription {
    const struct router_row *row;
    const struct authenticator *authenticator; /* NULL: public */
    uint8_t token_hash[HASH_SIZE];
    struct uuid person, org; /* nil: none */
    struct uuid topic;
    int64_t after;
    bool ndjson;
    char request_id[48];
};

/* The connection of a stream, provided by its server. Both functions are called with the streams'
 * lock held: `park` only from stream_read; after `go_on` the server calls stream_read again. */
struct stream_line {
    void *connection, *loop;
    int fd;
    struct watched *watched;
    void (*park)(struct stream_line *l);
    void (*go_on)(struct stream_line *l);
    struct stream_line *next; /* the server's, between go_on and the resumption */
};

/* Reads new events into the batch of a stream opened with `subscription`. Threads: any. */
typedef err stream_pull(
    struct arena *a, const struct stream_subscription *subscription, struct stream_batch *batch);

/* Sets the pull function. Before the first stream is opened. */
void streams_pull_by(stream_pull *pull);

/* False with a log line when a thread or descriptor cannot be created. */
bool streams_start(void);
/* Accept no new streams. The open ones get a final event and end. */
void streams_drain(void);
/* Resumes every connection, in any state, and stops all pulls: the servers may close. */
void streams_stop(void);
int streams_open(void);

/* Opens a stream with a copy of the subscription. Errors: ERR_UNAVAILABLE (too many in this
 * process, or draining), ERR_RATE_LIMITED (too many of the person or the organisation). */
CHECKED err stream_new(
    struct ctx *c, const struct stream_subscription *subscription, struct stream **out);

/* The server owns it afterwards; stream_closed ends it. */
void stream_attach(struct stream *s, const struct stream_line *line);

enum { STREAM_END = -1 };
/* At most `max` of the bytes to send. 0: suspended. STREAM_END: send the end. */
ssize_t stream_read(struct stream *s, char *out, size_t max);

/* The connection ended, or was never opened. */
void stream_closed(struct stream *s);

/* All bytes available now, without a server: for tests. */
void stream_read_now(struct stream *s, struct buf *out);

/* In milliseconds; tests shorten them. */
struct stream_pace {
    int beat_ms, deaf_ms, slow_ms, round_ms;
};
extern struct stream_pace stream_pace;

extern const struct metric METRIC_STREAM_EVENTS, METRIC_STREAM_PULLS, METRIC_STREAM_ENDS;
