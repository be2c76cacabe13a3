/*
 * Authentication and authorisation: credential → actor → organisation → permission. The platform
 * must not depend on the modules: auth provides the query for the identity, users the one for the
 * role.
 */
#include "base/memory.h"
#include "client_address.h"
#include "db/tx.h"
#include "exchange.h"
#include "identity_cache.h"
#include "origin.h"
#include "crypto/token_key.h"
#include "access/permission.h"
#include "module/registry.h"
#include <ashlar/permission.h>
#include <ashlar/crypto.h>
#include <ashlar/db.h>
#include <ashlar/text.h>
#include <stdlib.h>

struct credential_kind {
    const struct authenticator *of;
    size_t prefix_size;
    struct token_key *key;
};

/* The hooks of the enabled modules, from authorize_start on. */
static struct {
    const struct authorizer *authorizer;
    const struct staff_gate *staff;
    struct credential_kind *kinds;
    size_t n_kinds;
} hooks;

static void add_authenticator(const struct authenticator *a)
{
    hooks.kinds = memory_grow(hooks.kinds, (hooks.n_kinds + 1) * sizeof *hooks.kinds);
    hooks.kinds[hooks.n_kinds++] =
        (struct credential_kind){ a, strlen(a->prefix), token_key_new(a->purpose) };
}

void authorize_start(const struct module *const *modules)
{
    for (; *modules; modules++) {
        const struct authenticator *a = (*modules)->authenticate;

        for (; a && a->prefix; a++)
            add_authenticator(a);
        if (hooks.authorizer == NULL)
            hooks.authorizer = (*modules)->authorize;
        if (hooks.staff == NULL)
            hooks.staff = (*modules)->staff;
    }
}

void authorize_stop(void)
{
    for (size_t i = 0; i < hooks.n_kinds; i++)
        token_key_free(hooks.kinds[i].key);
    free(hooks.kinds);
    memset(&hooks, 0, sizeof hooks);
}

/* The token of "Authorization: Bearer …", or NULL. Other schemes are ignored: a proxy may keep its
 * own password there. */
static const char *bearer_token(const struct http_request *q)
{
    const char *value = request_header(q, "Authorization");

    if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
        return NULL;
    return value + 7 + strspn(value + 7, " ");
}

/* The kind of the token's prefix: "ses" of "ses_…"; the longest one wins. */
static const struct credential_kind *find_kind(const char *token)
{
    const struct credential_kind *found = NULL;

    if (strlen(token) > TOKEN_TEXT_MAX)
        return NULL;
    for (size_t i = 0; i < hooks.n_kinds; i++) {
        const struct credential_kind *k = &hooks.kinds[i];
        if (k->prefix_size > (found ? found->prefix_size : 0) &&
            strncmp(token, k->of->prefix, k->prefix_size) == 0 && token[k->prefix_size] == '_')
            found = k;
    }
    return found && found->of->is_well_formed && !found->of->is_well_formed(token) ? NULL : found;
}

/* The key is valid, but its responsible person was deleted. */
static err refuse_orphan(struct exchange *x)
{
    if (x->authenticator == NULL || x->authenticator->orphaned == NULL)
        return problem(&x->c, &ERR_UNAUTHENTICATED, NULL, "The creator of this key was deleted.");
    return problem(&x->c, x->authenticator->orphaned, NULL,
        "The creator of this key left the organisation or was suspended. An owner must adopt or "
        "revoke it.");
}

static err refuse_credential(struct exchange *x)
{
    return problem(&x->c, &ERR_UNAUTHENTICATED, NULL,
        x->by_cookie ? "The session has ended; sign in again."
                     : "The bearer token is unknown, expired or revoked.");
}

/* An invalid cookie is removed, and otherwise ignored on a public route, because the browser sends
 * it with every request. An invalid bearer token is always reported. */
