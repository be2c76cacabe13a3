/*
 * Open streams: whose events they follow, when they are pulled, what is about to be sent. Knows no
 * library and no module.
 *
 * A stream is one small struct. Its connection is parked (suspended) whenever there is nothing to
 * send. Two threads of this file's own pull those that are due, round by round; a round's results
 * are handed out together, because resuming costs the library a look at everything parked.
 *
 *     STARTING → SENDING → RESTING → DUE → PULLING → READY → SENDING → …
 */
#pragma once
#include "http/connection/reaper.h"
#include "stream_batch.h"
#include <ashlar/crypto.h>
#include <ashlar/metrics.h>
#include "http/table/routes.h"

struct stream;

/* What a stream is opened with, and what each pull needs to know. */
struct stream_subscription {
    const struct router_row *row;
    const struct authenticator *authenticator; /* NULL: anybody's */
    uint8_t token_hash[HASH_SIZE];
    struct uuid person, org; /* nil: none */
    struct uuid topic;
    int64_t after;
    bool ndjson;
    char request_id[48];
};

/* The connection behind a stream, by the server that holds it. Both functions are called with the
 * streams' lock held. `park` from stream_read only; after `go_on` the server calls stream_read
 * again.
 */
struct stream_line {
    void *connection, *loop;
    int fd;
    struct watched *watched;
    void (*park)(struct stream_line *l);
    void (*go_on)(struct stream_line *l);
    struct stream_line *next; /* the server's own, between go_on and the resumption */
};

/* Look for what is new: fills the batch of a stream opened with `subscription`. Threads: any. */
typedef err stream_pull(
    struct arena *a, const struct stream_subscription *subscription, struct stream_batch *batch);

/* How streams are pulled: before any is opened. */
void streams_pull_by(stream_pull *pull);

/* False with a log line when there is no thread or descriptor for them. */
bool streams_start(void);
/* No new ones; those there are say good-bye and end. */
void streams_drain(void);
/* Every connection goes on, whatever its state, and nothing is pulled any more: the servers may
 * close. */
void streams_stop(void);
int streams_open(void);

/* A copy of the subscription. Errors: ERR_UNAVAILABLE (too many in this process, or draining),
 * ERR_RATE_LIMITED (too many of the person or the organisation). */
CHECKED err stream_new(
    struct ctx *c, const struct stream_subscription *subscription, struct stream **out);

/* The server has it from now on; it ends with stream_closed. */
void stream_attach(struct stream *s, const struct stream_line *line);

enum { STREAM_END = -1 };
/* At most `max` of the bytes to send; 0: it is parked; STREAM_END: send the end. */
ssize_t stream_read(struct stream *s, char *out, size_t max);

/* The connection is gone, or never was. */
void stream_closed(struct stream *s);

/* Everything there is now, without a server: for tests. */
void stream_read_now(struct stream *s, struct buf *out);

/* In milliseconds; tests shorten them. */
struct stream_pace {
    int beat_ms, deaf_ms, slow_ms, round_ms;
};
extern struct stream_pace stream_pace;

extern const struct metric METRIC_STREAM_EVENTS, METRIC_STREAM_PULLS, METRIC_STREAM_ENDS;
