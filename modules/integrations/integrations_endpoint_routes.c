/* HTTP surface: webhook endpoints. Rules are in integrations_endpoint_service.c. */
#include "integrations_internal.h"

struct endpoint_ref {
    struct uuid endpoint_id;
};
static const struct field endpoint_ref_fields[] = {
    ID(endpoint_ref, endpoint_id, "endpoint", .in = PATH, .doc = "Id of the endpoint"),
};
static SHAPE(endpoint_ref);

struct create_webhook_endpoint {
    const char *url, *description;
    const char *const *events;
    size_t n_events;
};
static const struct field create_webhook_endpoint_fields[] = {
    TEXT(create_webhook_endpoint, url, .format = URL, .max = 2048,
        .doc = "URL that events are sent to, https", .example = "https://example.com/hooks"),
    TEXT(create_webhook_endpoint, description, .format = LINE, .max = 200, .empty = true,
        .optional = true, .fallback = "", .doc = "Description for the members of the organisation"),
    TEXTS(create_webhook_endpoint, events, .max = 50, .optional = true,
        .doc = "Event types to send. Default: all types. An empty list is all types."),
};
static SHAPE(create_webhook_endpoint);

struct update_webhook_endpoint {
    struct uuid endpoint_id;
    const char *url, *description;
    const char *const *events;
    size_t n_events;
    bool enabled;
    struct present present;
};
static const struct field update_webhook_endpoint_fields[] = {
    ID(update_webhook_endpoint, endpoint_id, "endpoint", .in = PATH, .doc = "Id of the endpoint"),
    TEXT(update_webhook_endpoint, url, .format = URL, .max = 2048, .optional = true,
        .doc = "New URL of the endpoint"),
    TEXT(update_webhook_endpoint, description, .format = LINE, .max = 200, .empty = true,
        .optional = true, .doc = "New description of the endpoint"),
    TEXTS(update_webhook_endpoint, events, .max = 50, .optional = true,
        .doc =
            "Event types to send. Applies to events after the change. An empty list is all types."),
    BOOL(update_webhook_endpoint, enabled, .optional = true,
        .doc = "Whether events are sent. Setting it to true also clears previous failures."),
};
static PATCH_SHAPE(update_webhook_endpoint);

struct webhook_endpoint_with_secret {
    const struct integrations_webhook_endpoint *endpoint;
    const char *secret;
};
static const struct field webhook_endpoint_with_secret_fields[] = {
    OBJECT(webhook_endpoint_with_secret, endpoint, integrations_webhook_endpoint,
        .doc = "Endpoint without its secret"),
    TEXT(webhook_endpoint_with_secret, secret, .format = TOKEN, .secret = true,
        .doc = "Secret that verifies deliveries (Standard Webhooks). It is returned only in this "
               "response.",
        .example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
};
static SHAPE(webhook_endpoint_with_secret);

HANDLER(list_endpoints, page_in, integrations_webhook_endpoint_list)
{
    return integrations_list_endpoints(c, in, out);
}

HANDLER(create_endpoint, create_webhook_endpoint, webhook_endpoint_with_secret)
{
    const struct integrations_new_endpoint made = { in->url, in->description, in->events,
        in->n_events };
    struct integrations_webhook_endpoint *endpoint = arena_alloc(c->arena, sizeof *endpoint);

    out->endpoint = endpoint;
    return integrations_create_endpoint(c, &made, endpoint, &out->secret);
}

HANDLER(get_endpoint, endpoint_ref, integrations_webhook_endpoint)
{
    return integrations_get_endpoint(c, in->endpoint_id, out);
}

HANDLER(update_endpoint, update_webhook_endpoint, integrations_webhook_endpoint)
{
    const struct integrations_endpoint_changes changes = {
        .url = in->url,
        .description = in->description,
        .set_events = PRESENT(update_webhook_endpoint, in, events),
        .set_enabled = PRESENT(update_webhook_endpoint, in, enabled),
        .events = in->events,
        .n_events = in->n_events,
        .enabled = in->enabled,
    };

    return integrations_update_endpoint(c, in->endpoint_id, &changes, out);
}

HANDLER(delete_endpoint, endpoint_ref, nothing)
{
    (void)out;
    return integrations_delete_endpoint(c, in->endpoint_id);
}

HANDLER(rotate_secret, endpoint_ref, webhook_endpoint_with_secret)
{
    struct integrations_webhook_endpoint *endpoint = arena_alloc(c->arena, sizeof *endpoint);

    out->endpoint = endpoint;
    return integrations_rotate_secret(c, in->endpoint_id, endpoint, &out->secret);
}

#define ENDPOINTS "/v1/orgs/{org_id}/webhook-endpoints"

const struct route integrations__endpoint_routes[] = {
    {
        .method = GET,
        .path = ENDPOINTS,
        .id = "listWebhookEndpoints",
        .summary = "List webhook endpoints",
        INTEGRATIONS__MAY_READ,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_endpoints),
    },
    {
        .method = POST,
        .path = ENDPOINTS,
        .id = "createWebhookEndpoint",
        .summary = "Create a webhook endpoint",
        .doc = "Events are sent to its URL from its creation on. The secret verifies deliveries by "
               "Standard Webhooks. It is returned only in this response.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_WRITE,
        .status = 201,
        .errors = ERRORS(&INTEGRATIONS_URL_REFUSED, &INTEGRATIONS_UNKNOWN_EVENT,
            &INTEGRATIONS_TOO_MANY_ENDPOINTS),
        .handler = BY(create_endpoint),
    },
    {
        .method = GET,
        .path = ENDPOINTS "/{endpoint_id}",
        .id = "getWebhookEndpoint",
        .summary = "Get a webhook endpoint",
        INTEGRATIONS__MAY_READ,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_endpoint),
    },
    {
        .method = PATCH,
        .path = ENDPOINTS "/{endpoint_id}",
        .id = "updateWebhookEndpoint",
        .summary = "Update a webhook endpoint",
        .doc = "Changes, disables or enables it. Deliveries pending when the endpoint was disabled "
               "are sent when it is enabled. Events that occurred while it was disabled were not "
               "queued. Replay them with replayWebhooks.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&INTEGRATIONS_URL_REFUSED, &INTEGRATIONS_UNKNOWN_EVENT),
        .handler = BY(update_endpoint),
    },
    {
        .method = DELETE_,
        .path = ENDPOINTS "/{endpoint_id}",
        .id = "deleteWebhookEndpoint",
        .summary = "Delete a webhook endpoint",
        .doc = "Deletes the records of its deliveries with it.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(delete_endpoint),
    },
    {
        .method = POST,
        .path = ENDPOINTS "/{endpoint_id}/rotate-secret",
        .id = "rotateWebhookSecret",
        .summary = "Rotate the signing secret",
        .doc =
            "The previous secret also signs for 24 hours. Each secret has its own 24 hours, even "
            "if it is rotated again in that time. At most nine secrets sign at the same time.",
        INTEGRATIONS__MAY_MANAGE,
        .rate = RATE_SENSITIVE,
        .status = 201,
        .errors = ERRORS(&INTEGRATIONS_TOO_MANY_SECRETS),
        .handler = BY(rotate_secret),
    },
    { .id = NULL },
};
