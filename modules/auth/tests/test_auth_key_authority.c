/* What a key may do is asked when it is used: its scopes, and of them what its maker may do now. */
#include "testkit.h"
#include "auth.h"
#include "users.h"

struct key {
    const char *token, *id;
};

static struct key make_key(struct t *t, const char *scopes)
{
    struct key key;

    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'Sync','scopes':[%s]}", scopes);
    expect(t, 201);
    key.token = member_of(t, "token");
    key.id = member_of(t, "api_key.id");
    return key;
}

static void by_key(struct t *t, const struct key *key)
{
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", at(t, "Bearer %s", key->token));
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void expect_alive(struct t *t, const struct key *key)
{
    by_key(t, key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200);
}

static void expect_orphaned(struct t *t, const struct key *key)
{
    by_key(t, key);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect_problem(t, 401, "auth/key-orphaned", .detail = "owner must adopt");
}

static void suspend(struct t *t, const struct person *p, bool suspended)
{
    sql_run(t, "UPDATE auth.credential SET suspended_at = %s WHERE email = '%s'",
        suspended ? "platform.now()" : "NULL", p->email);
}

static void set_role(struct t *t, const struct person *p, const char *role)
{
    sql_run(t,
        "UPDATE users.membership SET role = '%s' WHERE person_id = "
        "(SELECT id FROM users.person WHERE email = '%s')",
        role, p->email);
}

/* The request of the report: a demoted admin makes himself admin again with a key of before. */
static void a_demoted_makers_key_promotes_nobody(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *adam = as_admin_of(t, org);
    struct key key = make_key(t, "'users.read','users.manage_members','users.invite'");

    expect_alive(t, &key);
    as_owner_of(t, org);
    PATCH_JSON(t, member(t, adam), "{'role':'viewer'}");
    expect(t, 200);
    by_key(t, &key);
    PATCH_JSON(t, member(t, adam), "{'role':'admin'}");
    expect_problem(t, 403, "forbidden", .detail = "users.manage_members");
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'second@example.org','role':'viewer'}");
    expect_problem(t, 403, "forbidden", .detail = "users.invite");
    expect_alive(t, &key); /* what a viewer may, his key may */
}

static void a_removed_makers_key_is_orphaned(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *fred = as_admin_of(t, org);
    struct key key = make_key(t, "'users.read','users.invite'");

    expect_alive(t, &key);
    as_owner_of(t, org);
    DELETE_AT(t, "%s", member(t, fred));
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'admin'}",
        fred->email);
    expect_problem(t, 401, "auth/key-orphaned");
    expect_orphaned(t, &key);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.invitation"), 0);
}

static void an_erased_makers_key_is_orphaned(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct key key;

    as_admin_of(t, org);
    key = make_key(t, "'users.read','users.invite'");
    expect_alive(t, &key);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    as_nobody(t);
    expect_orphaned(t, &key);
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'second@example.org','role':'admin'}");
    expect_problem(t, 401, "auth/key-orphaned");
}

static void a_suspended_makers_key_is_orphaned_until_the_maker_is_back(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct key key;

    as_owner_of(t, org);
    key = make_key(t, "'users.read','users.invite'");
    expect_alive(t, &key);
    suspend(t, org->owner, true);
    expect_orphaned(t, &key);
    by_key(t, &key);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
        "{'email':'spam-target@example.org','role':'admin'}");
    expect_problem(t, 401, "auth/key-orphaned");
    suspend(t, org->owner, false);
    expect_alive(t, &key);
}

/* By another process: what this one remembers of maker and role is checked on the way. */
static void what_is_remembered_of_the_maker_is_checked(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *adam = as_admin_of(t, org);
    struct key key = make_key(t, "'users.read','users.invite'");

    for (int i = 0; i < 3; i++) {
        by_key(t, &key);
        GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
        expect(t, 200);
    }
    set_role(t, adam, "member");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
    expect_problem(t, 403, "forbidden");
    set_role(t, adam, "admin");
    by_key(t, &key);
    GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
    expect(t, 200);
    sql_run(t, "DELETE FROM users.membership WHERE role = 'admin'");
    expect_orphaned(t, &key);
}

