/* Error kinds of analytics. */
#include "analytics_internal.h"

const struct error_kind ANALYTICS_UNKNOWN_WRITE_KEY = {
    "analytics/unknown-write-key",
    401,
    "Unknown write key",
    "Send a key of GET /v1/orgs/{org_id}/analytics/write-keys, as the user name of Basic "
    "authentication or as writeKey in the body.",
};
const struct error_kind ANALYTICS_MESSAGE_REFUSED = {
    "analytics/message-refused",
    400,
    "Invalid message",
    "Correct the message as the detail describes. Sending it unchanged does not help.",
};
const struct error_kind ANALYTICS_TOO_MANY_WRITE_KEYS = {
    "analytics/too-many-write-keys",
    409,
    "Too many write keys",
    "Revoke a write key that is no longer used.",
};
