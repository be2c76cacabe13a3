/* Queries of second factors and of sign-ins that wait for one, one function each. Only hashes of
 * codes are stored; the app's secret is sealed. */
#include "auth_internal.h"
#include "auth_sql.h"

static const struct field auth__totp_fields[] = {
    TEXT(auth__totp, secret, .secret = true),
    TIME(auth__totp, confirmed_at, .optional = true),
};
static SHAPE(auth__totp);

static const struct field auth__challenge_fields[] = {
    ID(auth__challenge, id, "challenge"),
    ID(auth__challenge, person_id, "person"),
    TEXT(auth__challenge, email),
};
static SHAPE(auth__challenge);

struct until {
    struct instant expires_at;
};
static const struct field until_fields[] = { TIME(until, expires_at) };
static SHAPE(until);

/* Bound to its person: the hash of eight characters alone would match codes of other persons. */
static struct bytes hash_of_code(struct ctx *c, const char *code)
{
    return token_hash(c->arena, "auth.recovery_code",
        arena_printf(c->arena, "%s %s", typeid_text(c->arena, "person", c->actor.person), code));
}

static struct bytes hash_of_challenge(struct ctx *c, const char *token)
{
    return token_hash(c->arena, "auth.challenge", token);
}

err auth__insert_totp(struct ctx *c, struct bytes sealed, bool *started)
{
    return db_exec_any(c, &SQL_insert_totp, started, ARGS(ARG(c->actor.person), ARG(sealed)));
}

err auth__find_totp(struct ctx *c, struct auth__totp *out, bool *found)
{
    return db_maybe(c, &SQL_find_totp, auth__totp, out, found, ARGS(ARG(c->actor.person)));
}

err auth__lock_totp(struct ctx *c, struct auth__totp *out, bool *found)
{
    return db_maybe(c, &SQL_lock_totp, auth__totp, out, found, ARGS(ARG(c->actor.person)));
}

err auth__take_totp_step(struct ctx *c, int64_t step, bool *taken)
{
    return db_exec_any(c, &SQL_take_totp_step, taken, ARGS(ARG(c->actor.person), ARG(step)));
}

err auth__set_totp_confirmed(struct ctx *c, int64_t step)
{
    return db_exec_one(c, &SQL_set_totp_confirmed, ARGS(ARG(c->actor.person), ARG(step)));
}

err auth__delete_totp(struct ctx *c, struct uuid person, bool *removed)
{
    return db_bool(c, &SQL_delete_totp, removed, ARGS(ARG(person)));
}

err auth__delete_totp_since(struct ctx *c, struct instant since, bool *removed)
{
    return db_exec_any(c, &SQL_delete_totp_since, removed, ARGS(ARG(c->actor.person), ARG(since)));
}

err auth__insert_recovery_code(struct ctx *c, const char *code)
{
    return db_exec(
        c, &SQL_insert_recovery_code, ARGS(ARG(c->actor.person), ARG(hash_of_code(c, code))));
}

err auth__delete_recovery_code(struct ctx *c, const char *code, bool *taken)
{
    return db_exec_any(c, &SQL_delete_recovery_code, taken,
        ARGS(ARG(c->actor.person), ARG(hash_of_code(c, code))));
}

err auth__delete_recovery_codes(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_recovery_codes, ARGS(ARG(person)));
}

err auth__count_recovery_codes(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_recovery_codes, n, ARGS(ARG(c->actor.person)));
}

err auth__insert_challenge(struct ctx *c, const char *token, struct instant *expires_at)
{
    struct until until;

    TRY(db_one(c, &SQL_insert_challenge, until, &until,
        ARGS(ARG(uuid_new()), ARG(c->actor.person), ARG(hash_of_challenge(c, token)))));
    *expires_at = until.expires_at;
    return NULL;
}

err auth__try_challenge(struct ctx *c, const char *token, struct auth__challenge *out, bool *found)
{
    return db_maybe(c, &SQL_try_challenge, auth__challenge, out, found,
        ARGS(ARG(hash_of_challenge(c, token)), ARG((int)AUTH__CODE_TRIES)));
}

err auth__take_challenge(struct ctx *c, struct uuid challenge, bool *taken)
{
    return db_exec_any(c, &SQL_take_challenge, taken, ARGS(ARG(challenge)));
}

err auth__delete_challenges(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_challenges, ARGS(ARG(person)));
}

err auth__erase_factors(struct ctx *c, struct uuid person)
{
    bool removed;

    TRY(auth__delete_challenges(c, person));
    TRY(auth__delete_recovery_codes(c, person));
    return auth__delete_totp(c, person, &removed);
}
