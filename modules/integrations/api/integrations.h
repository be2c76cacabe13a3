/*
 * integrations — access for an organisation's own systems: webhooks sent to its endpoints, and a
 * feed of public events to poll. The public events (event.h) of all modules are delivered here,
 * without knowledge of any of them.
 *
 * The only header of this module that others may include. Functions run in the caller's open
 * transaction, in c->org. Outputs are filled on success and unchanged on failure. Strings in
 * outputs are in the context's arena. Every change writes its audit row.
 */
#pragma once
#include <ashlar/ashlar.h>

/* --- Endpoints --- */

struct integrations_webhook_endpoint {
    struct uuid id; /* "endpoint_…" */
    const char *url, *description;
    const char *const *events; /* names; none: all public ones */
    size_t n_events;
    bool enabled;
    const char *disabled_reason;  /* person, gone, failing; NULL while enabled */
    struct instant failing_since; /* first failure after the last success */
    struct instant last_success_at, last_failure_at;
    struct instant previous_secret_until; /* end of the previous secret's validity */
    bool replaying;
    int64_t version;
    struct instant created_at;
};
PUBLIC extern const struct shape integrations_webhook_endpoint_shape;
LIST_OF(integrations_webhook_endpoint);
PUBLIC extern const struct shape integrations_webhook_endpoint_list_shape;

struct integrations_new_endpoint {
    const char *url, *description;
    const char *const *events;
    size_t n_events;
};

/* Create an endpoint. `*secret` ("whsec_" + base64 of 32 bytes) is returned only here. Errors:
 * INTEGRATIONS_URL_REFUSED, INTEGRATIONS_UNKNOWN_EVENT, INTEGRATIONS_TOO_MANY_ENDPOINTS. */
PUBLIC CHECKED err integrations_create_endpoint(struct ctx *c,
    const struct integrations_new_endpoint *in, struct integrations_webhook_endpoint *out,
    const char **secret);

PUBLIC CHECKED err integrations_list_endpoints(
    struct ctx *c, const struct page_in *page, struct integrations_webhook_endpoint_list *out);
PUBLIC CHECKED err integrations_get_endpoint(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out);

/* Changes; NULL leaves a field unchanged. Enabling clears earlier failures and sends pending
 * deliveries. */
struct integrations_endpoint_changes {
    const char *url, *description;
    bool set_events, set_enabled;
    const char *const *events;
    size_t n_events;
    bool enabled;
};
PUBLIC CHECKED err integrations_update_endpoint(struct ctx *c, struct uuid id,
    const struct integrations_endpoint_changes *changes, struct integrations_webhook_endpoint *out);
PUBLIC CHECKED err integrations_delete_endpoint(struct ctx *c, struct uuid id);

/* Create a new secret. The previous one stays valid for INTEGRATIONS_OVERLAP_HOURS, as does each
 * older one for its own period. Errors: ERR_NOT_FOUND, INTEGRATIONS_TOO_MANY_SECRETS. */
enum { INTEGRATIONS_OVERLAP_HOURS = 24 };
PUBLIC CHECKED err integrations_rotate_secret(
    struct ctx *c, struct uuid id, struct integrations_webhook_endpoint *out, const char **secret);

/* --- Deliveries: one event to one endpoint --- */

struct integrations_webhook_delivery {
    struct uuid id;         /* "delivery_…" */
    struct uuid event_id;   /* "evt_…": the webhook-id header, and the id in the feed */
    const char *event_type; /* "users.member_added" */
    const char *state;      /* pending, delivered, failed */
    int64_t attempts;
    const char *last_result; /* delivered, rejected, timeout, unreachable, too_large */
    int64_t last_status;     /* of HTTP; 0: no response */
    struct instant next_attempt_at, created_at;
};
PUBLIC extern const struct shape integrations_webhook_delivery_shape;
LIST_OF(integrations_webhook_delivery);
PUBLIC extern const struct shape integrations_webhook_delivery_list_shape;

struct integrations_webhook_attempt {
    const char *result;
    int64_t status, latency_ms;
    const char *excerpt; /* the beginning of the response, invalid text as U+FFFD; NULL: none */
    struct instant at;
};
PUBLIC extern const struct shape integrations_webhook_attempt_shape;

/* Newest first; `state` NULL: all. */
PUBLIC CHECKED err integrations_list_deliveries(struct ctx *c, struct uuid endpoint,
    const char *state, const struct page_in *page, struct integrations_webhook_delivery_list *out);
PUBLIC CHECKED err integrations_get_delivery(struct ctx *c, struct uuid endpoint, struct uuid id,
    struct integrations_webhook_delivery *out, const struct integrations_webhook_attempt **attempts,
    size_t *n);

/* Send it again now, with the same webhook-id; on failure the whole retry schedule follows. Errors:
 * ERR_NOT_FOUND, INTEGRATIONS_ENDPOINT_DISABLED. */
PUBLIC CHECKED err integrations_redeliver(
    struct ctx *c, struct uuid endpoint, struct uuid id, struct integrations_webhook_delivery *out);

/* Send, at a limited rate, all events since then that were not delivered, also those of a time when
 * the endpoint was disabled. Errors: ERR_NOT_FOUND, INTEGRATIONS_ENDPOINT_DISABLED. */
PUBLIC CHECKED err integrations_replay(struct ctx *c, struct uuid endpoint, struct instant since,
    struct integrations_webhook_endpoint *out);

/* An event of type integrations.test for this endpoint alone. Errors: ERR_NOT_FOUND,
 * INTEGRATIONS_ENDPOINT_DISABLED. */
PUBLIC CHECKED err integrations_send_test(
    struct ctx *c, struct uuid endpoint, struct integrations_webhook_delivery *out);

/* --- The feed --- */

struct integrations_feed_event {
    struct uuid id; /* "evt_…" */
    int64_t sequence;
    const char *type;
    struct instant timestamp;
    const char *data; /* JSON, by the event's shape */
};
PUBLIC extern const struct shape integrations_feed_event_shape;

struct integrations_event_feed {
    const struct integrations_feed_event *data;
    size_t n_data;
    const char *next_cursor; /* never NULL: the `after` of the next request */
    bool has_more;
};
PUBLIC extern const struct shape integrations_event_feed_shape;

/* The organisation's public events in the order of their commits to the feed, at most `limit`,
 * after the cursor (NULL: from the oldest stored). Errors: ERR_INVALID; INTEGRATIONS_CURSOR_EXPIRED
 * when events after it are deleted. */
PUBLIC CHECKED err integrations_list_events(
    struct ctx *c, const char *after, int64_t limit, struct integrations_event_feed *out);

/* --- Failures --- */

PUBLIC extern const struct error_kind INTEGRATIONS_URL_REFUSED;
PUBLIC extern const struct error_kind INTEGRATIONS_UNKNOWN_EVENT;
PUBLIC extern const struct error_kind INTEGRATIONS_TOO_MANY_ENDPOINTS;
PUBLIC extern const struct error_kind INTEGRATIONS_TOO_MANY_SECRETS;
PUBLIC extern const struct error_kind INTEGRATIONS_ENDPOINT_DISABLED;
PUBLIC extern const struct error_kind INTEGRATIONS_CURSOR_EXPIRED;

/* --- Events: the aggregate is the endpoint --- */

struct integrations_disabled_event {
    struct uuid endpoint_id;
    const char *reason; /* gone, failing */
};
EVENT_OF(integrations_disabled_event);
PUBLIC extern const EVENT(integrations_disabled_event) INTEGRATIONS_WAS_DISABLED;
