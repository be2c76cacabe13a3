/* Every route × who asks × which organisation, against what the route's own row says. Generated: no
 * route is named here. Nothing is changed by asking: every request carries a query name no route
 * knows, so one that gets past permission ends in validation, which comes next. */
#include "routes.h"
#include "module/registry.h"

#define PROBE "authz_probe"

enum { ACTORS_MAX = 24, REFUSALS_SHOWN = 40 };

struct actor_case {
    const char *name;
    struct person *person;    /* NULL: nobody */
    const char *dead_token;   /* of a session that was ended */
    bool not_reauthenticated; /* the session proved its credentials too long ago */
    const char *key;          /* an API key; alive when it has scopes */
    const char *scopes;       /* "users.invite|users.read" */
    const char *maker_role;   /* of the key's maker now */
    bool orphaned;            /* its maker is no member any more */
    const char *role;         /* in the first organisation; NULL: none */
    const char *other_role;   /* in the second one */
    const char *staff_role;   /* NULL: not staff */
    bool one_factor;          /* staff whose session proved no second one */
};

struct world {
    struct t *t;
    struct actor_case actors[ACTORS_MAX];
    size_t n_actors;
    struct org *own, *other;
    const char *missing;
    int cells, misses;
};

static void add(struct world *w, struct actor_case actor)
{
    assert_true(w->n_actors < ACTORS_MAX);
    w->actors[w->n_actors++] = actor;
}

/* The token of a session that has been signed out. */
static const char *dead_token(struct t *t)
{
    const char *token;

    as_person(t, make_person(t));
    token = cookie_of(t, SESSION_COOKIE);
    DELETE_AT(t, "/v1/auth/sessions/current");
    expect(t, 204);
    as_nobody(t);
    return token;
}

static const char *all_permissions(struct t *t)
{
    const char *all = NULL;

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            all = all ? at(t, "%s|%s", all, p->name) : p->name;
    return all;
}

static const char *make_key_as(
    struct t *t, struct person *maker, struct org *org, const char *scopes, const char **id)
{
    const char *list = "", *word = scopes, *token;

    for (; *word; word += strcspn(word, "|"), word += *word == '|')
        list = at(t, "%s%s'%.*s'", list, *list ? "," : "", (int)strcspn(word, "|"), word);
    as_person(t, maker);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org->id_text), "{'name':'K','scopes':[%s]}", list);
    expect(t, 201);
    token = member_of(t, "token");
    *id = member_of(t, "api_key.id");
    as_nobody(t);
    return token;
}

/* Made as the owner makes it; the sessions' own routes are judged like all others. */
static const char *make_key(struct t *t, struct org *org, const char *scopes, const char **id)
{
    return make_key_as(t, org->owner, org, scopes, id);
}

/* Of somebody who was an owner when it was made; `then` is done to the membership. */
static const char *key_of_former_owner(
    struct t *t, struct org *org, const char *scopes, const char *then)
{
    struct person *maker = make_member(t, org, "owner");
    const char *id, *key = make_key_as(t, maker, org, scopes, &id);

    sql_run(t, "%s WHERE person_id = (SELECT id FROM users.person WHERE email = '%s')", then,
        maker->email);
    return key;
}

static const char *revoked_key(struct t *t, struct org *org)
{
    const char *id, *key = make_key(t, org, "users.read", &id);

    as_owner_of(t, org);
    DELETE_AT(t, "/v1/orgs/%s/api-keys/%s", org->id_text, id);
    expect(t, 204);
    as_nobody(t);
    return key;
}

static const char *expired_key(struct t *t, struct org *org)
{
    const char *id, *key = make_key(t, org, "users.invite", &id);

    sql_run(t, "UPDATE auth.api_key SET expires_at = platform.now() WHERE scopes = "
               "'{users.invite}'");
    return key;
}