static err bad_credential(struct exchange *x)
{
    x->authenticator = NULL;
    x->cookie_is_bad = x->by_cookie;
    if (x->by_cookie && x->route->auth == AUTH_PUBLIC)
        return NULL;
    return refuse_credential(x);
}

static err check_route_token(struct exchange *x, const char *bearer)
{
    const char *wanted = setting_text(x->route->token);
    struct bytes a, b;

    if (wanted == NULL || wanted[0] == '\0') /* not configured: the route does not exist */
        return problem(&x->c, &ERR_NOT_FOUND, NULL, "This path does not exist.");
    if (bearer == NULL)
        return problem(&x->c, &ERR_UNAUTHENTICATED, NULL, "Send the bearer token of this route.");
    a = token_hash(x->c.arena, "http.route_token", wanted);
    b = token_hash(x->c.arena, "http.route_token", bearer);
    if (!bytes_equal(a, b))
        return refuse_credential(x);
    x->c.actor.kind = ACTOR_SYSTEM;
    return NULL;
}

/* Keys are for programs: a browser never sends one automatically, and no route for persons accepts
 * one. */
static err check_key(struct exchange *x)
{
    if (x->route->auth == AUTH_SESSION_OR_KEY && !x->by_cookie)
        return NULL;
    if (x->by_cookie)
        return bad_credential(x);
    x->authenticator = NULL;
    if (x->route->auth == AUTH_PUBLIC)
        return NULL;
    return problem(
        &x->c, &ERR_UNAUTHENTICATED, NULL, "This requires a person's session, not an API key.");
}

static err check_origin(struct exchange *x)
{
    if (!x->row->mutating ||
        origin_may_mutate(
            &origin_rules, request_header(x->q, "Sec-Fetch-Site"), request_header(x->q, "Origin")))
        return NULL;
    return problem(&x->c, &ERR_CROSS_SITE, NULL,
        "A browser sent this from an origin that is not allowed (ASHLAR_CORS_ORIGINS).");
}

err authorize_credential(struct exchange *x)
{
    const char *bearer = bearer_token(x->q);
    const struct credential_kind *kind;

    x->c.actor.network = address_network(x->c.arena, x->address);
    if (x->route->auth == AUTH_TOKEN)
        return check_route_token(x, bearer);
    if (x->route->any_origin || x->route->auth == AUTH_SIGNATURE)
        return NULL;
    x->token = bearer;
    if (bearer == NULL) {
        x->token = request_cookie(&x->c, SESSION_COOKIE);
        x->by_cookie = x->token != NULL;
    }
    /* Also without a credential: a foreign page must not sign a person in to an account of its
     * choice. A browser never adds a bearer token automatically. */
    if (bearer == NULL)
        TRY(check_origin(x));
    if (x->token == NULL)
        return x->route->auth == AUTH_PUBLIC
                   ? NULL
                   : problem(&x->c, &ERR_UNAUTHENTICATED, NULL,
                         "Sign in, or send a bearer token in Authorization.");
    kind = find_kind(x->token);
    if (kind == NULL)
        return bad_credential(x);
    x->authenticator = kind->of;
    x->token_hash = token_key_hash(x->c.arena, kind->key, x->token);
    return x->authenticator->becomes == ACTOR_KEY ? check_key(x) : NULL;
}

struct use {
    const struct query *touch;
    struct uuid id;          /* of the session or key … */
    struct uuid person, org; /* … and the person and organisation that may see its row */
};

/* Also when the request failed, and so its actor was cleared, or when it became another
 * person's. */
static err note_use(struct ctx *c, void *arg)
{
    const struct use *use = arg;
    const struct actor actor = c->actor;
    const struct uuid org = c->org;
    err failed;

    c->actor.person = use->person;
    c->org = use->org;
    failed = db_exec(c, use->touch, ARGS(ARG(use->id)));
    c->actor = actor;
    c->org = org;
    return failed;
}

static struct identity_key key_of(const struct exchange *x, struct uuid org)
{
    return (struct identity_key){ .token = x->token_hash, .org = org };
}

