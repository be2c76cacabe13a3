/* API keys: one query each. The key reaches the database only as a hash. */
#include "auth_internal.h"
#include "auth_sql.h"

static const struct field auth_api_key_fields[] = {
    ID(auth_api_key, id, "key", .doc = "The key"),
    TEXT(auth_api_key, name, .format = LINE, .doc = "What it is for", .example = "Billing sync"),
    TEXT(auth_api_key, hint, .doc = "Its last characters", .example = "4GkZ"),
    TEXTS(auth_api_key, scopes, .doc = "The permissions it has"),
    ID(auth_api_key, created_by, "person", .doc = "Who made it"),
    TIME(auth_api_key, created_at, .doc = "When it was made"),
    TIME(auth_api_key, expires_at, .optional = true, .doc = "When it ends; null: when revoked"),
    TIME(auth_api_key, last_used_at, .optional = true, .doc = "Last use, to within five minutes"),
};
SHAPE(auth_api_key);
LIST_SHAPE(auth_api_key);

err auth__insert_key(struct ctx *c, const struct auth__key_row *in, struct auth_api_key *out)
{
    return db_one(c, &SQL_insert_key, auth_api_key, out,
        ARGS(ARG(c->org), ARG(uuid_new()), ARG(in->name),
            ARG(token_hash(c->arena, AUTH__KEY_PURPOSE, in->token)), ARG(in->hint), ARG(in->scopes),
            ARG(c->actor.person), ARG(in->expires_at)));
}

err auth__list_keys(struct ctx *c, const struct page_in *page, struct auth_api_key_list *out)
{
    return db_page(c, &SQL_list_keys, auth_api_key, out, page, ARGS(ARG(c->org)));
}

err auth__count_keys(struct ctx *c, int64_t *n)
{
    return db_int(c, &SQL_count_keys, n, ARGS(ARG(c->org)));
}

err auth__delete_key(struct ctx *c, struct uuid id, struct auth_api_key *out)
{
    return db_one(c, &SQL_delete_key, auth_api_key, out, ARGS(ARG(c->org), ARG(id)));
}

err auth__delete_keys_of_org(struct ctx *c)
{
    return db_exec(c, &SQL_delete_keys_of_org, ARGS(ARG(c->org)));
}
