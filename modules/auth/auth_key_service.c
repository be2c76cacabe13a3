/* Rules of an organisation's API keys. Knows no HTTP and no SQL. */
#include "auth_internal.h"

enum { KEYS_MAX = 100, HINT_SIZE = 4 };

static err check_scope(struct ctx *c, const char *scope)
{
    if (!ctx_may(c, scope))
        return problem(c, &AUTH_SCOPE_ABOVE_OWN, "scopes",
            "You have no permission %s in this organisation yourself.", scope);
    return NULL;
}

static err join_scopes(struct ctx *c, const struct auth__new_key_in *in, const char **joined)
{
    enum { SCOPES_TEXT_MAX = 16 * 1024 };
    struct buf b;

    buf_init(&b, c->arena, SCOPES_TEXT_MAX);
    for (size_t i = 0; i < in->n_scopes; i++) {
        TRY(check_scope(c, in->scopes[i]));
        buf_printf(&b, "%s%s", i > 0 ? "|" : "", in->scopes[i]);
    }
    *joined = b.data;
    return NULL;
}

/* Locked until commit, so that many at once are counted one after the other. */
static err make_room(struct ctx *c)
{
    struct users_org org;
    int64_t n;

    TRY(users_lock_org(c, &org));
    TRY(auth__count_keys(c, &n));
    if (n < KEYS_MAX)
        return NULL;
    return problem(c, &AUTH_TOO_MANY_KEYS, NULL, "There are %d already.", (int)KEYS_MAX);
}

static err tell(struct ctx *c, const EVENT(auth_key_event) * kind,
    const struct auth_api_key *before, const struct auth_api_key *after)
{
    const struct auth_api_key *key = after != NULL ? after : before;

    TRY(audit(c, kind->kind.name, "key", key->id, auth_api_key, before, after));
    return event_publish(c, kind, key->id,
        &(struct auth_key_event){
            .key_id = key->id,
            .name = key->name,
            .by = c->actor.person,
        });
}

err auth__create_key(
    struct ctx *c, const struct auth__new_key_in *in, struct auth_api_key *out, const char **token)
{
    char *secret = auth__new_key(c->arena);
    struct auth__key_row row = {
        .name = in->name,
        .token = secret,
        .hint = secret + strlen(secret) - HINT_SIZE,
        .expires_at = in->expires_at,
    };
    struct auth_api_key key;

    if (in->expires_at.us != 0 && in->expires_at.us <= clock_now().us)
        return problem(c, &ERR_INVALID, "expires_at", "This is over already.");
    TRY(join_scopes(c, in, &row.scopes));
    TRY(make_room(c));
    TRY(auth__insert_key(c, &row, &key));
    TRY(tell(c, &AUTH_KEY_CREATED, NULL, &key));

    *out = key;
    *token = secret;
    return NULL;
}

err auth__revoke_key(struct ctx *c, struct uuid id)
{
    struct auth_api_key gone;

    TRY(auth__delete_key(c, id, &gone));
    return tell(c, &AUTH_KEY_REVOKED, &gone, NULL);
}

err auth__purge_org(struct ctx *c)
{
    return auth__delete_keys_of_org(c);
}
