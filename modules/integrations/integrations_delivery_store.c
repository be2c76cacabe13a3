/* Queries of events, deliveries and the feed, one function each. No rules here. */
#include "integrations_internal.h"
#include "integrations_sql.h"

enum { IDS_MAX = 256 * 1024, REPLAY_BATCH = 100 };

static const struct field integrations_webhook_delivery_fields[] = {
    ID(integrations_webhook_delivery, id, "delivery", .doc = "Id of the delivery"),
    ID(integrations_webhook_delivery, event_id, "evt",
        .doc = "Id of the event, sent in the header webhook-id"),
    TEXT(integrations_webhook_delivery, event_type, .max = 100, .doc = "Type of the event",
        .example = "users.member_added"),
    TEXT(integrations_webhook_delivery, state, .one_of = "pending|delivered|failed",
        .doc = "State of the delivery"),
    INT(integrations_webhook_delivery, attempts, .doc = "Number of attempts"),
    TEXT(integrations_webhook_delivery, last_result, .optional = true,
        .one_of = "delivered|rejected|timeout|unreachable|too_large",
        .doc = "Result of the last attempt. Null before the first attempt."),
    INT(integrations_webhook_delivery, last_status, .optional = true,
        .doc = "HTTP status of the last response. Null if there was none."),
    TIME(integrations_webhook_delivery, next_attempt_at, .optional = true,
        .doc = "Time of the next attempt. Null if there is none."),
    TIME(integrations_webhook_delivery, created_at, .doc = "Time at which the delivery was queued"),
};
SHAPE(integrations_webhook_delivery);
LIST_SHAPE(integrations_webhook_delivery);

static const struct field integrations_webhook_attempt_fields[] = {
    TEXT(integrations_webhook_attempt, result,
        .one_of = "delivered|rejected|timeout|unreachable|too_large",
        .doc = "Result of the attempt"),
    INT(integrations_webhook_attempt, status, .optional = true,
        .doc = "HTTP status of the response. Null if there was no response."),
    INT(integrations_webhook_attempt, latency_ms,
        .doc = "Time until the response, in milliseconds"),
    TEXT(integrations_webhook_attempt, excerpt, .optional = true,
        .doc = "Beginning of the response content"),
    TIME(integrations_webhook_attempt, at, .doc = "Time of the attempt"),
};
SHAPE(integrations_webhook_attempt);

static const struct field integrations_feed_event_fields[] = {
    ID(integrations_feed_event, id, "evt",
        .doc = "Id of the event, sent in the header webhook-id of its deliveries"),
    INT(integrations_feed_event, sequence, .doc = "Position in the feed, without gaps"),
    TEXT(integrations_feed_event, type, .max = 100, .doc = "Type of the event",
        .example = "users.member_added"),
    TIME(integrations_feed_event, timestamp, .doc = "Time at which the event occurred"),
    OPEN_JSON(integrations_feed_event, data,
        .doc = "Data of the event, defined by its type in GET /v1/event-types"),
};
SHAPE(integrations_feed_event);

static const struct field integrations__ref_fields[] = { ID(integrations__ref, id, "endpoint") };
static SHAPE(integrations__ref);

static const struct field integrations__replay_fields[] = {
    INT(integrations__replay, next),
    INT(integrations__replay, last),
};
static SHAPE(integrations__replay);

static const struct field integrations__replayed_fields[] = {
    ID(integrations__replayed, id, "evt"),
    INT(integrations__replayed, seq),
};
static SHAPE(integrations__replayed);

static const struct field integrations__feed_state_fields[] = {
    INT(integrations__feed_state, last),
    INT(integrations__feed_state, swept),
};
static SHAPE(integrations__feed_state);

err integrations__take_event(struct ctx *c, const struct integrations__new_event *e)
{
    return db_exec(
        c, &SQL_take_event, ARGS(ARG(c->org), ARG(e->id), ARG(e->type), ARG(e->data), ARG(e->at)));
}

err integrations__insert_test_event(struct ctx *c, const struct integrations__new_event *e)
{
    return db_exec(
        c, &SQL_insert_test_event, ARGS(ARG(c->org), ARG(e->id), ARG(e->type), ARG(e->data)));
}

err integrations__list_listeners(
    struct ctx *c, const char *type, const struct integrations__ref **endpoints, size_t *n)
{
    return db_list(
        c, &SQL_list_listeners, integrations__ref, endpoints, n, ARGS(ARG(c->org), ARG(type)));
}

static void add_id(struct buf *b, const char *name, struct uuid id)
{
    char text[UUID_TEXT_SIZE + 1];

    uuid_format(id, text);
    buf_printf(b, "\"%s\":\"%s\"", name, text);
}

