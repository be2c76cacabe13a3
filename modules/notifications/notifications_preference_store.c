/* Queries of preferences, one function each. No rules here. */
#include "notifications_internal.h"
#include "notifications_sql.h"

static const struct field notifications__channel_preference_fields[] = {
    TEXT(notifications__channel_preference, kind, .max = 100, .doc = "Kind of the notification",
        .example = "users.member_added"),
    TEXT(notifications__channel_preference, channel, .one_of = NOTIFICATIONS__CHANNELS,
        .doc = "Channel of the preference"),
    BOOL(notifications__channel_preference, wanted,
        .doc = "Whether notifications of this kind are sent on this channel"),
};
SHAPE(notifications__channel_preference);

/* The person was erased between the email and the click: nothing is left to switch off. */
const struct constraint notifications__constraints[] = {
    { "preference_person_id_fkey", &ERR_NOT_FOUND, NULL },
    { .name = NULL },
};

err notifications__list_channel_preferences(struct ctx *c, struct uuid person, const char *kind,
    const struct notifications__channel_preference **out, size_t *n)
{
    return db_list(c, &SQL_list_channel_preferences, notifications__channel_preference, out, n,
        ARGS(ARG(person), ARG(kind)));
}

err notifications__delete_preferences(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_preferences, ARGS(ARG(person)));
}

err notifications__delete_channel_preferences(struct ctx *c)
{
    return db_exec(c, &SQL_delete_channel_preferences, ARGS(ARG(c->actor.person)));
}

err notifications__lock_preferences(struct ctx *c)
{
    return db_exec(c, &SQL_lock_preferences, ARGS(ARG(c->actor.person)));
}

err notifications__version_of_preferences(struct ctx *c, int64_t *out)
{
    return db_int(c, &SQL_version_of_preferences, out, ARGS(ARG(c->actor.person)));
}

err notifications__list_left(
    struct ctx *c, const struct notifications__channel_preference **out, size_t *n)
{
    return db_list(
        c, &SQL_list_left, notifications__channel_preference, out, n, ARGS(ARG(c->actor.person)));
}

err notifications__put_channel_preference(
    struct ctx *c, const struct notifications__channel_preference *preference, const char *said_by)
{
    return db_exec(c, &SQL_put_channel_preference,
        ARGS(ARG(c->actor.person), ARG(preference->kind), ARG(preference->channel),
            ARG(preference->wanted), ARG(said_by)));
}
