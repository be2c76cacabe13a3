/* The failures integrations names. */
#include "integrations_internal.h"

const struct error_kind INTEGRATIONS_URL_REFUSED = {
    "integrations/url-refused",
    422,
    "Nothing can be sent to this URL",
    "Use an https URL on port 443 of a server on the public Internet; the detail says what is "
    "wrong.",
};
const struct error_kind INTEGRATIONS_UNKNOWN_EVENT = {
    "integrations/unknown-event",
    422,
    "There is no such event type",
    "GET /v1/event-types lists those there are.",
};
const struct error_kind INTEGRATIONS_TOO_MANY_SECRETS = {
    "integrations/too-many-secrets",
    409,
    "Too many secrets sign at the same time",
    "Wait until the oldest has ended, a day after it was replaced.",
};
const struct error_kind INTEGRATIONS_TOO_MANY_ENDPOINTS = {
    "integrations/too-many-endpoints",
    409,
    "Too many webhook endpoints",
    "Delete one that is not needed any more.",
};
const struct error_kind INTEGRATIONS_ENDPOINT_DISABLED = {
    "integrations/endpoint-disabled",
    409,
    "The endpoint is disabled",
    "PATCH it with enabled true first.",
};
const struct error_kind INTEGRATIONS_CURSOR_EXPIRED = {
    "integrations/cursor-expired",
    410,
    "Events after this cursor are gone",
    "Start again without a cursor: from the oldest event kept. What is missing must be read from "
    "the "
    "API.",
};
