/* Queries of email address changes, one function each. Only hashes of tokens are stored. */
#include "auth_internal.h"
#include "auth_sql.h"

static const struct field auth__email_change_fields[] = {
    ID(auth__email_change, id, "change"),
    ID(auth__email_change, person_id, "person"),
    TEXT(auth__email_change, old_email),
    TEXT(auth__email_change, new_email),
    TIME(auth__email_change, asked_at),
};
static SHAPE(auth__email_change);

static struct bytes hash_of_token(struct ctx *c, const char *token)
{
    return token_hash(c->arena, "auth.email_change", token);
}

static struct bytes hash_of_undo(struct ctx *c, const char *undo)
{
    return token_hash(c->arena, "auth.email_undo", undo);
}

err auth__insert_email_change(struct ctx *c, struct uuid id, const char *email, const char *token)
{
    return db_exec_one(c, &SQL_insert_email_change,
        ARGS(ARG(id), ARG(c->actor.person), ARG(email), ARG(hash_of_token(c, token))));
}

err auth__get_email_change(
    struct ctx *c, struct uuid id, struct auth__email_change *out, bool *found)
{
    return db_maybe(c, &SQL_get_email_change, auth__email_change, out, found, ARGS(ARG(id)));
}

err auth__find_email_change(
    struct ctx *c, const char *token, struct auth__email_change *out, bool *found)
{
    return db_maybe(c, &SQL_find_email_change, auth__email_change, out, found,
        ARGS(ARG(hash_of_token(c, token)), ARG(c->actor.person)));
}

err auth__find_email_undo(
    struct ctx *c, const char *undo, struct auth__email_change *out, bool *found)
{
    return db_maybe(
        c, &SQL_find_email_undo, auth__email_change, out, found, ARGS(ARG(hash_of_undo(c, undo))));
}

err auth__take_email_change(struct ctx *c, struct uuid change, const char *undo, bool *taken)
{
    return db_exec_any(
        c, &SQL_confirm_email_change, taken, ARGS(ARG(change), ARG(hash_of_undo(c, undo))));
}

err auth__take_email_undo(struct ctx *c, struct uuid change, bool *taken)
{
    return db_exec_any(c, &SQL_undo_email_change, taken, ARGS(ARG(c->actor.person), ARG(change)));
}

err auth__delete_waiting_email_change(struct ctx *c)
{
    return db_exec(c, &SQL_delete_waiting_email_change, ARGS(ARG(c->actor.person)));
}

err auth__delete_email_changes(struct ctx *c)
{
    return auth__erase_email_changes(c, c->actor.person);
}

err auth__erase_email_changes(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_email_changes, ARGS(ARG(person)));
}

err auth__set_email(struct ctx *c, const char *old_email, const char *new_email, bool *changed)
{
    return db_exec_any(
        c, &SQL_set_email, changed, ARGS(ARG(c->actor.person), ARG(old_email), ARG(new_email)));
}

err auth__restore_email(struct ctx *c, const char *email, const char *password_hash)
{
    return db_exec_one(
        c, &SQL_restore_email, ARGS(ARG(c->actor.person), ARG(email), ARG(password_hash)));
}
