/* The event integrations publishes. */
#include "integrations_internal.h"

static const struct field integrations_disabled_event_fields[] = {
    ID(integrations_disabled_event, endpoint_id, "endpoint", .doc = "The endpoint"),
    TEXT(integrations_disabled_event, reason, .one_of = "gone|failing",
        .doc = "It answered 410, or nothing arrived for five days"),
};
static SHAPE(integrations_disabled_event);

EVENT_KIND(INTEGRATIONS_WAS_DISABLED, integrations_disabled_event,
    .name = "integrations.endpoint_disabled", .version = 1,
    .doc = "Nothing is sent to a webhook endpoint any more, because it does not work",
    .public = true);
