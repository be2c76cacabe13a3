/* Queries of API keys, one function each. Only a key's hash is stored. */
#include "auth_internal.h"
#include "auth_sql.h"

static const struct field auth_api_key_fields[] = {
    ID(auth_api_key, id, "key", .doc = "Id of the API key"),
    TEXT(auth_api_key, name, .format = LINE, .doc = "Purpose of the API key",
        .example = "Billing sync"),
    TEXT(auth_api_key, hint, .doc = "Last characters of the secret", .example = "4GkZ"),
    TEXTS(auth_api_key, scopes, .doc = "Permissions that the API key was created with"),
    TEXTS(auth_api_key, effective_scopes,
        .doc = "Scopes that are in effect: those that created_by has permission for"),
    TEXT(auth_api_key, state, .one_of = "active|orphaned|expired",
        .doc = "State of the API key. `orphaned`: created_by left or is suspended, so an owner "
               "must adopt or revoke it."),
    ID(auth_api_key, created_by, "person",
        .doc = "Person whose authority the API key has: its creator, or the owner who last adopted "
               "it"),
    TIME(auth_api_key, created_at, .doc = "Time at which the API key was created"),
    TIME(auth_api_key, expires_at, .optional = true,
        .doc = "Time at which the API key expires. Null if it does not expire."),
    TIME(auth_api_key, last_used_at, .optional = true,
        .doc = "Time of the last use, accurate to five minutes. Null if it was never used."),
};
SHAPE(auth_api_key);

enum { ORGS_WITH_KEYS_MAX = 1000 };
static const struct field auth__org_ref_fields[] = { ID(auth__org_ref, id, "org") };
static SHAPE(auth__org_ref);
LIST_SHAPE(auth_api_key);

err auth__insert_key(struct ctx *c, const struct auth__key_row *in, struct auth_api_key *out)
{
    return db_one(c, &SQL_insert_key, auth_api_key, out,
        ARGS(ARG(c->org), ARG(uuid_new()), ARG(in->name),
            ARG(token_hash(c->arena, AUTH__KEY_PURPOSE, in->token)), ARG(in->hint), ARG(in->scopes),
            ARG(c->actor.person), ARG(in->expires_at)));
}

err auth__read_keys(struct ctx *c, const struct page_in *page, struct auth_api_key_list *out)
{
    return db_page(c, &SQL_list_keys, auth_api_key, out, page, ARGS(ARG(c->org)));
}

err auth__count_keys(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_keys, n, ARGS(ARG(c->org)));
}

err auth__lock_key(struct ctx *c, struct uuid id, struct auth_api_key *out)
{
    return db_one(c, &SQL_lock_key, auth_api_key, out, ARGS(ARG(c->org), ARG(id)));
}

err auth__adopt_key_row(struct ctx *c, struct uuid id)
{
    return db_exec_one(c, &SQL_adopt_key, ARGS(ARG(c->org), ARG(id), ARG(c->actor.person)));
}

err auth__delete_key(struct ctx *c, struct uuid id)
{
    return db_exec_one(c, &SQL_delete_key, ARGS(ARG(c->org), ARG(id)));
}

err auth__list_orgs_with_my_keys(struct ctx *c, const struct auth__org_ref **out, size_t *n)
{
    return db_list(c, &SQL_orgs_with_my_keys, auth__org_ref, out, n, ARGS(ARG(ORGS_WITH_KEYS_MAX)));
}

err auth__list_orgs_with_keys_of(
    struct ctx *c, struct uuid person, const struct auth__org_ref **out, size_t *n)
{
    return db_list(c, &SQL_orgs_with_keys_of, auth__org_ref, out, n,
        ARGS(ARG(person), ARG(ORGS_WITH_KEYS_MAX)));
}

err auth__delete_keys_of_org(struct ctx *c)
{
    return db_exec(c, &SQL_delete_keys_of_org, ARGS(ARG(c->org)));
}
