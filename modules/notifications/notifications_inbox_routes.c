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

HANDLER(list_inbox, inbox_in, notifications__item_list)
{
    return notifications__list_items(c, &in->page, in->show, out);
}

struct unread {
    int64_t unread;
};
static const struct field unread_fields[] = {
    INT(unread, unread,
        .doc = "Number of notifications neither read nor archived, counted up to 1,000"),
};
static SHAPE(unread);

HANDLER(count_unread, nothing, unread)
{
    (void)in;
    return notifications__count_unread(c, &out->unread);
}

struct marks_in {
    struct uuid notification_id;
    bool read, archived;
    struct present present;
};
static const struct field marks_in_fields[] = {
    ID(marks_in, notification_id, "notification", .in = PATH, .doc = "Id of the notification"),
    BOOL(marks_in, read, .optional = true, .doc = "Whether the notification is read"),
    BOOL(marks_in, archived, .optional = true, .doc = "Whether the notification is archived"),
};
static PATCH_SHAPE(marks_in);

HANDLER(mark_notification, marks_in, notifications__item)
{
    const struct notifications__marks marks = {
        .says_read = PRESENT(marks_in, in, read),
        .says_archived = PRESENT(marks_in, in, archived),
        .read = in->read,
        .archived = in->archived,
    };

    return notifications__mark_item(c, in->notification_id, &marks, out);
}

struct read_all_in {
    struct uuid up_to;
};
static const struct field read_all_in_fields[] = {
    ID(read_all_in, up_to, "notification", .optional = true,
        .doc = "Id of the newest notification on the screen, so that newer ones stay unread. "
               "Default: all are marked."),
};
static SHAPE(read_all_in);

struct marked {
    int64_t marked;
};
static const struct field marked_fields[] = {
    INT(marked, marked, .doc = "Number of notifications that were unread before"),
};
static SHAPE(marked);

HANDLER(read_all, read_all_in, marked)
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
