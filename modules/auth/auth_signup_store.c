/* Queries of pending sign-ups, one function each. Only hashes of secrets are stored. */
#include "auth_internal.h"
#include "auth_sql.h"

static const struct field auth__signup_fields[] = {
    ID(auth__signup, id, "signup"),
    TEXT(auth__signup, email),
    TEXT(auth__signup, name),
    TEXT(auth__signup, locale),
    TEXT(auth__signup, password_hash, .secret = true),
    BOOL(auth__signup, same_browser),
};
static SHAPE(auth__signup);

static struct bytes token_of(struct ctx *c, const char *token)
{
    return token_hash(c->arena, "auth.signup_token", token);
}

/* Bound to its address: the hash of eight characters alone would match codes of other addresses. */
static struct bytes code_of(struct ctx *c, const char *email, const char *code)
{
    return token_hash(c->arena, "auth.signup_code", arena_printf(c->arena, "%s %s", email, code));
}

/* A missing cookie hashes to a value that no browser has. */
static struct bytes browser_of(struct ctx *c, const char *browser)
{
    return token_hash(c->arena, "auth.signup_browser", browser != NULL ? browser : "");
}

err auth__insert_signup(
    struct ctx *c, const struct auth__signup *s, const struct auth__secrets *secrets)
{
    return db_exec(c, &SQL_insert_signup,
        ARGS(ARG(s->id), ARG(s->email), ARG(s->name), ARG(s->locale), ARG(s->password_hash),
            ARG(token_of(c, secrets->token)), ARG(code_of(c, s->email, secrets->code)),
            ARG(browser_of(c, secrets->browser))));
}

err auth__find_signup(struct ctx *c, struct uuid id, struct auth__signup *out, bool *found)
{
    return db_maybe(c, &SQL_find_signup, auth__signup, out, found, ARGS(ARG(id)));
}

err auth__find_signup_of_address(
    struct ctx *c, const char *email, const char *browser, struct auth__signup *out, bool *found)
{
    return db_maybe(c, &SQL_find_signup_of_address, auth__signup, out, found,
        ARGS(ARG(email), ARG(browser_of(c, browser))));
}

err auth__renew_signup(
    struct ctx *c, const struct auth__signup *s, const struct auth__secrets *secrets)
{
    return db_exec_one(c, &SQL_renew_signup,
        ARGS(ARG(s->id), ARG(token_of(c, secrets->token)),
            ARG(code_of(c, s->email, secrets->code))));
}

err auth__lock_signups(struct ctx *c, const struct auth__confirmation *in)
{
    const char *token = in->token != NULL ? in->token : "";

    return db_exec(c, &SQL_lock_signups, ARGS(ARG(in->email), ARG(token_of(c, token))));
}

err auth__lock_signups_of_address(struct ctx *c, const char *email)
{
    return auth__lock_signups(c, &(struct auth__confirmation){ .email = email });
}

err auth__find_signup_by_token(
    struct ctx *c, const char *token, const char *browser, struct auth__signup *out, bool *found)
{
    return db_maybe(c, &SQL_find_signup_by_token, auth__signup, out, found,
        ARGS(ARG(token_of(c, token)), ARG(browser_of(c, browser))));
}

err auth__count_code_try(struct ctx *c, const char *email, const char *browser)
{
    return db_exec(c, &SQL_count_code_try,
        ARGS(ARG(email), ARG((int)AUTH__CODE_TRIES), ARG(browser_of(c, browser))));
}

err auth__find_signup_by_code(struct ctx *c, const struct auth__confirmation *in,
    const char *browser, struct auth__signup *out, bool *found)
{
    return db_maybe(c, &SQL_find_signup_by_code, auth__signup, out, found,
        ARGS(ARG(in->email), ARG(code_of(c, in->email, in->code)), ARG(browser_of(c, browser)),
            ARG((int)AUTH__CODE_TRIES)));
}

err auth__end_signup(struct ctx *c, struct uuid id)
{
    return db_exec(c, &SQL_end_signup, ARGS(ARG(id)));
}

err auth__end_signups_of_address(struct ctx *c, const char *email, const char *browser)
{
    return db_exec(c, &SQL_end_signups_of_address, ARGS(ARG(email), ARG(browser_of(c, browser))));
}

err auth__delete_signups_of_former_addresses(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_delete_signups_of_former_addresses, ARGS(ARG(person)));
}

err auth__delete_signups_of_address(struct ctx *c, const char *email)
{
    return db_exec(c, &SQL_delete_signups_of_address, ARGS(ARG(email)));
}
