/* HTTP surface of the inbox. Rules are in the service, SQL in the store. */
#include "notifications_internal.h"

struct inbox_in {
    struct page_in page;
    const char *show;
};
static const struct field inbox_in_fields[] = {
    PAGE_IN_FIELDS(inbox_in),
    TEXT(inbox_in, show, .in = QUERY, .one_of = "inbox|unread|archived|all", .fallback = "inbox",
        .optional = true, .doc = "Notifications to return. `inbox` is all that are not archived."),
};
static SHAPE(inbox_in);

HANDLER(list_inbox, inbox_in, notifications__notification_list)
{
    return notifications__list_items(c, &in->page, in->show, out);
}

struct unread_count {
    int64_t unread;
};
static const struct field unread_count_fields[] = {
    INT(unread_count, unread,
        .doc = "Number of notifications neither read nor archived, counted up to 1,000"),
};
static SHAPE(unread_count);

HANDLER(count_unread, nothing, unread_count)
{
    (void)in;
    return notifications__count_unread(c, &out->unread);
}

struct mark_notification {
    struct uuid notification_id;
    bool read, archived;
    struct present present;
};
static const struct field mark_notification_fields[] = {
    ID(mark_notification, notification_id, "notification", .in = PATH,
        .doc = "Id of the notification"),
    BOOL(mark_notification, read, .optional = true, .doc = "Whether the notification is read"),
    BOOL(mark_notification, archived, .optional = true,
        .doc = "Whether the notification is archived"),
};
static PATCH_SHAPE(mark_notification);

HANDLER(mark_notification, mark_notification, notifications__notification)
{
    const struct notifications__marks marks = {
        .says_read = PRESENT(mark_notification, in, read),
        .says_archived = PRESENT(mark_notification, in, archived),
        .read = in->read,
        .archived = in->archived,
    };

    return notifications__mark_item(c, in->notification_id, &marks, out);
}

struct read_all {
    struct uuid up_to;
};
static const struct field read_all_fields[] = {
    ID(read_all, up_to, "notification", .optional = true,
        .doc = "Id of the newest notification on the screen, so that newer ones stay unread. "
               "Default: all are marked."),
};
static SHAPE(read_all);

struct marked_notifications {
    int64_t marked;
};
static const struct field marked_notifications_fields[] = {
    INT(marked_notifications, marked, .doc = "Number of notifications that were unread before"),
};
static SHAPE(marked_notifications);

HANDLER(read_all, read_all, marked_notifications)
{
    return notifications__read_all(c, in->up_to, &out->marked);
}

HANDLER(follow_inbox, nothing, stream_from)
{
    (void)in;
    out->topic = c->actor.person;
    return notifications__last_seq(c, &out->after);
}

const struct route notifications__inbox_routes[] = {
    {
        .method = GET,
        .path = "/v1/me/inbox",
        .id = "listInbox",
        .summary = "List notifications",
        .doc = "The newest notification is first.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_inbox),
    },
    {
        .method = GET,
        .path = "/v1/me/inbox/unread",
        .id = "countUnread",
        .summary = "Count unread notifications",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(count_unread),
    },
    {
        .method = GET,
        .path = "/v1/me/inbox/stream",
        .id = "followInbox",
        .summary = "Stream notifications",
        .doc = "Sends each notification when it is created and when it is updated.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .stream = &notifications__inbox_stream,
        .handler = BY(follow_inbox),
    },
    {
        .method = PATCH,
        .path = "/v1/me/inbox/{notification_id}",
        .id = "markNotification",
        .summary = "Update a notification",
        .doc = "Marks it as read or unread, archives it or restores it to the inbox.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(mark_notification),
    },
    {
        .method = POST,
        .path = "/v1/me/inbox/read-all",
        .id = "readAll",
        .summary = "Mark all notifications as read",
        .doc = "Marks the notifications in the inbox. Archived notifications are not changed.",
        .auth = AUTH_SESSION,
        .scope = SCOPE_SELF,
        .rate = RATE_WRITE,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(read_all),
    },
    { .id = NULL },
};
