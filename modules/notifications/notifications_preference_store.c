/* What a person wants to hear: one query each. No rules here. */
#include "notifications_internal.h"
#include "notifications_sql.h"

static const struct field notifications__wish_fields[] = {
    TEXT(notifications__wish, kind, .max = 100, .doc = "Kind of the notification",
        .example = "users.member_added"),
    TEXT(notifications__wish, channel, .one_of = NOTIFICATIONS__CHANNELS,
        .doc = "Channel of the preference"),
    BOOL(notifications__wish, wanted,
        .doc = "Whether notifications of this kind are sent on this channel"),
};
SHAPE(notifications__wish);

/* Erased between the mail and the click: there is nothing left to switch off. */
const struct constraint notifications__constraints[] = {
    { "preference_person_id_fkey", &ERR_NOT_FOUND, NULL },
    { .name = NULL },
};

err notifications__list_wishes(struct ctx *c, struct uuid person, const char *kind,
    const struct notifications__wish **out, size_t *n)
{
    return db_list(c, &SQL_list_wishes, notifications__wish, out, n, ARGS(ARG(person), ARG(kind)));
}

err notifications__delete_preferences(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_preferences, ARGS(ARG(person)));
}

err notifications__delete_wishes(struct ctx *c)
{
    return db_exec(c, &SQL_delete_wishes, ARGS(ARG(c->actor.person)));
}

err notifications__lock_preferences(struct ctx *c)
{
    return db_exec(c, &SQL_lock_preferences, ARGS(ARG(c->actor.person)));
}

err notifications__version_of_wishes(struct ctx *c, int64_t *out)
{
    return db_int(c, &SQL_version_of_wishes, out, ARGS(ARG(c->actor.person)));
}

err notifications__list_left(struct ctx *c, const struct notifications__wish **out, size_t *n)
{
    return db_list(c, &SQL_list_left, notifications__wish, out, n, ARGS(ARG(c->actor.person)));
}

err notifications__put_wish(
    struct ctx *c, const struct notifications__wish *wish, const char *said_by)
{
    return db_exec(c, &SQL_put_wish,
        ARGS(ARG(c->actor.person), ARG(wish->kind), ARG(wish->channel), ARG(wish->wanted),
            ARG(said_by)));
}
