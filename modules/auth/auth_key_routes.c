/* HTTP surface of an organisation's API keys. Rules are in auth_key_service.c. */
#include "auth_internal.h"

enum { KEY_NAME_MAX = 100, SCOPES_MAX = 100 };

struct create_api_key {
    const char *name;
    const char *const *scopes;
    size_t n_scopes;
    struct instant expires_at;
};
static const struct field create_api_key_fields[] = {
    TEXT(create_api_key, name, .format = LINE, .max = KEY_NAME_MAX, .doc = "Purpose of the API key",
        .example = "Billing sync"),
    TEXTS(create_api_key, scopes, .min = 1, .max = SCOPES_MAX,
        .doc = "Permissions of the API key. Its creator must have each of them."),
    TIME(create_api_key, expires_at, .optional = true,
        .doc = "Time at which the API key expires. Default: never."),
};
static SHAPE(create_api_key);

struct auth_new_api_key {
    const struct auth_api_key *api_key;
    const char *token;
};
static const struct field auth_new_api_key_fields[] = {
    OBJECT(auth_new_api_key, api_key, auth_api_key, .doc = "API key without its secret"),
    TEXT(auth_new_api_key, token, .format = TOKEN, .secret = true,
        .doc = "Secret of the API key, for `Authorization: Bearer`. It is returned only in this "
               "response."),
};
static SHAPE(auth_new_api_key);

HANDLER(create_key, create_api_key, auth_new_api_key)
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
    ID(key_ref, key_id, "key", .in = PATH, .doc = "Id of the API key"),
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
        .summary = "Create an API key",
        .doc = "The secret is returned only in this response. Authority is computed at each "
               "request: the key's scopes, as far as its creator has these permissions at that "
               "time. If the creator leaves or is suspended, the key returns 401 "
               "`auth/key-orphaned` until an owner adopts it. All owners are notified by email.",
        .auth = AUTH_SESSION,
        .permission = "auth.manage_keys",
        .sudo = true,
        .scope = SCOPE_ORG,
        .rate = RATE_SENSITIVE,
        .status = 201,
        .errors = ERRORS(&AUTH_SCOPE_NOT_ALLOWED, &AUTH_TOO_MANY_KEYS),
        .handler = BY(create_key),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/api-keys",
        .id = "listApiKeys",
        .summary = "List API keys",
        .doc = "The secrets are not returned.",
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
        .summary = "Adopt an API key",
        .doc = "The key's authority becomes its scopes, as far as the adopting owner has these "
               "permissions. The secret stays the same, so adopt only a key whose secret has not "
               "leaked. All owners are notified by email.",
        .auth = AUTH_SESSION,
        .permission = "auth.adopt_keys",
        .sudo = true,
        .scope = SCOPE_ORG,
        .rate = RATE_SENSITIVE,
        .status = 200,
        .errors = ERRORS(&AUTH_SCOPE_NOT_ALLOWED),
        .handler = BY(adopt_key),
    },
    {
        .method = DELETE_,
        .path = "/v1/orgs/{org_id}/api-keys/{key_id}",
        .id = "revokeApiKey",
        .summary = "Revoke an API key",
        .doc = "Takes effect immediately, on every process.",
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
