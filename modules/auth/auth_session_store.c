/* Queries of credentials and sessions, one function each. No rules here. */
#include "auth_internal.h"
#include "auth_sql.h"

#define SESSION_PURPOSE "auth.session"

struct auth__ref {
    struct uuid id;
};
static const struct field auth__ref_fields[] = { ID(auth__ref, id, "person") };
static SHAPE(auth__ref);

static const struct field auth_session_fields[] = {
    ID(auth_session, id, "session", .doc = "Id of the session"),
    BOOL(auth_session, current, .doc = "Whether this is the session of the request"),
    TEXT(auth_session, factors, .doc = "Authentication factors used, separated by spaces",
        .example = "password"),
    TEXT(auth_session, network, .optional = true,
        .doc = "Network of the client that created the session. Null if unknown."),
    TEXT(auth_session, user_agent, .optional = true,
        .doc = "User-Agent of the client that created the session. Null if it sent none."),
    TIME(auth_session, signed_in_at, .doc = "Time at which the session was created"),
    TIME(auth_session, last_used_at, .doc = "Time of the last use, accurate to five minutes"),
    TIME(auth_session, expires_at, .doc = "Time at which the session expires even if it is used"),
};
SHAPE(auth_session);
LIST_SHAPE(auth_session);

static const struct field auth_account_fields[] = {
    ID(auth_account, person_id, "person", .doc = "Id of the person"),
    TEXT(auth_account, email, .format = EMAIL, .doc = "Verified email address"),
    TIME(auth_account, verified_at, .doc = "Time at which the email address was verified"),
    TIME(auth_account, suspended_at, .optional = true,
        .doc = "Time at which staff suspended the person. Null if the person is not suspended."),
    BOOL(auth_account, has_second_factor, .doc = "Whether signing in requires a second factor"),
    INT(auth_account, sessions, .doc = "Number of active sessions"),
};
SHAPE(auth_account);

static const struct field auth__known_fields[] = {
    ID(auth__known, person_id, "person", .optional = true),
    TEXT(auth__known, password_hash, .secret = true, .optional = true),
    BOOL(auth__known, suspended),
    BOOL(auth__known, has_second_factor),
    TEXT(auth__known, signup_hash, .secret = true, .optional = true),
};
static SHAPE(auth__known);

struct address {
    const char *email;
};
static const struct field address_fields[] = { TEXT(address, email) };
static SHAPE(address);

struct holder {
    struct uuid person_id;
};
static const struct field holder_fields[] = { ID(holder, person_id, "person") };
static SHAPE(holder);

struct own_factors {
    const char *factors;
};
static const struct field own_factors_fields[] = { TEXT(own_factors, factors) };
static SHAPE(own_factors);

const struct constraint auth__constraints[] = {
    /* A concurrent sign-up for the address was confirmed first. */
    { "credential_email_key", &AUTH_CONFIRMATION_INVALID, NULL },
    { NULL, NULL, NULL },
};

const struct authenticator auth__authenticators[] = {
    {
        .prefix = AUTH__SESSION_PREFIX,
        .purpose = SESSION_PURPOSE,
        .becomes = ACTOR_PERSON,
        .identity = &SQL_identity_of_token,
        .touch = &SQL_touch_session,
    },
    {
        .prefix = "ash_live",
        .purpose = AUTH__KEY_PURPOSE,
        .becomes = ACTOR_KEY,
        .is_well_formed = auth__is_key,
        .identity = &SQL_identity_of_key,
        .touch = &SQL_touch_key,
        .orphan = &SQL_orphan_of_key,
        .orphaned = &AUTH_KEY_ORPHANED,
    },
    {
        .prefix = "ash_test",
        .purpose = AUTH__KEY_PURPOSE,
        .becomes = ACTOR_KEY,
        .is_well_formed = auth__is_key,
        .identity = &SQL_identity_of_key,
        .touch = &SQL_touch_key,
        .orphan = &SQL_orphan_of_key,
        .orphaned = &AUTH_KEY_ORPHANED,
    },
    { .prefix = NULL },
};

const struct keyring auth__keyring = {
    .standing = &SQL_standing,
    .made_by = &SQL_keys_made_by,
};

err auth__find_for_sign_in(
    struct ctx *c, const char *email, const char *browser, struct auth__known *out)
{
    struct bytes mark = token_hash(c->arena, "auth.signup_browser", browser != NULL ? browser : "");

    return db_one(c, &SQL_find_for_sign_in, auth__known, out, ARGS(ARG(email), ARG(mark)));
}

err auth__insert_credential(
    struct ctx *c, struct uuid person, const char *email, const char *password_hash)
{
    return db_exec(c, &SQL_insert_credential, ARGS(ARG(person), ARG(email), ARG(password_hash)));
}

err auth__is_address_taken(struct ctx *c, const char *email, bool *taken)
{
    return db_bool(c, &SQL_is_address_taken, taken, ARGS(ARG(email)));
}

