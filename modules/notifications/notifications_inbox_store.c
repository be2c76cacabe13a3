/* The inbox of the person who acts: one query each. No rules here. */
#include "notifications_internal.h"
#include "notifications_sql.h"

static const struct field notifications__item_fields[] = {
    ID(notifications__item, id, "notice", .doc = "The notice"),
    INT(notifications__item, seq, .doc = "Raised by every change of it; the stream's event id"),
    ID(notifications__item, org_id, "org", .optional = true,
        .doc = "Organisation it is about; null: none"),
    TEXT(notifications__item, kind, .max = 100, .doc = "What happened, a stable name",
        .example = "users.member_added"),
    TEXT(notifications__item, title, .max = 200, .doc = "One line, in the reader's language"),
    TEXT(notifications__item, text, .max = 2000, .doc = "One paragraph"),
    TEXT(notifications__item, action, .max = 100, .optional = true,
        .doc = "Label of the one thing to do; null: nothing"),
    TEXT(notifications__item, path, .max = 500, .optional = true,
        .doc = "Its page in the front end", .example = "/members"),
    OPEN_JSON(notifications__item, data, .doc = "What varies, by kind: for texts of your own"),
    TIME(notifications__item, created_at, .doc = "When it was told"),
    TIME(notifications__item, read_at, .optional = true, .doc = "null: unread"),
    TIME(notifications__item, archived_at, .optional = true, .doc = "null: in the inbox"),
};
SHAPE(notifications__item);
LIST_SHAPE(notifications__item);

err notifications__next_seq(struct ctx *c, int64_t how_many, int64_t *last)
{
    return db_int(c, &SQL_take_seqs, last, ARGS(ARG(c->actor.person), ARG(how_many)));
}

err notifications__insert_item(
    struct ctx *c, const struct notifications__new_item *item, int64_t seq)
{
    return db_exec(c, &SQL_insert_item,
        ARGS(ARG(c->actor.person), ARG(item->id), ARG(seq), ARG(c->org), ARG(item->kind),
            ARG(item->notice->title), ARG(item->notice->text), ARG(item->notice->action),
            ARG(item->notice->path), ARG(item->data)));
}

err notifications__delete_inbox(struct ctx *c, struct uuid person)
{
    TRY(db_exec(c, &SQL_delete_items, ARGS(ARG(person))));
    return db_exec(c, &SQL_delete_feed, ARGS(ARG(person)));
}
