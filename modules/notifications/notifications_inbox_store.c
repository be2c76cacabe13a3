/* Queries of the acting person's inbox, one function each. No rules here. */
#include "notifications_internal.h"
#include "notifications_sql.h"

static const struct field notifications__notification_fields[] = {
    ID(notifications__notification, id, "notification", .doc = "Id of the notification"),
    INT(notifications__notification, seq,
        .doc = "Sequence number, changed by every update of the notification. It is the event id "
               "of the stream."),
    ID(notifications__notification, org_id, "org", .optional = true,
        .doc = "Organisation of the notification. Null if there is none."),
    TEXT(notifications__notification, kind, .max = 100,
        .doc = "Kind of the notification, a stable name", .example = "users.member_added"),
    TEXT(notifications__notification, title, .max = 200,
        .doc = "Title in the reader's language, one line"),
    TEXT(notifications__notification, text, .max = 2000,
        .doc = "Text in the reader's language, one paragraph"),
    TEXT(notifications__notification, action, .max = 100, .optional = true,
        .doc = "Label of the action to take. Null if there is none."),
    TEXT(notifications__notification, path, .max = 500, .optional = true,
        .doc = "Path of the notification's page in the front end", .example = "/members"),
    OPEN_JSON(
        notifications__notification, data, .doc = "Variable data of the kind, for custom texts"),
    TIME(notifications__notification, created_at,
        .doc = "Time at which the notification was created"),
    TIME(notifications__notification, read_at, .optional = true,
        .doc = "Time at which the notification was read. Null if it is unread."),
    TIME(notifications__notification, archived_at, .optional = true,
        .doc = "Time at which the notification was archived. Null if it is in the inbox."),
};
SHAPE(notifications__notification);
LIST_SHAPE(notifications__notification);

err notifications__next_seq(struct ctx *c, int64_t how_many, int64_t *last)
{
    return db_int(c, &SQL_take_seqs, last, ARGS(ARG(c->actor.person), ARG(how_many)));
}

err notifications__insert_item(
    struct ctx *c, const struct notifications__new_item *item, int64_t seq)
{
    return db_exec(c, &SQL_insert_item,
        ARGS(ARG(c->actor.person), ARG(item->id), ARG(seq), ARG(c->org), ARG(item->kind),
            ARG(item->content->title), ARG(item->content->text), ARG(item->content->action),
            ARG(item->content->path), ARG(item->data), ARG(item->about)));
}

err notifications__get_item(struct ctx *c, struct uuid id, struct notifications__notification *out)
{
    return db_one(
        c, &SQL_get_item, notifications__notification, out, ARGS(ARG(c->actor.person), ARG(id)));
}

err notifications__set_marks(
    struct ctx *c, const struct notifications__marked *m, struct notifications__notification *out)
{
    return db_one(c, &SQL_set_marks, notifications__notification, out,
        ARGS(ARG(c->actor.person), ARG(m->id), ARG(m->seq), ARG(m->read), ARG(m->archived)));
}

err notifications__set_all_read(struct ctx *c, struct uuid up_to, int64_t seq, int64_t *n)
{
    return db_exec_count(c, &SQL_set_all_read, n, ARGS(ARG(c->actor.person), ARG(seq), ARG(up_to)));
}

err notifications__list_items(struct ctx *c, const struct page_in *page, const char *show,
    struct notifications__notification_list *out)
{
    return db_page(c, &SQL_list_items, notifications__notification, out, page,
        ARGS(ARG(c->actor.person), ARG(show)));
}

err notifications__count_unread(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_unread, n, ARGS(ARG(c->actor.person)));
}

err notifications__last_seq(struct ctx *c, int64_t *out)
{
    return db_int(c, &SQL_last_seq, out, ARGS(ARG(c->actor.person)));
}

err notifications__list_changes(
    struct ctx *c, int64_t after, const struct notifications__notification **out, size_t *n)
{
    return db_list(c, &SQL_list_changes, notifications__notification, out, n,
        ARGS(ARG(c->actor.person), ARG(after)));
}

err notifications__delete_old_items(struct ctx *c, int64_t days, int64_t most, int64_t *gone)
{
    return db_exec_count(c, &SQL_delete_old_items, gone, ARGS(ARG(days), ARG(most)));
}

err notifications__delete_items_of_org(struct ctx *c)
{
    return db_exec(c, &SQL_delete_items_of_org, ARGS(ARG(c->actor.person), ARG(c->org)));
}

err notifications__forget_about(struct ctx *c, struct uuid person, int64_t most, int64_t *seen)
{
    int64_t mails;

    TRY(db_int(c, &SQL_forget_items_about, seen, ARGS(ARG(person), ARG(most))));
    TRY(db_int(c, &SQL_forget_mails_about, &mails, ARGS(ARG(person), ARG(most))));
    *seen += mails;
    return NULL;
}

err notifications__delete_inbox(struct ctx *c, struct uuid person)
{
    TRY(db_exec(c, &SQL_delete_items, ARGS(ARG(person))));
    return db_exec(c, &SQL_delete_feed, ARGS(ARG(person)));
}