/* Staff's grants are cached under an id that no organisation can have: it is not a UUIDv7. */
static const struct uuid staff_place = { { 1 } };

static void forget(struct identity_key key)
{
    identity_cache_put(&key, (struct bytes){ NULL, 0 });
}

/* Noting the use changes the row, so the cached one is removed. */
static void note_use_later(struct exchange *x, const struct use *use)
{
    forget(key_of(x, UUID_NIL));
    if (use->touch)
        tx_apart(&x->c, note_use, arena_memdup(x->c.arena, use, sizeof *use));
}

static err become_person(struct exchange *x, struct bytes row)
{
    struct actor *actor = &x->c.actor;
    struct identity who;

    TRY(precondition_read(&x->c, x->authenticator->identity, &identity_shape, row, &who));
    if (who.stale)
        note_use_later(x,
            &(struct use){
                .touch = x->authenticator->touch, .id = who.session_id, .person = who.person_id });
    actor->kind = ACTOR_PERSON;
    actor->person = who.person_id;
    actor->session = who.session_id;
    actor->email = who.email;
    actor->factors = who.factors;
    actor->signed_in_at = who.signed_in_at;
    actor->reauthenticated_at = who.reauthenticated_at;
    return NULL;
}

static err become_key(struct exchange *x, struct bytes row)
{
    struct actor *actor = &x->c.actor;
    struct key_identity who;

    TRY(precondition_read(&x->c, x->authenticator->identity, &key_identity_shape, row, &who));
    if (who.stale)
        note_use_later(x,
            &(struct use){ .touch = x->authenticator->touch, .id = who.key_id, .org = who.org_id });
    actor->kind = ACTOR_KEY;
    actor->key = who.key_id;
    actor->key_org = who.org_id;
    actor->maker = who.maker_id;
    actor->scopes = who.scopes;
    return NULL;
}

/* The row of `q`: from the cache, then checked together with the first statement; otherwise
 * queried. Size 0: none. */
static err recall_or_ask(struct exchange *x, struct identity_key key, const struct query *q,
    const struct arg *args, size_t n_args, struct bytes *row)
{
    if (!x->asks && identity_cache_get(x->c.arena, &key, row)) {
        identity_cache_count(IDENTITY_REMEMBERED);
        precondition_add(&x->c, q, *row, args, n_args);
        return NULL;
    }
    identity_cache_count(IDENTITY_ASKED);
    TRY(precondition_ask(&x->c, q, args, n_args, row));
    identity_cache_put(&key, *row);
    return NULL;
}

/* The credential is unknown; for a key the reason may be known. */
static err no_identity(struct exchange *x)
{
    const struct query *orphan = x->authenticator->orphan;
    struct bytes row = { NULL, 0 };

    if (orphan != NULL)
        TRY(precondition_ask(&x->c, orphan, ARGS(ARG(x->token_hash)), &row));
    return row.size > 0 ? refuse_orphan(x) : bad_credential(x);
}

static err identify(struct exchange *x)
{
    const struct authenticator *by = x->authenticator;
    struct bytes row;

    if (by == NULL)
        return NULL;
    TRY(recall_or_ask(x, key_of(x, UUID_NIL), by->identity, ARGS(ARG(x->token_hash)), &row));
    if (row.size == 0)
        return no_identity(x);
    TRY(by->becomes == ACTOR_KEY ? become_key(x, row) : become_person(x, row));
    tx_settings_changed(&x->c);
    return NULL;
}

static bool path_org(const struct match *match, struct uuid *out)
{
    for (size_t i = 0; i < match->n_params; i++) {
        struct span name = match->params[i].name, value = match->params[i].value;
        if (name.size == 6 && memcmp(name.at, "org_id", 6) == 0)
            return typeid_parse("org", value.at, value.size, out);
    }
    return false;
}

