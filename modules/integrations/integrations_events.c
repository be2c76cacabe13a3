/* The event kind of integrations. */
#include "integrations_internal.h"

static const struct field integrations_disabled_event_fields[] = {
    ID(integrations_disabled_event, endpoint_id, "endpoint", .doc = "Id of the endpoint"),
    TEXT(integrations_disabled_event, reason, .one_of = "gone|failing",
        .doc = "Reason why the endpoint was disabled. `gone`: it returned 410. `failing`: five "
               "days without a successful delivery."),
};
static SHAPE(integrations_disabled_event);

EVENT_KIND(INTEGRATIONS_WAS_DISABLED, integrations_disabled_event,
    .name = "integrations.endpoint_disabled", .version = 1,
    .doc = "A webhook endpoint was disabled because its deliveries failed", .public = true);