err integrations__insert_deliveries(struct ctx *c, const struct integrations__pair *pairs, size_t n)
{
    struct buf b;

    buf_init(&b, c->arena, IDS_MAX);
    buf_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        buf_text(&b, i > 0 ? ",{" : "{");
        add_id(&b, "id", pairs[i].id);
        buf_char(&b, ',');
        add_id(&b, "endpoint_id", pairs[i].endpoint);
        buf_char(&b, ',');
        add_id(&b, "event_id", pairs[i].event);
        buf_char(&b, '}');
    }
    buf_char(&b, ']');
    if (buf_is_full(&b)) {
        log_error(c, "integrations.delivery_batch_exceeded", log_int("deliveries", (int64_t)n));
        return &ERR_INTERNAL;
    }
    return db_exec(c, &SQL_insert_deliveries, ARGS(ARG(c->org), ARG(b.data)));
}

err integrations__queue_endpoint(struct ctx *c, struct uuid id, bool *queued)
{
    int64_t n;

    TRY(db_exec_count(c, &SQL_queue_endpoint, &n, ARGS(ARG(c->org), ARG(id))));
    *queued = n == 1;
    return NULL;
}

err integrations__list_deliveries(struct ctx *c, struct uuid endpoint, const char *state,
    const struct page_in *page, struct integrations_webhook_delivery_list *out)
{
    return db_page(c, &SQL_list_deliveries, integrations_webhook_delivery, out, page,
        ARGS(ARG(c->org), ARG(endpoint), ARG(state)));
}

err integrations__get_delivery(
    struct ctx *c, struct uuid endpoint, struct uuid id, struct integrations_webhook_delivery *out)
{
    return db_one(c, &SQL_get_delivery, integrations_webhook_delivery, out,
        ARGS(ARG(c->org), ARG(endpoint), ARG(id)));
}

err integrations__list_attempts(struct ctx *c, struct uuid delivery,
    const struct integrations_webhook_attempt **rows, size_t *n)
{
    return db_list(c, &SQL_list_attempts, integrations_webhook_attempt, rows, n,
        ARGS(ARG(c->org), ARG(delivery)));
}

err integrations__redeliver(struct ctx *c, struct uuid endpoint, struct uuid id)
{
    return db_exec_one(c, &SQL_redeliver, ARGS(ARG(c->org), ARG(endpoint), ARG(id)));
}

struct due {
    struct instant at;
};
static const struct field due_fields[] = { TIME(due, at) };
static SHAPE(due);

err integrations__next_due(struct ctx *c, struct uuid endpoint, struct instant *at, bool *any)
{
    struct due due;

    TRY(db_maybe(c, &SQL_next_due, due, &due, any, ARGS(ARG(c->org), ARG(endpoint))));
    if (*any)
        *at = due.at;
    return NULL;
}

err integrations__count_waiting(struct ctx *c, int64_t *oldest_s)
{
    return db_int(c, &SQL_count_waiting, oldest_s, NO_ARGS);
}

err integrations__start_replay(struct ctx *c, struct uuid endpoint, struct instant since)
{
    int64_t before;

    TRY(db_int(c, &SQL_seq_since, &before, ARGS(ARG(c->org), ARG(since))));
    return db_exec_one(c, &SQL_start_replay, ARGS(ARG(c->org), ARG(endpoint), ARG(before)));
}

err integrations__get_replay(
    struct ctx *c, struct uuid endpoint, struct integrations__replay *out, bool *found)
{
    return db_maybe(
        c, &SQL_get_replay, integrations__replay, out, found, ARGS(ARG(c->org), ARG(endpoint)));
}

err integrations__set_replay(struct ctx *c, struct uuid endpoint, int64_t next)
{
    return db_exec(c, &SQL_set_replay, ARGS(ARG(c->org), ARG(endpoint), ARG(next)));
}

err integrations__list_events_to_replay(struct ctx *c, struct uuid endpoint,
    const struct integrations__replay *r, const struct integrations__replayed **rows, size_t *n)
{
    return db_list(c, &SQL_list_events_to_replay, integrations__replayed, rows, n,
        ARGS(ARG(c->org), ARG(endpoint), ARG(r->next), ARG(r->last), ARG((int)REPLAY_BATCH)));
}

err integrations__get_feed(struct ctx *c, struct integrations__feed_state *out)
{
    bool found;

    *out = (struct integrations__feed_state){ .last = 0 };
    return db_maybe(c, &SQL_get_feed, integrations__feed_state, out, &found, ARGS(ARG(c->org)));
}

err integrations__list_events(
    struct ctx *c, int64_t seq, int64_t most, struct integrations__events *out)
{
    return db_some(c, &SQL_list_events, integrations_feed_event, &out->rows, &out->n, &out->more,
        ARGS(ARG(c->org), ARG(seq), ARG(most)));
}

err integrations__delete_old_events(struct ctx *c, int64_t days, int64_t most, int64_t *gone)
{
    return db_int(c, &SQL_delete_old_events, gone, ARGS(ARG(days), ARG(most)));
}
