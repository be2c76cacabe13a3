/* Error kinds of notifications. */
#include "notifications_internal.h"

const struct error_kind NOTIFICATIONS_MANDATORY = {
    "notifications/mandatory",
    422,
    "Notification kind is mandatory",
    "Leave out the kinds that are mandatory in GET /v1/me/notification-preferences.",
};
const struct error_kind NOTIFICATIONS_LEFT_BY_LINK = {
    "notifications/left-by-link",
    428,
    "Unsubscribed by email link",
    "Fetch the preferences again, show them, and send their ETag in If-Match.",
};
