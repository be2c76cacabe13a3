/* HTTP surface of preferences. Rules are in the service. */
#include "notifications_internal.h"

static const struct field notifications__preference_channel_fields[] = {
    TEXT(notifications__preference_channel, channel, .one_of = NOTIFICATIONS__CHANNELS,
        .doc = "Channel on which the notification may be sent"),
    BOOL(notifications__preference_channel, wanted,
        .doc = "Whether notifications of this kind are sent on this channel"),
};
static SHAPE(notifications__preference_channel);

static const struct field notifications__notification_preference_fields[] = {
    TEXT(notifications__notification_preference, kind, .max = 100,
        .doc = "Kind of the notification, a stable name", .example = "users.member_added"),
    TEXT(notifications__notification_preference, title, .max = 200,
        .doc = "Title of the kind for a settings page"),
    TEXT(notifications__notification_preference, doc, .max = 500,
        .doc = "Description of the event that causes the notification"),
    TEXT(notifications__notification_preference, category,
        .one_of = "security|transactional|product|marketing", .doc = "Category of the kind"),
    BOOL(notifications__notification_preference, mandatory,
        .doc = "Whether the kind cannot be switched off"),
    LIST(notifications__notification_preference, channels, notifications__preference_channel,
        .doc = "Channels of the kind, each with its preference"),
};
static SHAPE(notifications__notification_preference);

static const struct field notifications__notification_preferences_fields[] = {
    LIST(notifications__notification_preferences, data, notifications__notification_preference,
        .max = NOTIFICATIONS__KINDS_MAX, .doc = "All kinds of notifications"),
    INT(notifications__notification_preferences, version, .etag = true,
        .doc = "Version, changed by each update. Send it in If-Match."),
};
SHAPE(notifications__notification_preferences);

HANDLER(get_preferences, nothing, notifications__notification_preferences)
{
    (void)in;
    return notifications__get_preferences(c, out);
}

struct put_notification_preferences {
    const struct notifications__channel_preference *data;
    size_t n_data;
};
static const struct field put_notification_preferences_fields[] = {
    LIST(put_notification_preferences, data, notifications__channel_preference,
        .max = 2 * NOTIFICATIONS__KINDS_MAX,
        .doc = "Complete list of preferences. A preference that is left out is reset to its "
               "default. Email that was unsubscribed by its link stays off until it is set to true "
               "together with If-Match."),
};
static SHAPE(put_notification_preferences);

HANDLER(put_preferences, put_notification_preferences, notifications__notification_preferences)
{
    TRY(notifications__put_preferences(c, in->data, in->n_data));
    return notifications__get_preferences(c, out);
}

const struct route notifications__preference_routes[] = {
    {
        .method = GET,
        .path = "/v1/me/notification-preferences",
        .id = "getNotificationPreferences",
        .summary = "Get notification preferences",
        .doc = "Lists every kind of notification with its channels.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_preferences),
    },
    {
        .method = PUT,
        .path = "/v1/me/notification-preferences",
        .id = "putNotificationPreferences",
        .summary = "Set notification preferences",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = ERRORS(&NOTIFICATIONS_MANDATORY, &NOTIFICATIONS_LEFT_BY_LINK),
        .handler = BY(put_preferences),
    },
    { .id = NULL },
};