static void add_keys(struct world *w, struct t *t)
{
    const char *all = all_permissions(t), *id;

    add(w, (struct actor_case){ .name = "a key with every permission",
               .key = make_key(t, w->own, all, &id),
               .scopes = all,
               .role = "key" });
    add(w, (struct actor_case){ .name = "a key that may read users",
               .key = make_key(t, w->own, "users.read", &id),
               .scopes = "users.read",
               .role = "key" });
    add(w, (struct actor_case){ .name = "a key of another organisation",
               .key = make_key(t, w->other, all, &id),
               .scopes = all,
               .other_role = "key" });
    add(w, (struct actor_case){ .name = "a key whose maker is a viewer now",
               .key = key_of_former_owner(
                   t, w->own, all, "UPDATE users.membership SET role = 'viewer'"),
               .scopes = all,
               .role = "key",
               .maker_role = "viewer" });
    add(w, (struct actor_case){ .name = "a key whose maker is gone",
               .key = key_of_former_owner(t, w->own, all, "DELETE FROM users.membership"),
               .scopes = all,
               .role = "key",
               .orphaned = true });
    add(w, (struct actor_case){ .name = "a revoked key", .key = revoked_key(t, w->own) });
    add(w, (struct actor_case){ .name = "an expired key", .key = expired_key(t, w->own) });
}

/* An owner's second browser, left alone for an hour. */
static struct person *not_reauthenticated(struct t *t, struct org *org)
{
    struct person *p = other_browser_of(t, org->owner);

    as_person(t, p);
    GET_AT(t, "/v1/auth/sessions/current");
    sql_run(t,
        "UPDATE auth.session SET reauthenticated_at = platform.now() - interval '1 hour' "
        "WHERE id = (SELECT max(id::text)::uuid FROM auth.session WHERE person_id = "
        "(SELECT person_id FROM auth.credential WHERE email = '%s'))",
        p->email);
    as_nobody(t);
    return p;
}

static void make_world(struct world *w, struct t *t)
{
    const char *const staff_roles[] = { "support", "operator", "superadmin" };
    const char *const roles[] = { "viewer", "member", "admin", "billing" };

    w->t = t;
    w->own = make_org(t);
    w->other = make_org(t);
    w->missing = typeid_text(arena_of(t), "org", uuid_new());
    add(w, (struct actor_case){ .name = "nobody" });
    add(w, (struct actor_case){ .name = "a signed-out session", .dead_token = dead_token(t) });
    add(w,
        (struct actor_case){ .name = "a person without organisation", .person = make_person(t) });
    for (size_t i = 0; i < COUNT(roles); i++)
        add(w,
            (struct actor_case){
                .name = roles[i], .person = make_member(t, w->own, roles[i]), .role = roles[i] });
    add(w, (struct actor_case){ .name = "owner", .person = w->own->owner, .role = "owner" });
    add(w, (struct actor_case){ .name = "owner of another organisation",
               .person = w->other->owner,
               .other_role = "owner" });
    for (size_t i = 0; i < COUNT(staff_roles); i++)
        add(w, (struct actor_case){ .name = staff_roles[i],
                   .person = make_staff(t, staff_roles[i]),
                   .staff_role = staff_roles[i] });
    add(w, (struct actor_case){ .name = "a superadmin without second factor",
               .person = make_staff(t, "superadmin"),
               .staff_role = "superadmin",
               .one_factor = true });
    sql_run(t,
        "UPDATE auth.session SET factors = 'password' WHERE person_id = "
        "(SELECT id FROM users.person WHERE email = '%s')",
        w->actors[w->n_actors - 1].person->email);
    add_keys(w, t);
    add(w, (struct actor_case){ .name = "owner who proved it long ago",
               .person = not_reauthenticated(t, w->own),
               .role = "owner",
               .not_reauthenticated = true });
}

static int expected_of_staff(const struct route *r, const struct actor_case *a)
{
    if (a->staff_role == NULL)
        return 404;
    return !a->one_factor && registry_staff_may(a->staff_role, r->permission) ? 422 : 403;
}

static int expected_of_key(const struct route *r, const struct actor_case *a, const char *role)
{
    if (r->auth != AUTH_SESSION_OR_KEY || a->scopes == NULL)
        return 401;
    if (role == NULL)
        return 404;
    if (a->orphaned)
        return 401;
    if (a->maker_role && !registry_role_may(a->maker_role, r->permission))
        return 403;
    return text_is_one_of(a->scopes, r->permission, strlen(r->permission)) ? 422 : 403;
}

static int expected_of_member(const struct route *r, const struct actor_case *a, const char *role)
{
    if (r->scope == SCOPE_ORG && role == NULL)
        return 404;
    if (r->scope == SCOPE_ORG && r->permission && !registry_role_may(role, r->permission))
        return 403;
    return a->not_reauthenticated && r->sudo ? 403 : 422;
}