/* A role that lacks a scope: the key lacks it; one that gains it again: so does the key, and never
 * more than its scopes. */
static void a_key_has_its_scopes_of_what_its_maker_may(void **state)
{
    static const char *const roles[] = { "viewer", "member", "admin", "owner", "billing" };
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *eve = make_member(t, org, "owner");
    struct key all, one;
    int cells = 0;

    as_owner_of(t, org);
    as_person(t, eve);
    all = make_key(t, "'users.read','users.invite','auth.manage_keys','users.read_audit'");
    one = make_key(t, "'users.read'");
    for (size_t i = 0; i < COUNT(roles); i++) {
        const int wanted = modules_role_may(roles[i], "users.invite") ? 200 : 403;
        set_role(t, eve, roles[i]);
        by_key(t, &all);
        GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
        assert_int_equal(status_of(t), wanted);
        by_key(t, &one);
        GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
        expect_problem(t, 403, "forbidden", .detail = "among the key's scopes");
        expect_alive(t, &one);
        cells++;
    }
    assert_int_equal(cells, 5);
}

static void list_keys(struct t *t)
{
    GET_AT(t, "/v1/orgs/%s/api-keys", org_of(t));
    expect(t, 200);
}

static void the_list_shows_what_a_key_may_now(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *adam = as_admin_of(t, org);

    make_key(t, "'users.read','users.invite'");
    as_owner_of(t, org);
    list_keys(t);
    expect(t, 200, "data.0.state", "active", "data.0.effective_scopes.1", "users.invite",
        "data.0.created_by", adam->id_text);
    set_role(t, adam, "viewer");
    list_keys(t);
    expect(t, 200, "data.0.state", "active", "data.0.effective_scopes.0", "users.read",
        "data.0.scopes.1", "users.invite");
    assert_int_equal(count_of(t, "data.0.effective_scopes"), 1);
    suspend(t, adam, true);
    list_keys(t);
    expect(t, 200, "data.0.state", "orphaned");
    assert_int_equal(count_of(t, "data.0.effective_scopes"), 0);
    suspend(t, adam, false);
    DELETE_AT(t, "%s", member(t, adam));
    expect(t, 200, "orphaned_keys.0.name", "Sync");
    list_keys(t);
    expect(t, 200, "data.0.state", "orphaned");
    sql_run(t, "UPDATE auth.api_key SET expires_at = platform.now()");
    list_keys(t);
    expect(t, 200, "data.0.state", "expired");
}

static void why_a_key_may_not_is_explained(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *adam = as_admin_of(t, org);
    struct key key = make_key(t, "'users.read','users.invite'");
    const char *path = at(t, "/v1/orgs/%s/authz/explain?key_id=%s&permission=", org_of(t), key.id);

    as_owner_of(t, org);
    GET_AT(t, "%susers.invite", path);
    expect(
        t, 200, "allowed", "true", "person_id", adam->id_text, "key_id", key.id, "role", "admin");
    GET_AT(t, "%susers.update_org", path);
    expect(t, 200, "allowed", "false", "reason", "It is not among the key's scopes.");
    set_role(t, adam, "viewer");
    GET_AT(t, "%susers.invite", path);
    expect(t, 200, "allowed", "false", "role", "viewer");
    assert_non_null(strstr(member_of(t, "reason"), "of the key's creator"));
    suspend(t, adam, true);
    GET_AT(t, "%susers.read", path);
    expect(t, 200, "allowed", "false", "role", "null", "person_id", "null");
    GET_AT(t, "/v1/orgs/%s/authz/explain?person_id=%s&permission=users.read", org_of(t),
        adam->id_text);
    expect(t, 200, "allowed", "false", "role", "viewer", "reason",
        "Suspended, and so may do nothing.");
    GET_AT(t, "/v1/orgs/%s/authz/explain?permission=users.read", org_of(t));
    expect_problem(t, 422, "invalid-fields", .field = "person_id");
}

