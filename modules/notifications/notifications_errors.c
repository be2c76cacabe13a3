/* The failures notifications names. */
#include "notifications_internal.h"

const struct error_kind NOTIFICATIONS_MANDATORY = {
    "notifications/mandatory",
    422,
    "This cannot be switched off",
    "Leave the kinds out that GET says are mandatory.",
};
const struct error_kind NOTIFICATIONS_LEFT_BY_LINK = {
    "notifications/left-by-link",
    428,
    "This mail was left by its link",
    "Fetch the preferences again, show them, and send their ETag in If-Match.",
};