/* A non-member gets no information, not even that the organisation exists. */
static err no_such_org(struct exchange *x)
{
    return problem(&x->c, &ERR_NOT_FOUND, NULL, "There is no such organisation.");
}

static err check_open(struct exchange *x, const struct grant *has)
{
    if (!has->suspended || x->route->while_suspended)
        return NULL;
    return problem(&x->c, hooks.authorizer->suspended, NULL,
        "It stands still until it is restored. Paying, taking its data out and leaving go on.");
}

/* *role NULL: not a member. */
static err find_role(struct exchange *x, struct uuid person, const char **role)
{
    const struct authorizer *by = hooks.authorizer;
    struct grant has = { .role = NULL };

    *role = NULL;
    x->grant = (struct bytes){ NULL, 0 };
    if (by == NULL)
        return NULL;
    TRY(recall_or_ask(
        x, key_of(x, x->c.org), by->grant, ARGS(ARG(person), ARG(x->c.org)), &x->grant));
    if (x->grant.size == 0)
        return NULL;
    TRY(precondition_read(&x->c, by->grant, &grant_shape, x->grant, &has));
    *role = has.role;
    return check_open(x, &has);
}

static err enter_as_member(struct exchange *x)
{
    TRY(find_role(x, x->c.actor.person, &x->c.role));
    return x->c.role == NULL ? no_such_org(x) : NULL;
}

static err enter_as_key(struct exchange *x)
{
    if (!uuid_equal(x->c.org, x->c.actor.key_org))
        return no_such_org(x);
    TRY(find_role(x, x->c.actor.maker, &x->c.maker_role));
    return x->c.maker_role == NULL ? refuse_orphan(x) : NULL;
}

static err forbid_key(struct exchange *x, const char *needed)
{
    if (text_is_one_of(x->c.actor.scopes, needed, strlen(needed)))
        return problem(&x->c, &ERR_FORBIDDEN, NULL,
            "This requires the permission %s, which the role %s of this key's creator lacks.",
            needed, x->c.maker_role);
    return problem(&x->c, &ERR_FORBIDDEN, NULL,
        "This needs the permission %s, which is not among the key's scopes.", needed);
}

static err check_permission(struct exchange *x)
{
    const char *needed = x->route->permission;

    if (needed == NULL || ctx_holds(&x->c, x->row->permission))
        return NULL;
    if (x->c.actor.kind == ACTOR_KEY)
        return forbid_key(x, needed);
    return problem(&x->c, &ERR_FORBIDDEN, NULL, "This needs the permission %s; your role is %s.",
        needed, x->c.role);
}

static err enter_org(struct exchange *x)
{
    /* The nil id belongs to no organisation, and in the cache it means the identity itself. */
    if (!path_org(&x->match, &x->c.org) || uuid_is_nil(x->c.org))
        return no_such_org(x);
    tx_settings_changed(&x->c);
    TRY(x->c.actor.kind == ACTOR_KEY ? enter_as_key(x) : enter_as_member(x));
    return check_permission(x);
}

/* A person who is not staff gets no information, not even that the route exists. */
static err no_such_route(struct exchange *x)
{
    return problem(&x->c, &ERR_NOT_FOUND, NULL, "This path does not exist.");
}

/* Factors that a stolen password does not give: "password totp", "password recovery_code",
 * "passkey". */
static bool has_second_factor(const char *factors)
{
    return factors && (strchr(factors, ' ') != NULL || strcmp(factors, "passkey") == 0);
}

struct staff_use {
    const struct query *touch;
    struct uuid session, person;
};

static err note_staff_use(struct ctx *c, void *arg)
{
    const struct staff_use *use = arg;
    return db_exec(c, use->touch, ARGS(ARG(use->session), ARG(use->person)));
}

