/* HTTP surface: deliveries and redelivery. Rules are in integrations_delivery_service.c. */
#include "integrations_internal.h"

struct delivery_endpoint_ref {
    struct uuid endpoint_id;
};
static const struct field delivery_endpoint_ref_fields[] = {
    ID(delivery_endpoint_ref, endpoint_id, "endpoint", .in = PATH, .doc = "Id of the endpoint"),
};
static SHAPE(delivery_endpoint_ref);

struct deliveries_in {
    struct page_in page;
    struct uuid endpoint_id;
    const char *state;
};
static const struct field deliveries_in_fields[] = {
    PAGE_IN_FIELDS(deliveries_in),
    ID(deliveries_in, endpoint_id, "endpoint", .in = PATH, .doc = "Id of the endpoint"),
    TEXT(deliveries_in, state, .in = QUERY, .one_of = "pending|delivered|failed", .optional = true,
        .doc = "State of the deliveries. Default: all states."),
};
static SHAPE(deliveries_in);

struct delivery_ref {
    struct uuid endpoint_id, delivery_id;
};
static const struct field delivery_ref_fields[] = {
    ID(delivery_ref, endpoint_id, "endpoint", .in = PATH, .doc = "Id of the endpoint"),
    ID(delivery_ref, delivery_id, "delivery", .in = PATH, .doc = "Id of the delivery"),
};
static SHAPE(delivery_ref);

struct webhook_delivery_with_attempts {
    const struct integrations_webhook_delivery *delivery;
    const struct integrations_webhook_attempt *attempts;
    size_t n_attempts;
};
static const struct field webhook_delivery_with_attempts_fields[] = {
    OBJECT(webhook_delivery_with_attempts, delivery, integrations_webhook_delivery,
        .doc = "Delivery without its attempts"),
    LIST(webhook_delivery_with_attempts, attempts, integrations_webhook_attempt, .max = 50,
        .doc = "Last 50 attempts, newest first"),
};
static SHAPE(webhook_delivery_with_attempts);

struct replay_webhooks {
    struct uuid endpoint_id;
    struct instant since;
};
static const struct field replay_webhooks_fields[] = {
    ID(replay_webhooks, endpoint_id, "endpoint", .in = PATH, .doc = "Id of the endpoint"),
    TIME(replay_webhooks, since,
        .doc = "Start of the time range. Undelivered events since then are sent.",
        .example = "2026-11-20T08:00:00Z"),
};
static SHAPE(replay_webhooks);

HANDLER(list_deliveries, deliveries_in, integrations_webhook_delivery_list)
{
    return integrations_list_deliveries(c, in->endpoint_id, in->state, &in->page, out);
}

HANDLER(get_delivery, delivery_ref, webhook_delivery_with_attempts)
{
    struct integrations_webhook_delivery *delivery = arena_alloc(c->arena, sizeof *delivery);

    out->delivery = delivery;
    return integrations_get_delivery(
        c, in->endpoint_id, in->delivery_id, delivery, &out->attempts, &out->n_attempts);
}

HANDLER(redeliver, delivery_ref, integrations_webhook_delivery)
{
    return integrations_redeliver(c, in->endpoint_id, in->delivery_id, out);
}

HANDLER(replay, replay_webhooks, integrations_webhook_endpoint)
{
    return integrations_replay(c, in->endpoint_id, in->since, out);
}

HANDLER(send_test, delivery_endpoint_ref, integrations_webhook_delivery)
{
    return integrations_send_test(c, in->endpoint_id, out);
}

#define ENDPOINT   "/v1/orgs/{org_id}/webhook-endpoints/{endpoint_id}"
#define DELIVERIES ENDPOINT "/deliveries"

const struct route integrations__delivery_routes[] = {
    {
        .method = POST,
        .path = ENDPOINT "/test",
        .id = "sendWebhookTest",
        .summary = "Send a test event",
        .doc = "Sends an event of type `integrations.test` to this endpoint only.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_WRITE,
        .status = 202,
        .errors = ERRORS(&INTEGRATIONS_ENDPOINT_DISABLED),
        .handler = BY(send_test),
    },
    {
        .method = POST,
        .path = ENDPOINT "/replay",
        .id = "replayWebhooks",
        .summary = "Replay undelivered events",
        .doc = "Sends all events since a time that were not delivered, including those that "
               "occurred while the endpoint was disabled. A hundred deliveries are queued every "
               "ten seconds. `replaying` is true until all are queued. Returns 409 `conflict` "
               "while a replay is running.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_WRITE,
        .status = 202,
        .errors = ERRORS(&INTEGRATIONS_ENDPOINT_DISABLED),
        .handler = BY(replay),
    },
    {
        .method = GET,
        .path = DELIVERIES,
        .id = "listWebhookDeliveries",
        .summary = "List deliveries",
        .doc = "The newest delivery is first.",
        INTEGRATIONS__MAY_READ,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_deliveries),
    },
    {
        .method = GET,
        .path = DELIVERIES "/{delivery_id}",
        .id = "getWebhookDelivery",
        .summary = "Get a delivery",
        .doc = "Contains its attempts and the responses received.",
        INTEGRATIONS__MAY_READ,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_delivery),
    },
    {
        .method = POST,
        .path = DELIVERIES "/{delivery_id}/redeliver",
        .id = "redeliverWebhook",
        .summary = "Redeliver an event",
        .doc = "Sends it immediately with the same `webhook-id`.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_WRITE,
        .status = 202,
        .errors = ERRORS(&INTEGRATIONS_ENDPOINT_DISABLED),
        .handler = BY(redeliver),
    },
    { .id = NULL },
};
