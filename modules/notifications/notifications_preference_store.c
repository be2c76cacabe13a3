/* What a person wants to hear: one query each. No rules here. */
#include "notifications_internal.h"
#include "notifications_sql.h"

static const struct field notifications__wish_fields[] = {
    TEXT(notifications__wish, kind, .max = 100),
    TEXT(notifications__wish, channel, .one_of = NOTIFICATIONS__CHANNELS),
    BOOL(notifications__wish, wanted),
};
static SHAPE(notifications__wish);

err notifications__list_wishes(struct ctx *c, struct uuid person, const char *kind,
    const struct notifications__wish **out, size_t *n)
{
    const void *rows;

    TRY(db_list(
        c, &SQL_list_wishes, &notifications__wish_shape, &rows, n, ARGS(ARG(person), ARG(kind))));
    *out = rows;
    return NULL;
}

err notifications__delete_preferences(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_preferences, ARGS(ARG(person)));
}
