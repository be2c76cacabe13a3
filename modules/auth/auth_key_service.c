/* Rules of an organisation's API keys. */
#include "auth_internal.h"

enum { KEYS_MAX = 100, HINT_SIZE = 4 };

static err check_scope(struct ctx *c, const char *scope)
{
    if (!ctx_may(c, scope))
        return problem(c, &AUTH_SCOPE_NOT_ALLOWED, "scopes",
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

/* The organisation is locked: concurrent requests are counted one after another. */
static err make_room(struct ctx *c)
{
    int64_t n;

    TRY(auth__count_keys(c, &n));
    if (n < KEYS_MAX)
        return NULL;
    return problem(c, &AUTH_TOO_MANY_KEYS, NULL, "The limit of %d is reached.", (int)KEYS_MAX);
}

/* The scopes of the key that its authority holds now. */
static void narrow_one(struct ctx *c, struct auth_api_key *key, const struct authority *has)
{
    const char **held = arena_array(c->arena, key->n_scopes, sizeof *held);
    size_t n = 0;

    for (size_t i = 0; i < key->n_scopes; i++)
        if (authority_may(has, key->scopes[i]))
            held[n++] = key->scopes[i];
    key->effective_scopes = held;
    key->n_effective_scopes = n;
    if (has->role == NULL && !text_equal(key->state, "expired"))
        key->state = "orphaned";
}

static err narrow(struct ctx *c, struct auth_api_key *keys, size_t n)
{
    struct principal *who = arena_array(c->arena, n, sizeof *who);
    struct authority *has = arena_array(c->arena, n, sizeof *has);

    for (size_t i = 0; i < n; i++)
        who[i].key = keys[i].id;
    TRY(authority_of(c, who, n, has));
    for (size_t i = 0; i < n; i++)
        narrow_one(c, &keys[i], &has[i]);
    return NULL;
}

static const char *name_of_key(struct ctx *c, const struct auth_api_key *key)
{
    return arena_printf(c->arena, "%s (…%s)", text_in_mail(c->arena, key->name), key->hint);
}

static err publish(struct ctx *c, const EVENT(auth_key_event) * kind,
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
        return problem(c, &ERR_INVALID, "expires_at", "The time is in the past.");
    TRY(users_lock_authority(c, USERS_CHANGE));
    TRY(join_scopes(c, in, &row.scopes));
    TRY(make_room(c));
    TRY(auth__insert_key(c, &row, &key));
    TRY(publish(c, &AUTH_KEY_CREATED, NULL, &key));
    TRY(users_warn_owners(c, AUTH_WARNING_KEY_CREATED, name_of_key(c, &key)));

    *out = key;
    *token = secret;
    return NULL;
}

err auth__revoke_key(struct ctx *c, struct uuid id)
{
    struct auth_api_key gone;

    TRY(users_lock_authority(c, USERS_TAKE_AWAY));
    TRY(auth__lock_key(c, id, &gone));
    TRY(narrow(c, &gone, 1));
    TRY(auth__delete_key(c, id));
    return publish(c, &AUTH_KEY_REVOKED, &gone, NULL);
}

/* The secret does not change: clients that have it keep their access, now by the authority of the
 * adopter. */
err auth__adopt_key(struct ctx *c, struct uuid id, struct auth_api_key *out)
{
    struct auth_api_key before, after;

    TRY(users_lock_authority(c, USERS_CHANGE));
    TRY(auth__lock_key(c, id, &before));
    for (size_t i = 0; i < before.n_scopes; i++)
        TRY(check_scope(c, before.scopes[i]));
    after = before;
    after.created_by = c->actor.person;
    TRY(narrow(c, &before, 1));
    TRY(auth__adopt_key_row(c, id));
    TRY(narrow(c, &after, 1));
    TRY(publish(c, &AUTH_KEY_ADOPTED, &before, &after));
    TRY(users_warn_owners(c, AUTH_WARNING_KEY_ADOPTED, name_of_key(c, &after)));

    *out = after;
    return NULL;
}

err auth__list_keys(struct ctx *c, const struct page_in *page, struct auth_api_key_list *out)
{
    struct auth_api_key_list list;
    struct auth_api_key *keys;

    TRY(auth__read_keys(c, page, &list));
    keys = arena_memdup(c->arena, list.data, list.n_data * sizeof *keys);
    TRY(narrow(c, keys, list.n_data));
    list.data = keys;

    *out = list;
    return NULL;
}

static err warn_in(struct ctx *c, const struct auth__org_ref *orgs, size_t n, struct uuid person)
{
    const struct access_key *keys;
    size_t n_keys;

    for (size_t i = 0; i < n; i++) {
        TRY(tx_enter_org(c, orgs[i].id));
        TRY(access_keys_of(c, person, &keys, &n_keys));
        TRY(users_warn_of_orphans(c, keys, n_keys, person));
        TRY(tx_leave_org(c));
    }
    return NULL;
}

err auth__warn_of_my_keys(struct ctx *c)
{
    const struct auth__org_ref *orgs;
    size_t n;

    TRY(auth__list_orgs_with_my_keys(c, &orgs, &n));
    return warn_in(c, orgs, n, c->actor.person);
}

err auth__warn_of_keys_of(struct ctx *c, struct uuid person)
{
    const struct auth__org_ref *orgs;
    size_t n;

    TRY(auth__list_orgs_with_keys_of(c, person, &orgs, &n));
    return warn_in(c, orgs, n, person);
}

err auth__purge_org(struct ctx *c)
{
    return auth__delete_keys_of_org(c);
}