static void adopt(struct t *t, const struct key *key)
{
    POST_AT(t, "/v1/orgs/%s/api-keys/%s/adopt", org_of(t), key->id);
}

/* Only an owner; and the key then has what the owner may. */
static void an_owner_adopts_an_orphaned_key(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *adam = as_admin_of(t, org);
    struct key key = make_key(t, "'users.read','users.invite'");

    as_owner_of(t, org);
    DELETE_AT(t, "%s", member(t, adam));
    expect_orphaned(t, &key);
    as_admin_of(t, org);
    adopt(t, &key);
    expect_problem(t, 403, "forbidden", .detail = "auth.adopt_keys");
    as_owner_of(t, org);
    adopt(t, &key);
    expect(t, 200, "state", "active", "created_by", org->owner->id_text, "effective_scopes.1",
        "users.invite");
    expect_event(t, "auth.key_adopted");
    expect_alive(t, &key);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = 'auth.key_adopted' AND "
                   "before->>'created_by' <> after->>'created_by'"),
        1);
    adopt(t, &(struct key){ .id = typeid_text(arena_of(t), "key", uuid_new()) });
    expect_problem(t, 404, "not-found");
}

/* A scope that nobody has any more, as of a module that is switched off. */
static void nobody_adopts_more_than_they_have(void **state)
{
    struct t *t = *state;
    struct key key;

    as_owner_of(t, make_org(t));
    key = make_key(t, "'users.read'");
    sql_run(t, "UPDATE auth.api_key SET scopes = '{users.read,gone.read}'");
    adopt(t, &key);
    expect_problem(t, 403, "auth/scope-not-allowed", .field = "scopes");
}

struct race {
    const char *owners_path, *token;
    struct person *owner;
    _Atomic int refused;
};

static void demote_and_promote(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    if (i == 0) {
        as_person(one, r->owner);
        PATCH_JSON(one, r->owners_path, "{'role':'viewer'}");
        expect(one, 200);
        return;
    }
    with_header(one, "Cookie", NULL);
    with_header(one, "Authorization", at(one, "Bearer %s", r->token));
    PATCH_JSON(one, r->owners_path, "{'role':'admin'}");
    if (status_of(one) != 200)
        r->refused++;
}

/* Whoever comes first: the demoted one is a viewer in the end. */
static void a_demotion_beats_the_demoted_ones_own_key(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *adam = as_admin_of(t, org);
    struct race r = { .owner = org->owner };
    struct key key = make_key(t, "'users.read','users.manage_members'");

    r.owners_path = member(t, adam);
    r.token = key.token;
    for (int round = 0; round < 20; round++) {
        run_parallel(t, 2, demote_and_promote, &r);
        assert_string_equal(
            sql_text(t,
                "SELECT role FROM users.membership WHERE person_id = (SELECT id FROM "
                "users.person WHERE email = '%s')",
                adam->email),
            "viewer");
        set_role(t, adam, "admin");
    }
}

int main(void)
{
    return run_db_tests(a_demoted_makers_key_promotes_nobody, a_removed_makers_key_is_orphaned,
        an_erased_makers_key_is_orphaned,
        a_suspended_makers_key_is_orphaned_until_the_maker_is_back,
        what_is_remembered_of_the_maker_is_checked, a_key_has_its_scopes_of_what_its_maker_may,
        the_list_shows_what_a_key_may_now, why_a_key_may_not_is_explained,
        an_owner_adopts_an_orphaned_key, nobody_adopts_more_than_they_have,
        a_demotion_beats_the_demoted_ones_own_key);
}
