/* Error kinds of integrations. */
#include "integrations_internal.h"

const struct error_kind INTEGRATIONS_URL_REFUSED = {
    "integrations/url-refused",
    422,
    "Webhook URL not allowed",
    "Use an https URL on port 443 of a server on the public Internet. The detail names the reason.",
};
const struct error_kind INTEGRATIONS_UNKNOWN_EVENT = {
    "integrations/unknown-event",
    422,
    "Unknown event type",
    "Use an event type of GET /v1/event-types.",
};
const struct error_kind INTEGRATIONS_TOO_MANY_SECRETS = {
    "integrations/too-many-secrets",
    409,
    "Too many active signing secrets",
    "Wait until the oldest secret expires, a day after it was replaced.",
};
const struct error_kind INTEGRATIONS_TOO_MANY_ENDPOINTS = {
    "integrations/too-many-endpoints",
    409,
    "Too many webhook endpoints",
    "Delete an endpoint that is no longer needed.",
};
const struct error_kind INTEGRATIONS_ENDPOINT_DISABLED = {
    "integrations/endpoint-disabled",
    409,
    "Webhook endpoint disabled",
    "Enable the endpoint first: PATCH it with enabled true.",
};
const struct error_kind INTEGRATIONS_CURSOR_EXPIRED = {
    "integrations/cursor-expired",
    410,
    "Cursor expired",
    "Start again without a cursor, from the oldest stored event. Read the missing data from the "
    "API.",
};
