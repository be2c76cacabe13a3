/* The inbox: a person's notifications, numbered in the order of the commits. Each change locks the
 * feed first, so that marks and new notifications cannot deadlock. */
#include "notifications_internal.h"

err notifications__add_item(struct ctx *c, const struct notifications__new_item *item)
{
    int64_t seq;

    TRY(notifications__next_seq(c, 1, &seq));
    TRY(notifications__insert_item(c, item, seq));
    stream_wake(c, c->actor.person);
    return NULL;
}

err notifications__mark_item(struct ctx *c, struct uuid id,
    const struct notifications__marks *marks, struct notifications__notification *out)
{
    struct notifications__notification item;
    bool read, archived;
    int64_t seq;

    TRY(notifications__next_seq(c, 1, &seq));
    TRY(notifications__get_item(c, id, &item));
    read = marks->says_read ? marks->read : item.read_at.us != 0;
    archived = marks->says_archived ? marks->archived : item.archived_at.us != 0;
    if (read != (item.read_at.us != 0) || archived != (item.archived_at.us != 0)) {
        TRY(notifications__set_marks(
            c, &(struct notifications__marked){ id, seq, read, archived }, &item));
        stream_wake(c, c->actor.person);
    }

    *out = item;
    return NULL;
}

/* Each changed item gets its own number: a reader may stop between any two of them. */
err notifications__read_all(struct ctx *c, struct uuid up_to, int64_t *n)
{
    int64_t seq, changed, last;

    TRY(notifications__next_seq(c, 1, &seq));
    TRY(notifications__set_all_read(c, up_to, seq, &changed));
    if (changed > 0)
        TRY(notifications__next_seq(c, changed, &last));
    stream_wake(c, c->actor.person);

    *n = changed;
    return NULL;
}

/* --- The live stream: items in their present state, in the order of their last change --- */

static STREAM_EVENT(item_changed, notifications__notification, .name = "inbox.item",
    .doc = "A notification was created or updated. Replace the client's copy with the same id.");

static err pull(struct ctx *c, struct uuid topic, int64_t after, struct stream_batch *batch)
{
    const struct notifications__notification *items;
    size_t n;

    (void)topic; /* the acting person */
    TRY(notifications__list_changes(c, after, &items, &n));
    for (size_t i = 0; i < n; i++) {
        if (!stream_add(batch, items[i].seq, &item_changed, &items[i]))
            break;
    }
    return NULL;
}

const struct stream_kind notifications__inbox_stream = {
    .doc = "Inbox of the signed-in person: each notification that was created or updated. A "
           "notification replaces the client's copy with the same id. Resuming after any event id "
           "leads to the same inbox.",
    .events = (const struct stream_event *const[]){ &item_changed.kind, NULL },
    .pull = pull,
};
