/*
 * event — what happened, told to whoever listens, without knowing them. An outbox: written in the
 * publisher's transaction, delivered at least once, in order per (organisation, aggregate); the
 * consumer's effect happens exactly once (its completion commits with the effect). A consumer that
 * keeps failing parks only that aggregate's events.
 */
#pragma once
#include "shape.h"

struct event_kind {
    const char *name; /* "users.invited": module, then what happened, past tense */
    int version;      /* raised when the shape changes incompatibly; 1 at first */
    const char *doc;
    const struct shape *payload; /* secret fields are encrypted at rest and wiped after delivery */
    bool public; /* customers may see it: webhooks, event feed. Its name, version and shape are then
                    part of the API, it has no secret field, and it is published in an organisation
                    (what has none reaches no customer) */
};

/* The public kinds of all enabled modules, in their order. Threads: any. */
PUBLIC const struct event_kind *const *event_public_kinds(struct arena *a, size_t *n);

/* Publish in the open transaction. `aggregate` is the thing it is about: its events stay in order.
 */
PUBLIC CHECKED err event_publish(
    struct ctx *c, const struct event_kind *kind, struct uuid aggregate, const void *payload);

struct event_meta {
    const struct event_kind *kind; /* shape_render(b, meta->kind->payload, payload) is its JSON */
    struct uuid id;
    struct uuid aggregate;
    struct instant at;
};

/* A module's row: run `run` for each event. It runs in a transaction, in the event's organisation.
 */
struct subscription {
    const struct event_kind *event; /* NULL: every public one, of every module */
    const char *consumer;           /* unique and stable: "notifications.mail_invitation" */
    bool system;                    /* runs as ashlar_system, across tenants */
    err (*run)(struct ctx *c, const struct event_meta *meta, const void *payload);
};
