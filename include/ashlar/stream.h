/*
 * stream — a response that goes on: events pushed as they happen, to browsers' EventSource (SSE) or
 * as NDJSON.
 *
 * A route row with .stream is GET, .out = &stream_from_shape, status 200. Its handler runs as any
 * (authentication, scope, permission, a short TX_READ) and says what to follow. Then the connection
 * is parked: it holds no fiber, no thread, no transaction and no arena. Only when the topic is
 * woken, and every 15 s beside the heartbeat, `pull` reads what is new, in a unit of work of the
 * same actor and organisation, after the same check of session, membership and permission as a
 * request's; when that fails the stream ends.
 *
 * Nothing is queued for a client that does not read: what it missed stays in the table `pull` reads
 * from. So events need numbers that grow in commit order (a counter row of the topic, updated in
 * the transaction that writes the event). A client resumes with Last-Event-ID or ?after=.
 *
 * Home: stream_batch.c.
 */
#pragma once
#include "shape.h"
#include "topic.h"
#include "tx.h"

/* One kind of event on the wire. */
struct stream_event {
    const char *name;         /* "inbox.added"; a-z, 0-9, dot, underscore */
    const struct shape *data; /* what its data: line holds */
    const char *doc;
};

/* static STREAM_EVENT(ITEM_ADDED, inbox_item, .name = "inbox.added", .doc = "…"); its kind is what
 * .events lists: &ITEM_ADDED.kind */
#define STREAM_EVENT(name_, S, ...)                                                                \
    const union CARRIER_(stream_event, S) name_ = { .kind = { .data = &S##_shape, __VA_ARGS__ } }

struct stream_batch;

struct stream_kind {
    const char *doc;                          /* what one follows here */
    const struct stream_event *const *events; /* NULL-terminated: all it may send */
    /*
     * Add the events of `topic` numbered above `after`, the lowest first, with stream_add; none is
     * fine. At most a page: return when stream_add says it is enough, the rest is asked for as soon
     * as the client has read this. Gone from the table what the client has not seen? Add an event
     * that says so (a "reset"), with the number to go on from.
     */
    err (*pull)(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch);
};

/* What the handler says. */
struct stream_from {
    struct uuid topic; /* what stream_wake wakes: the id of a person, an organisation, a thing */
    int64_t after;     /* where a client begins that names no place itself: usually the topic's
                          highest number now */
};
PUBLIC extern const struct shape stream_from_shape;

/*
 * For pull only: `id` is the event's number, `data` the struct that the event carries. False: the
 * batch is full (64 KiB, 100 events) and this one was not added; stop.
 */
#define stream_add(batch, id, event, data)                                                         \
    stream_add_(batch, id, &(event)->kind, CARRIED_(event, data))
PUBLIC bool stream_add_(
    struct stream_batch *batch, int64_t id, const struct stream_event *event, const void *data);
