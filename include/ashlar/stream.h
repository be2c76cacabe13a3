/*
 * stream — responses that push events as they happen, to browsers' EventSource (SSE) or as NDJSON.
 *
 * A route row with .stream is GET, .out = &stream_from_shape, status 200. Its handler runs like any
 * other (authentication, scope, permission, a short TX_READ) and returns the topic. Then the
 * connection is idle: it holds no fiber, no thread, no transaction and no arena. `pull` reads new
 * events when the topic is woken, and every 15 s with the heartbeat. It runs in a unit of work of
 * the same actor and organisation, after the checks of session, membership and permission. If a
 * check fails, the stream ends.
 *
 * Nothing is queued for a slow client: events it missed stay in the table that `pull` reads. So
 * events need numbers that grow in commit order (a counter row of the topic, updated in the
 * transaction that writes the event). A client resumes with Last-Event-ID or ?after=.
 *
 * Home: stream_batch.c.
 */
#pragma once
#include "shape.h"
#include "topic.h"
#include "tx.h"

/* One kind of event of a stream. */
struct stream_event {
    const char *name;         /* "inbox.added": a-z, 0-9, dot, underscore */
    const struct shape *data; /* shape of its data: line */
    const char *doc;
};

/* static STREAM_EVENT(ITEM_ADDED, inbox_item, .name = "inbox.added", .doc = "…"). .events lists its
 * kind: &ITEM_ADDED.kind */
#define STREAM_EVENT(name_, S, ...)                                                                \
    const union CARRIER_(stream_event, S) name_ = { .kind = { .data = &S##_shape, __VA_ARGS__ } }

struct stream_batch;

struct stream_kind {
    const char *doc;                          /* description of the topic */
    const struct stream_event *const *events; /* NULL-terminated: all events it may send */
    /*
     * Adds the events of `topic` numbered above `after` by stream_add, the lowest first, at most a
     * page. It may add none. It returns when stream_add returns false. The next call continues
     * after the client has read this batch. If unseen events were deleted from the table, add an
     * event of a kind for that (a "reset") with the number to continue from.
     */
    err (*pull)(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch);
};

/* Result of the handler. */
struct stream_from {
    struct uuid topic; /* topic of stream_wake: the id of a person, an organisation, an object */
    int64_t after;     /* start for a client without a position: usually the topic's current highest
                        * number */
};
PUBLIC extern const struct shape stream_from_shape;

/*
 * For pull only. `id` is the event's number, `data` a struct of the event's type. False: the batch
 * is full (64 KiB, 100 events) and the event was not added: return.
 */
#define stream_add(batch, id, event, data)                                                         \
    stream_add_(batch, id, &(event)->kind, CARRIED_(event, data))
PUBLIC bool stream_add_(
    struct stream_batch *batch, int64_t id, const struct stream_event *event, const void *data);