/* Also when the request fails later, and so its actor is cleared. */
static void note_staff_use_later(struct exchange *x, const struct query *touch)
{
    struct staff_use *use = arena_alloc(x->c.arena, sizeof *use);

    *use = (struct staff_use){ touch, x->c.actor.session, x->c.actor.person };
    forget(key_of(x, staff_place)); /* noting the use changes the row */
    tx_set_role(&x->c, DB_SYSTEM);
    tx_apart(&x->c, note_staff_use, use);
}

static err check_staff(struct exchange *x, const struct staff_grant *has)
{
    if (!has_second_factor(x->c.actor.factors))
        return problem(&x->c, &ERR_SECOND_FACTOR, NULL,
            "This session proved no second factor; enrol one and sign in with it.");
    if (!has->fresh)
        return problem(&x->c, &ERR_STAFF_SESSION, NULL,
            "This session is too old, or was not used for too long; sign in again.");
    if (!permission_is_held(x->row->permission, has->role))
        return problem(&x->c, &ERR_FORBIDDEN, NULL,
            "This needs the permission %s; your staff role is %s.", x->route->permission,
            has->role);
    return NULL;
}

static err enter_staff(struct exchange *x)
{
    const struct staff_gate *gate = hooks.staff;
    const struct actor *actor = &x->c.actor;
    struct staff_grant has = { .role = NULL };
    struct bytes row;

    if (gate == NULL)
        return no_such_route(x);
    TRY(recall_or_ask(x, key_of(x, staff_place), gate->grant,
        ARGS(ARG(actor->person), ARG(actor->session), ARG(actor->signed_in_at)), &row));
    if (row.size == 0)
        return no_such_route(x);
    TRY(precondition_read(&x->c, gate->grant, &staff_grant_shape, row, &has));
    TRY(check_staff(x, &has));
    x->c.staff_role = has.role;
    if (has.stale)
        note_staff_use_later(x, gate->touch);
    return NULL;
}

bool authorize_needs_tx(const struct exchange *x)
{
    return x->authenticator != NULL;
}

err admit(struct exchange *x)
{
    TRY(identify(x));
    if (x->route->scope == SCOPE_ORG)
        TRY(enter_org(x));
    if (x->route->scope == SCOPE_STAFF)
        TRY(enter_staff(x));
    return x->route->sudo ? ctx_require_sudo(&x->c) : NULL;
}

/* Routes allowed in a suspended organisation only check the membership. Others require the grant
 * with which the handler began. */
static void watch_grant(struct exchange *x)
{
    const struct bytes any = { NULL, 0 };
    const struct actor *actor = &x->c.actor;

    precondition_add(&x->c, hooks.authorizer->grant, x->route->while_suspended ? any : x->grant,
        ARGS(ARG(actor->kind == ACTOR_KEY ? actor->maker : actor->person), ARG(x->c.org)));
}

void authorize_watch(struct exchange *x)
{
    static const struct bytes any = { NULL, 0 };
    const struct actor *actor = &x->c.actor;

    if (x->route->auth != AUTH_SESSION && x->route->auth != AUTH_SESSION_OR_KEY)
        return;
    precondition_add(&x->c, x->authenticator->identity, any, ARGS(ARG(x->token_hash)));
    if (x->route->scope == SCOPE_ORG)
        watch_grant(x);
    if (x->route->scope == SCOPE_STAFF)
        precondition_add(&x->c, hooks.staff->grant, any,
            ARGS(ARG(actor->person), ARG(actor->session), ARG(actor->signed_in_at)));
}

void authorize_forget(struct exchange *x)
{
    const struct actor before = x->c.actor;

    preconditions_forget(&x->c);
    /* A route's token is checked once per request; the handler may have entered a person since. */
    x->c.actor = (struct actor){
        .kind = x->route->auth == AUTH_TOKEN ? ACTOR_SYSTEM : ACTOR_NONE,
        .network = before.network,
    };
    x->c.org = UUID_NIL;
    x->c.role = NULL;
    x->c.maker_role = NULL;
    x->c.staff_role = NULL;
    tx_settings_changed(&x->c);
}