/* What the row says: 401, 404, 403, or 422: allowed, and then stopped by validation. */
static int expected(const struct route *r, const struct actor_case *a, const char *role)
{
    if (r->auth == AUTH_PUBLIC || r->auth == AUTH_SIGNATURE)
        return 422;
    if (r->auth == AUTH_TOKEN)
        return setting_text(r->token) ? 401 : 404;
    if (a->key)
        return expected_of_key(r, a, role);
    if (a->person == NULL)
        return 401;
    if (r->scope == SCOPE_STAFF)
        return expected_of_staff(r, a);
    return expected_of_member(r, a, role);
}

static void ask(struct t *t, const struct route *r, const struct actor_case *a, const char *org)
{
    const char *path = at(t, "%s?" PROBE "=1", path_of(t, r, org));

    as_nobody(t);
    if (a->person)
        as_person(t, a->person);
    if (a->dead_token)
        with_header(t, "Cookie", at(t, SESSION_COOKIE "=%s", a->dead_token));
    if (a->key)
        with_header(t, "Authorization", at(t, "Bearer %s", a->key));
    if (r->idempotency == KEY_REQUIRED)
        with_header(t, "Idempotency-Key", "authz");
    if (has_body_fields(r))
        SEND(t, method_of(r), path, "application/json", "{}", 2);
    else
        SEND(t, method_of(r), path, NULL, NULL, 0);
}

/* An orphaned key says so wherever a key counts. */
static bool is_told_why(struct t *t, const struct route *r, const struct actor_case *a, int wanted)
{
    return !a->orphaned || wanted != 401 || r->auth != AUTH_SESSION_OR_KEY ||
           text_equal(member_of(t, "code"), "auth/key-orphaned");
}

static void judge(struct world *w, const struct route *r, const struct actor_case *a,
    const char *org, const char *role)
{
    struct t *t = w->t;
    int wanted = expected(r, a, role);
    bool good;

    ask(t, r, a, org);
    w->cells++;
    good = status_of(t) == wanted &&
           (wanted != 422 || strstr(body_of(t), "query:" PROBE) != NULL) &&
           (wanted == 422 || text_equal(member_of(t, "errors.0.pointer"), NULL)) &&
           is_told_why(t, r, a, wanted);
    if (!good && ++w->misses <= REFUSALS_SHOWN)
        print_error("%s %s as %s: expected %d, got %d %s\n", method_of(r), r->path, a->name, wanted,
            status_of(t), body_of(t));
}

static void judge_route(struct world *w, const struct route *r)
{
    for (size_t i = 0; i < w->n_actors; i++) {
        const struct actor_case *a = &w->actors[i];
        judge(w, r, a, w->own->id_text, a->role);
        if (!has_org(r) || r->scope == SCOPE_STAFF)
            continue;
        judge(w, r, a, w->other->id_text, a->other_role);
        judge(w, r, a, w->missing, NULL);
    }
}

static void every_route_answers_every_actor_as_its_row_says(void **state)
{
    struct world w = { 0 };
    const struct route *const *routes;
    size_t n;

    make_world(&w, *state);
    n = routes_in_test(*state, &routes);
    for (size_t i = 0; i < n; i++)
        judge_route(&w, routes[i]);
    print_message("%d cells over %zu routes\n", w.cells, n);
    assert_int_equal(w.misses, 0);
    assert_true(n > 10);
}

/* As ask, but of the row's own organisation, and what it should answer: nothing of what is asked
 * happens, as above. */
static void judge_suspended(struct world *w, const struct route *r, const struct actor_case *a)
{
    struct t *t = w->t;
    int wanted = r->while_suspended ? expected(r, a, a->role) : 403;
    const char *code = r->while_suspended ? NULL : "users/org-suspended";

    if (a->key && r->auth != AUTH_SESSION_OR_KEY) {
        wanted = 401;
        code = NULL;
    }
    ask(t, r, a, w->own->id_text);
    w->cells++;
    if ((status_of(t) != wanted || (code && !text_equal(member_of(t, "code"), code))) &&
        ++w->misses <= REFUSALS_SHOWN)
        print_error("%s %s of a suspended organisation as %s: expected %d %s, got %d %s\n",
            method_of(r), r->path, a->name, wanted, code ? code : "", status_of(t), body_of(t));
}

