/* API keys of organisations: what they may do, and everything that must not work. */
#include "testkit.h"
#include "auth.h"
#include "module/registry.h"

struct key {
    const char *token, *id;
};

static struct key make_key(struct t *t, const char *scopes)
{
    struct key key;

    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'Sync','scopes':[%s]}", scopes);
    expect(t, 201, "api_key.name", "Sync", "api_key.last_used_at", "null");
    key.token = member_of(t, "token");
    key.id = member_of(t, "api_key.id");
    return key;
}

/* What it takes to invite a viewer: all a viewer may, and to invite. */
static const char *inviting(struct t *t)
{
    const char *all = "'users.invite'";

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            if (registry_role_may("viewer", p->name))
                all = at(t, "%s,'%s'", all, p->name);
    return all;
}

static void by_key(struct t *t, const struct key *key)
{
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", at(t, "Bearer %s", key->token));
}

static void a_key_acts_in_its_organisation(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, inviting(t));
    expect_event(t, "auth.key_created");
    assert_true(text_starts_with(key.token, "ash_test_"));
    GET_AT(t, "/v1/orgs/%s/api-keys", org_of(t));
    expect(t, 200, "data.0.hint", key.token + strlen(key.token) - 4, "data.0.scopes.0",
        "users.invite");
    assert_null(strstr(body_of(t), key.token));
    assert_int_equal(sql_int(t,
                         "SELECT count(*) FROM auth.api_key k WHERE to_jsonb(k)::text LIKE "
                         "'%%%s%%'",
                         key.token),
        0);

    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200);
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'viewer'}");
    expect(t, 201, "email", "bob@example.org");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = 'users.invited' AND "
                   "actor_kind = 'key' AND actor_id = (SELECT id FROM auth.api_key)"),
        1);
}

static void a_scope_it_has_not_is_forbidden(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read'");
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'member'}");
    expect_problem(t, 403, "forbidden", .detail = "users.invite");
}

/* A key has no role: what only owners do it cannot, whatever its scopes. */
static void a_key_makes_no_owner(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "member");
    struct key key;

    as_owner_of(t, org);
    key = make_key(t, "'users.read','users.manage_members'");
    by_key(t, &key);
    PATCH_JSON(t, at(t, "/v1/orgs/%s/members/%s", org_of(t), bob->id_text), "{'role':'owner'}");
    expect_problem(t, 403, "users/role-not-allowed");
}

static void other_organisations_do_not_exist_for_it(void **state)
{
    struct t *t = *state;
    struct org *other = make_org(t);
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read'");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", other->id_text);
    expect_problem(t, 404, "not-found");
}

static void a_revoked_key_ends_on_its_next_request(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read'");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200);
    DELETE_AT(t, "/v1/orgs/%s/api-keys/%s", org_of(t), key.id);
    expect(t, 204);
    expect_event(t, "auth.key_revoked");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");
    DELETE_AT(t, "/v1/orgs/%s/api-keys/%s", org_of(t), key.id);
    expect_problem(t, 404, "not-found");
}

/* Another process revoked it: what this one remembers is checked on the way. */
static void what_is_remembered_of_a_key_is_checked(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read','users.invite'");
    for (int i = 0; i < 3; i++) {
        by_key(t, &key);
        GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
        expect(t, 200);
    }
    sql_run(t, "UPDATE auth.api_key SET scopes = '{users.read}'");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
    expect_problem(t, 403, "forbidden");
    sql_run(t, "DELETE FROM auth.api_key");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");
}

static void an_expired_key_ends(void **state)
{
    struct t *t = *state;
    char until[INSTANT_TEXT_SIZE];
    struct key key;

    as_owner_of(t, make_org(t));
    instant_format(instant_add(clock_now(), HOURS(1)), until);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
        "{'name':'K','scopes':['users.read'],'expires_at':'%s'}", until);
    expect(t, 201);
    key.token = member_of(t, "token");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200);
    advance(t, HOURS(1));
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");

    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", me(t)->password);
    expect(t, 200);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
        "{'name':'K','scopes':['users.read'],'expires_at':'%s'}", until);
    expect_problem(t, 422, "invalid-fields", .field = "expires_at");
}

static void its_use_is_noted(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read'");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200);
    GET_AT(t, "/v1/orgs/%s/api-keys", org_of(t));
    assert_string_not_equal(member_of(t, "data.0.last_used_at"), "null");
}

