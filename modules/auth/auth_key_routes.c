/* HTTP surface of an organisation's API keys. Rules live in auth_key_service.c. */
#include "auth_internal.h"

enum { KEY_NAME_MAX = 100, SCOPES_MAX = 100 };

struct key_in {
    const char *name;
    const char *const *scopes;
    size_t n_scopes;
    struct instant expires_at;
};
static const struct field key_in_fields[] = {
    TEXT(key_in, name, .format = LINE, .max = KEY_NAME_MAX, .doc = "What it is for",
        .example = "Billing sync"),
    TEXTS(key_in, scopes, .min = 1, .max = SCOPES_MAX,
        .doc = "Permissions it has, each of which its maker has too"),
    TIME(key_in, expires_at, .optional = true, .doc = "When it ends; left out: when revoked"),
};
static SHAPE(key_in);

struct auth_new_api_key {
    const struct auth_api_key *api_key;
    const char *token;
};
static const struct field auth_new_api_key_fields[] = {
    OBJECT(auth_new_api_key, api_key, auth_api_key, .doc = "The key"),
    TEXT(auth_new_api_key, token, .format = TOKEN, .secret = true,
        .doc = "The key itself, for `Authorization: Bearer`; it is shown only here"),
};
static SHAPE(auth_new_api_key);

HANDLER(create_key, key_in, auth_new_api_key)
{
    const struct auth__new_key_in wanted = {
        .name = in->name,
        .scopes = in->scopes,
        .n_scopes = in->n_scopes,
        .expires_at = in->expires_at,
    };
    struct auth_api_key *key = arena_alloc(c->arena, sizeof *key);

    TRY(auth__create_key(c, &wanted, key, &out->token));
    out->api_key = key;
    return NULL;
}

HANDLER(list_keys, page_in, auth_api_key_list)
{
    return auth__list_keys(c, in, out);
}

struct key_ref {
    struct uuid key_id;
};
static const struct field key_ref_fields[] = {
    ID(key_ref, key_id, "key", .in = PATH, .doc = "The key"),
};
static SHAPE(key_ref);

HANDLER(adopt_key, key_ref, auth_api_key)
{
    return auth__adopt_key(c, in->key_id, out);
}

HANDLER(revoke_key, key_ref, nothing)
{
    (void)out;
    return auth__revoke_key(c, in->key_id);
}

const struct route auth__key_routes[] = {
    {
        .method = POST,
        .path = "/v1/orgs/{org_id}/api-keys",
        .id = "createApiKey",
        .summary = "Make an API key of the organisation; it is shown once",
        .doc =
            "What it may do is asked with each request: its scopes, and of them what its maker may "
            "do then. When the maker leaves or is suspended it answers 401 "
            "`auth/key-orphaned`, until an owner adopts it. All owners are mailed.",
        .auth = AUTH_SESSION,
        .permission = "auth.manage_keys",
        .sudo = true,
        .scope = SCOPE_ORG,
        .rate = RATE_SENSITIVE,
        .status = 201,
        .errors = ERRORS(&AUTH_SCOPE_ABOVE_OWN, &AUTH_TOO_MANY_KEYS),
        .handler = BY(create_key),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/api-keys",
        .id = "listApiKeys",
        .summary = "The organisation's API keys, without their secrets",
        .auth = AUTH_SESSION,
        .permission = "auth.manage_keys",
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_keys),
    },
    {
        .method = POST,
        .path = "/v1/orgs/{org_id}/api-keys/{key_id}/adopt",
        .id = "adoptApiKey",
        .summary = "Stand for an API key oneself",
        .doc =
            "From then on it may do what its scopes and the adopting owner's own role allow. The "
            "secret stays the same, so adopt only what nobody knows who should not. All owners "
            "are mailed.",
        .auth = AUTH_SESSION,
        .permission = "auth.adopt_keys",
        .sudo = true,
        .scope = SCOPE_ORG,
        .rate = RATE_SENSITIVE,
        .status = 200,
        .errors = ERRORS(&AUTH_SCOPE_ABOVE_OWN),
        .handler = BY(adopt_key),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/api-keys/{key_id}",
        .id = "revokeApiKey",
        .summary = "Revoke an API key, at once and everywhere",
        .auth = AUTH_SESSION,
        .permission = "auth.manage_keys",
        .sudo = true,
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_WRITE,
        .status = 204,
        .errors = NO_ERRORS,
        .handler = BY(revoke_key),
    },
    { .id = NULL },
};