static size_t judge_every_suspended(struct world *w)
{
    const struct route *const *routes;
    size_t n = routes_in_test(w->t, &routes), open = 0;

    for (size_t i = 0; i < n; i++) {
        if (routes[i]->scope != SCOPE_ORG)
            continue;
        open += routes[i]->while_suspended;
        for (size_t k = 0; k < w->n_actors; k++)
            judge_suspended(w, routes[i], &w->actors[k]);
    }
    return open;
}

/* Everybody has been there before, so that what is remembered of them is outdated. */
static void a_suspended_organisation_answers_where_its_rows_say_so_only(void **state)
{
    struct t *t = *state;
    struct world w = { .t = t, .own = make_org(t), .other = make_org(t) };
    const char *all = all_permissions(t), *id;

    add(&w, (struct actor_case){ .name = "owner", .person = w.own->owner, .role = "owner" });
    add(&w, (struct actor_case){
                .name = "viewer", .person = make_member(t, w.own, "viewer"), .role = "viewer" });
    add(&w, (struct actor_case){ .name = "a key with every permission",
                .key = make_key(t, w.own, all, &id),
                .scopes = all,
                .role = "key" });
    for (size_t i = 0; i < w.n_actors; i++) {
        as_nobody(t);
        if (w.actors[i].person)
            as_person(t, w.actors[i].person);
        else
            with_header(t, "Authorization", at(t, "Bearer %s", w.actors[i].key));
        GET_AT(t, "/v1/orgs/%s", w.own->id_text);
        expect(t, 200);
    }
    as_staff(t, "support");
    POST_JSON(t, at(t, "/v1/admin/orgs/%s/suspend", w.own->id_text), "{'reason':'spam'}");
    expect(t, 204);
    assert_in_range(judge_every_suspended(&w), 8, 20);
    print_message("%d cells of a suspended organisation\n", w.cells);
    assert_int_equal(w.misses, 0);
}

/* What a role may is a ladder: whoever stands higher may all that those below may. */
static void roles_form_a_ladder(void **state)
{
    const char *const ladder[] = { "viewer", "member", "admin",
        "owner" }; /* billing stands beside it */
    size_t n = 0;

    (void)state;
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++, n++) {
            for (size_t i = 0; i + 1 < COUNT(ladder); i++)
                if (registry_role_may(ladder[i], p->name) &&
                    !registry_role_may(ladder[i + 1], p->name))
                    fail_msg("%s may %s, %s may not", ladder[i], p->name, ladder[i + 1]);
            assert_true(registry_role_may("owner", p->name));
        }
    assert_true(n > 0);
}

/* What needs no credential to be misused: routes that say themselves that every origin may call,
 * and those whose body is signed. */
static bool takes_every_origin(const struct route *r)
{
    return r->method == GET || r->any_origin || r->auth == AUTH_SIGNATURE || r->auth == AUTH_TOKEN;
}

static void a_page_of_another_site_gets_nothing_done(void **state)
{
    const struct actor_case nobody = { .name = "nobody" };
    struct t *t = *state;
    const char *org = make_org(t)->id_text;
    const struct route *const *routes;
    size_t n = routes_in_test(t, &routes), asked = 0;

    for (size_t i = 0; i < n; i++) {
        if (takes_every_origin(routes[i]))
            continue;
        with_header(t, "Sec-Fetch-Site", "cross-site");
        with_header(t, "Origin", "https://evil.example");
        ask(t, routes[i], &nobody, org);
        if (!text_equal(member_of(t, "code"), "cross-site-request"))
            fail_msg("%s from another site: %d", routes[i]->id, status_of(t));
        asked++;
    }
    assert_true(asked > 20);
}

static void a_viewer_changes_nothing(void **state)
{
    struct t *t = *state;
    const struct route *const *routes;
    size_t n = routes_in_test(t, &routes);

    /* Leaving an organisation is everybody's own business: the service decides it. */
    for (size_t i = 0; i < n; i++)
        if (routes[i]->scope == SCOPE_ORG && routes[i]->permission && routes[i]->method != GET &&
            routes[i]->method != DELETE_ && registry_role_may("viewer", routes[i]->permission))
            fail_msg("a viewer may %s", routes[i]->id);
}

int main(void)
{
    return run_db_tests(every_route_answers_every_actor_as_its_row_says,
        a_suspended_organisation_answers_where_its_rows_say_so_only, roles_form_a_ladder,
        a_viewer_changes_nothing, a_page_of_another_site_gets_nothing_done);
}
