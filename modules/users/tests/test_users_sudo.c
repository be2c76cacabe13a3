/* What is done to owners wants reauthentication: a session found open cannot hand the organisation
 * over. */
#include "testkit.h"

struct cast {
    struct org *org;
    struct person *second, *bob;
};

/* Everybody's reauthentication is an hour old. */
static void make_cast(struct t *t, struct cast *cast)
{
    cast->org = make_org(t);
    cast->second = make_member(t, cast->org, "owner");
    cast->bob = make_member(t, cast->org, "member");
    as_owner_of(t, cast->org);
    sql_run(t, "UPDATE auth.session SET reauthenticated_at = platform.now() - interval '1 hour'");
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void reauthenticate(struct t *t)
{
    POST_JSON(t, "/v1/auth/sudo", "{'password':'%s'}", me(t)->password);
    expect(t, 200);
}

static void an_owner_is_made_with_reauthentication(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    PATCH_JSON(t, member(t, cast.bob), "{'role':'owner'}");
    expect_problem(t, 403, "sudo-required");
    PATCH_JSON(t, member(t, cast.bob), "{'role':'admin'}");
    expect(t, 200);
    reauthenticate(t);
    PATCH_JSON(t, member(t, cast.bob), "{'role':'owner'}");
    expect(t, 200, "role", "owner");
}

static void an_owner_is_invited_with_reauthentication(void **state)
{
    struct t *t = *state;
    struct cast cast;
    const char *path;

    make_cast(t, &cast);
    path = at(t, "/v1/orgs/%s/invitations", org_of(t));
    POST_JSON(t, path, "{'email':'eve@example.org','role':'owner'}");
    expect_problem(t, 403, "sudo-required");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.invitation"), 0);
    POST_JSON(t, path, "{'email':'ann@example.org','role':'admin'}");
    expect(t, 201);
    reauthenticate(t);
    POST_JSON(t, path, "{'email':'eve@example.org','role':'owner'}");
    expect(t, 201);
}

static void an_owner_is_demoted_and_removed_with_reauthentication(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    PATCH_JSON(t, member(t, cast.second), "{'role':'admin'}");
    expect_problem(t, 403, "sudo-required");
    DELETE_AT(t, "%s", member(t, cast.second));
    expect_problem(t, 403, "sudo-required");
    DELETE_AT(t, "%s", member(t, cast.bob));
    expect(t, 200);
    reauthenticate(t);
    PATCH_JSON(t, member(t, cast.second), "{'role':'admin'}");
    expect(t, 200);
    PATCH_JSON(t, member(t, cast.second), "{'role':'owner'}");
    expect(t, 200);
    DELETE_AT(t, "%s", member(t, cast.second));
    expect(t, 200);
}

static void an_owner_leaves_with_reauthentication_and_a_member_without(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    as_person(t, cast.bob);
    DELETE_AT(t, "%s", member(t, cast.bob));
    expect(t, 200);
    as_person(t, cast.second);
    DELETE_AT(t, "%s", member(t, cast.second));
    expect_problem(t, 403, "sudo-required");
    reauthenticate(t);
    DELETE_AT(t, "%s", member(t, cast.second));
    expect(t, 200);
}

static void keys_and_the_organisation_itself_want_reauthentication(void **state)
{
    struct t *t = *state;
    struct cast cast;
    const char *keys, *id;

    make_cast(t, &cast);
    keys = at(t, "/v1/orgs/%s/api-keys", org_of(t));
    POST_JSON(t, keys, "{'name':'K','scopes':['users.read']}");
    expect_problem(t, 403, "sudo-required");
    reauthenticate(t);
    POST_JSON(t, keys, "{'name':'K','scopes':['users.read']}");
    expect(t, 201);
    id = member_of(t, "api_key.id");
    sql_run(t, "UPDATE auth.session SET reauthenticated_at = platform.now() - interval '1 hour'");
    POST_AT(t, "%s/%s/adopt", keys, id);
    expect_problem(t, 403, "sudo-required");
    DELETE_AT(t, "%s/%s", keys, id);
    expect_problem(t, 403, "sudo-required");
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect_problem(t, 403, "sudo-required");
}

int main(void)
{
    return run_db_tests(an_owner_is_made_with_reauthentication,
        an_owner_is_invited_with_reauthentication,
        an_owner_is_demoted_and_removed_with_reauthentication,
        an_owner_leaves_with_reauthentication_and_a_member_without,
        keys_and_the_organisation_itself_want_reauthentication);
}