static void nobody_gives_a_key_more_than_one_has(void **state)
{
    struct t *t = *state;

    as_admin_of(t, make_org(t));
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
        "{'name':'K','scopes':['users.read','users.delete_org']}");
    expect_problem(t, 403, "auth/scope-not-allowed", .field = "scopes");
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['no.such']}");
    expect_problem(t, 403, "auth/scope-not-allowed", .field = "scopes");
    POST_JSON(
        t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['a|users.read']}");
    expect_problem(t, 403, "auth/scope-not-allowed", .field = "scopes");
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':[]}");
    expect_problem(t, 422, "invalid-fields", .field = "scopes");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.api_key"), 0);
}

static void making_one_wants_reauthentication_and_permission(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    as_member_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['users.read']}");
    expect_problem(t, 403, "forbidden");
    as_owner_of(t, org);
    advance(t, MINUTES(16));
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['users.read']}");
    expect_problem(t, 403, "sudo-required");
    GET_AT(t, "/v1/orgs/%s/api-keys", org_of(t));
    expect(t, 200);
}

static void a_key_is_for_programs_and_not_for_people(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read','auth.manage_keys'");
    by_key(t, &key);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated", .detail = "person's session");
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['users.read']}");
    expect_problem(t, 401, "unauthenticated");
    with_header(t, "Cookie", at(t, SESSION_COOKIE "=%s", key.token));
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");
    with_header(
        t, "Authorization", at(t, "Bearer %.*sAAAA", (int)strlen(key.token) - 4, key.token));
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");
    /* Of another environment, whoever made it. */
    with_header(t, "Authorization", at(t, "Bearer ash_live_%s", key.token + 9));
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");
}

static void a_deleted_organisation_leaves_no_key(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read'");
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.api_key"), 0);
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "unauthenticated");
}

/* The same key twice is the same operation; another's key is another's. */
static void idempotency_keys_are_the_keys_own(void **state)
{
    struct t *t = *state;
    struct key one, two;
    const char *id;

    as_owner_of(t, make_org(t));
    one = make_key(t, inviting(t));
    two = make_key(t, inviting(t));
    for (int i = 0; i < 2; i++) {
        by_key(t, &one);
        with_header(t, "Idempotency-Key", "the same");
        POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
            "{'email':'bob@example.org','role':'viewer'}");
        expect(t, 201);
        if (i == 0)
            id = id_of(t);
    }
    assert_string_equal(id_of(t), id);
    assert_string_equal(header_of(t, "Idempotency-Replayed"), "true");
    by_key(t, &two);
    with_header(t, "Idempotency-Key", "the same");
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'bob@example.org','role':'viewer'}");
    expect_problem(t, 409, "users/already-invited");
}

static void create_at_once(struct t *one, int i, void *arg)
{
    _Atomic int *made = arg;

    POST_JSON(one, at(one, "/v1/orgs/%s/api-keys", org_of(one)),
        "{'name':'K %d','scopes':['users.read']}", i);
    if (status_of(one) == 201)
        (*made)++;
}

static void a_hundred_keys_are_the_most_also_at_once(void **state)
{
    struct t *t = *state;
    _Atomic int made = 0;

    as_owner_of(t, make_org(t));
    make_key(t, "'users.read'");
    sql_run(t, "INSERT INTO auth.api_key (org_id, id, name, token_hash, hint, scopes, created_by) "
               "SELECT org_id, gen_random_uuid(), 'K', decode(lpad(to_hex(n), 64, '0'), 'hex'), "
               "hint, scopes, created_by FROM auth.api_key, generate_series(1, 97) AS n");
    run_parallel(t, 6, create_at_once, &made);
    assert_int_equal(made, 2);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['users.read']}");
    expect_problem(t, 409, "auth/too-many-keys");
}

int main(void)
{
    return run_db_tests(a_key_acts_in_its_organisation, a_scope_it_has_not_is_forbidden,
        a_key_makes_no_owner, other_organisations_do_not_exist_for_it,
        a_revoked_key_ends_on_its_next_request, what_is_remembered_of_a_key_is_checked,
        an_expired_key_ends, its_use_is_noted, nobody_gives_a_key_more_than_one_has,
        making_one_wants_reauthentication_and_permission, a_key_is_for_programs_and_not_for_people,
        a_deleted_organisation_leaves_no_key, idempotency_keys_are_the_keys_own,
        a_hundred_keys_are_the_most_also_at_once);
}
