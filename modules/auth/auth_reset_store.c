/* Queries of password reset links, one function each. Only a token's hash is stored. */
#include "auth_internal.h"
#include "auth_sql.h"

static const struct field auth__reset_fields[] = {
    ID(auth__reset, id, "reset"),
    ID(auth__reset, person_id, "person"),
    TEXT(auth__reset, email),
};
static SHAPE(auth__reset);

static const struct field auth__holder_fields[] = {
    ID(auth__holder, person_id, "person"),
    BOOL(auth__holder, suspended),
};
static SHAPE(auth__holder);

static struct bytes hash_of(struct ctx *c, const char *token)
{
    return token_hash(c->arena, "auth.password_reset", token);
}

err auth__find_person_by_email(
    struct ctx *c, const char *email, struct auth__holder *out, bool *found)
{
    return db_maybe(c, &SQL_find_person_by_email, auth__holder, out, found, ARGS(ARG(email)));
}

err auth__insert_reset(struct ctx *c, struct uuid person, const char *token)
{
    return db_exec(
        c, &SQL_insert_reset, ARGS(ARG(uuid_new()), ARG(person), ARG(hash_of(c, token))));
}

err auth__find_reset(struct ctx *c, const char *token, struct auth__reset *out, bool *found)
{
    return db_maybe(c, &SQL_find_reset, auth__reset, out, found, ARGS(ARG(hash_of(c, token))));
}

err auth__take_reset(struct ctx *c, struct uuid reset, bool *taken)
{
    return db_exec_any(c, &SQL_take_reset, taken, ARGS(ARG(reset)));
}

err auth__delete_resets(struct ctx *c)
{
    return db_exec(c, &SQL_delete_resets, ARGS(ARG(c->actor.person)));
}

err auth__erase_resets(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_resets, ARGS(ARG(person)));
}
