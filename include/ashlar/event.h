/*
 * event — messages from a publisher to its subscribers. An outbox: events are written in the
 * publisher's transaction and delivered at least once, in order per (organisation, aggregate). The
 * consumer's effect happens exactly once, because its completion commits with the effect. A
 * consumer that keeps failing blocks only the events of that aggregate.
 */
#pragma once
#include "shape.h"

struct event_kind {
    const char *name; /* "users.invited": module, then past participle */
    int version;      /* starts at 1, increased when the shape changes incompatibly */
    const char *doc;
    const struct shape *payload; /* secret fields are encrypted at rest and wiped after delivery */
    bool public; /* visible to customers: webhooks, event feed. Its name, version and shape are then
                  * part of the API, and it has no secret field. It is published in an organisation:
                  * other events reach no customer */
};

/*
 * EVENT_OF(users_member_event) next to the struct declares EVENT(users_member_event), the type of
 * the kinds with this payload.
 *
 *     EVENT_OF(users_member_event);
 *     extern const EVENT(users_member_event) USERS_MEMBER_ADDED;
 *
 *     EVENT_KIND(USERS_MEMBER_ADDED, users_member_event, .name = "users.member_added", …);
 *     … .events = (const struct event_kind *const[]){ &USERS_MEMBER_ADDED.kind, NULL },
 */
#define EVENT_OF(S) union S##_event_kind CARRIER_(event_kind, S)
#define EVENT(S)    union S##_event_kind
#define EVENT_KIND(name_, S, ...)                                                                  \
    const EVENT(S) name_ = { .kind = { .payload = &S##_shape, __VA_ARGS__ } }

/* The public kinds of all enabled modules, in their order. Threads: any. */
PUBLIC const struct event_kind *const *event_public_kinds(struct arena *a, size_t *n);

/*
 * Publishes in the open transaction. Events with the same `aggregate` (the object concerned) stay
 * in order. The payload has the struct type of the kind: event_publish(c, &USERS_MEMBER_ADDED, org,
 * &now).
 */
#define event_publish(c, event, aggregate, ...)                                                    \
    event_publish_(c, &(event)->kind, aggregate, CARRIED_(event, __VA_ARGS__))
PUBLIC CHECKED err event_publish_(
    struct ctx *c, const struct event_kind *kind, struct uuid aggregate, const void *payload);

struct event_meta {
    const struct event_kind *kind;
    struct uuid id;
    struct uuid aggregate;
    struct instant at;
};

/* Function that receives an event. Define it only by EVENT_HANDLER or ANY_EVENT_HANDLER. */
struct event_handler {
    err (*run)(struct ctx *c, const struct event_meta *meta, const void *payload);
};

/*
 * EVENT_HANDLER(mail_invitation, users_invited_event) { … } defines a function of `c`, `meta` and
 * `const struct users_invited_event *in`. ANY_EVENT_HANDLER(take_in) { … } defines one of `c`,
 * `meta` and `json`, the payload as text. Both run in a transaction, in the event's organisation.
 */
#define EVENT_HANDLER(fn, S)                                                                       \
    static err fn(struct ctx *c, const struct event_meta *meta, const struct S *in);               \
    static err fn##_hear(struct ctx *c, const struct event_meta *meta, const void *in)             \
    {                                                                                              \
        return fn(c, meta, in);                                                                    \
    }                                                                                              \
    typedef struct S fn##_takes_;                                                                  \
    static const struct event_handler fn##_event_handler = { fn##_hear };                          \
    static err fn(struct ctx *c, const struct event_meta *meta, const struct S *in)
#define ANY_EVENT_HANDLER(fn)                                                                      \
    static err fn(struct ctx *c, const struct event_meta *meta, struct bytes json);                \
    static err fn##_hear(struct ctx *c, const struct event_meta *meta, const void *in)             \
    {                                                                                              \
        struct bytes json;                                                                         \
        err failed = event_json_(c, meta->kind, in, &json);                                        \
        return failed != NULL ? failed : fn(c, meta, json);                                        \
    }                                                                                              \
    static const struct event_handler fn##_any_event_handler = { fn##_hear };                      \
    static err fn(struct ctx *c, const struct event_meta *meta, struct bytes json)
PUBLIC CHECKED err event_json_(
    struct ctx *c, const struct event_kind *kind, const void *payload, struct bytes *out);

/* A module's row: { HEARS(USERS_INVITED, mail_invitation), .consumer = … }, or {
 * HEARS_ALL(take_in), .consumer = … } for every public event of every module. */
struct subscription {
    const struct event_kind *event; /* NULL: every public event */
    const struct event_handler *handler;
    const struct event_handler *on_dead; /* DIES: called once when the consumer failed
                                          * permanently */
    const char *consumer;                /* unique and stable: "notifications.mail_invitation" */
    bool system;                         /* runs as ashlar_system, across tenants */
    bool while_held;                     /* also for a suspended organisation (job_hold_org) */
};
#define HEARS(event_, fn)                                                                          \
    .event = &(event_).kind, .handler = CARRIES_(&(event_), fn, fn##_event_handler)
/* Like ON_DEAD of jobs: { HEARS(USERS_INVITED, mail_invitation), DIES(USERS_INVITED, not_mailed), …
 * } */
#define DIES(event_, fn) .on_dead = CARRIES_(&(event_), fn, fn##_event_handler)
#define DIES_ALL(fn)     .on_dead = &fn##_any_event_handler
#define HEARS_ALL(fn)    .event = NULL, .handler = &fn##_any_event_handler
