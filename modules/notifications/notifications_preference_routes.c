/* HTTP surface of preferences. Rules are in the service. */
#include "notifications_internal.h"

static const struct field notifications__channel_fields[] = {
    TEXT(notifications__channel, channel, .one_of = NOTIFICATIONS__CHANNELS,
        .doc = "Channel on which the notification may be sent"),
    BOOL(notifications__channel, wanted,
        .doc = "Whether notifications of this kind are sent on this channel"),
};
static SHAPE(notifications__channel);

static const struct field notifications__preference_fields[] = {
    TEXT(notifications__preference, kind, .max = 100,
        .doc = "Kind of the notification, a stable name", .example = "users.member_added"),
    TEXT(notifications__preference, title, .max = 200,
        .doc = "Title of the kind for a settings page"),
    TEXT(notifications__preference, doc, .max = 500,
        .doc = "Description of the event that causes the notification"),
    TEXT(notifications__preference, category, .one_of = "security|transactional|product|marketing",
        .doc = "Category of the kind"),
    BOOL(notifications__preference, mandatory, .doc = "Whether the kind cannot be switched off"),
    LIST(notifications__preference, channels, notifications__channel,
        .doc = "Channels of the kind, each with its preference"),
};
static SHAPE(notifications__preference);

static const struct field notifications__preferences_fields[] = {
    LIST(notifications__preferences, data, notifications__preference,
        .max = NOTIFICATIONS__KINDS_MAX, .doc = "All kinds of notifications"),
    INT(notifications__preferences, version, .etag = true,
        .doc = "Version, changed by each update. Send it in If-Match."),
};
SHAPE(notifications__preferences);

HANDLER(get_preferences, nothing, notifications__preferences)
{
    (void)in;
    return notifications__get_preferences(c, out);
}

struct preferences_in {
    const struct notifications__channel_preference *data;
    size_t n_data;
};
static const struct field preferences_in_fields[] = {
    LIST(preferences_in, data, notifications__channel_preference,
        .max = 2 * NOTIFICATIONS__KINDS_MAX,
        .doc = "Complete list of preferences. A preference that is left out is reset to its "
               "default. Email that was unsubscribed by its link stays off until it is set to true "
               "together with If-Match."),
};
static SHAPE(preferences_in);

HANDLER(put_preferences, preferences_in, notifications__preferences)
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