err auth__person_of_address(struct ctx *c, const char *email, struct uuid *out)
{
    struct auth__ref row;

    TRY(db_one(c, &SQL_person_of_address, auth__ref, &row, ARGS(ARG(email))));
    *out = row.id;
    return NULL;
}

err auth__set_password_hash(struct ctx *c, const char *password_hash)
{
    return db_exec_one(c, &SQL_set_password_hash, ARGS(ARG(c->actor.person), ARG(password_hash)));
}

err auth__email_of_person(struct ctx *c, struct uuid person, const char **out)
{
    struct address found;

    TRY(db_one(c, &SQL_email_of_person, address, &found, ARGS(ARG(person))));
    *out = found.email;
    return NULL;
}

err auth__delete_credential(struct ctx *c, struct uuid person)
{
    return db_exec_one(c, &SQL_delete_credential, ARGS(ARG(person)));
}

err auth__insert_session(
    struct ctx *c, const struct auth__new_session *in, struct auth_session *out)
{
    return db_one(c, &SQL_insert_session, auth_session, out,
        ARGS(ARG(uuid_new()), ARG(c->actor.person),
            ARG(token_hash(c->arena, SESSION_PURPOSE, in->token)), ARG(c->actor.network),
            ARG(in->user_agent), ARG(setting_int(&ASHLAR_SESSION_IDLE_DAYS)),
            ARG(setting_int(&ASHLAR_SESSION_MAX_DAYS)), ARG(in->factors)));
}

err auth__get_session(struct ctx *c, struct auth_session *out)
{
    return db_one(
        c, &SQL_get_session, auth_session, out, ARGS(ARG(c->actor.session), ARG(c->actor.person)));
}

err auth__delete_session(struct ctx *c, struct uuid session)
{
    return db_exec(c, &SQL_delete_session, ARGS(ARG(session), ARG(c->actor.person)));
}

err auth__list_sessions(
    struct ctx *c, struct uuid person, const struct page_in *page, struct auth_session_list *out)
{
    return db_page(
        c, &SQL_list_sessions, auth_session, out, page, ARGS(ARG(person), ARG(c->actor.session)));
}

err auth__delete_session_of(struct ctx *c, struct uuid person, struct uuid session)
{
    return db_exec_one(c, &SQL_delete_session, ARGS(ARG(session), ARG(person)));
}

err auth__delete_other_sessions(struct ctx *c, int64_t *n)
{
    return db_exec_count(
        c, &SQL_delete_other_sessions, n, ARGS(ARG(c->actor.person), ARG(c->actor.session)));
}

err auth__delete_sessions_of_person(struct ctx *c, struct uuid person, int64_t *n)
{
    return db_exec_count(c, &SQL_delete_sessions_of_person, n, ARGS(ARG(person)));
}

err auth__get_account(struct ctx *c, struct uuid person, struct auth_account *out)
{
    return db_one(c, &SQL_get_account, auth_account, out, ARGS(ARG(person)));
}

err auth__set_suspended(struct ctx *c, struct uuid person, bool suspended, bool *changed)
{
    return db_exec_any(c, &SQL_set_suspended, changed, ARGS(ARG(person), ARG(suspended)));
}

err auth__note_reauthentication(struct ctx *c, const char *factor)
{
    return db_exec_one(c, &SQL_note_reauthentication,
        ARGS(ARG(c->actor.session), ARG(c->actor.person), ARG(factor)));
}

err auth__find_own_factors(struct ctx *c, const char **factors, bool *found)
{
    struct own_factors session = { .factors = NULL };

    TRY(db_maybe(c, &SQL_find_own_factors, own_factors, &session, found,
        ARGS(ARG(c->actor.session), ARG(c->actor.person))));
    *factors = session.factors;
    return NULL;
}

err auth__note_factors(struct ctx *c, const char *factors)
{
    return db_exec_one(
        c, &SQL_note_factors, ARGS(ARG(c->actor.session), ARG(c->actor.person), ARG(factors)));
}

err auth__forget_factors(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_forget_factors, ARGS(ARG(person)));
}

static err lock(
    struct ctx *c, const struct query *q, struct uuid person, const char *hash, bool *same)
{
    struct holder locked;

    return db_maybe(c, q, holder, &locked, same, ARGS(ARG(person), ARG(hash)));
}

err auth__hold_credential(struct ctx *c, struct uuid person, const char *hash, bool *same)
{
    return lock(c, &SQL_hold_credential, person, hash, same);
}

err auth__lock_credential(struct ctx *c, struct uuid person, const char *hash, bool *same)
{
    return lock(c, &SQL_lock_credential, person, hash, same);
}

err auth__lock_account(struct ctx *c, struct uuid person)
{
    return db_exec(c, &SQL_lock_account, ARGS(ARG(person)));
}
