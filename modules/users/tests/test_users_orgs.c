/* Organisations and the people in them, driven through the real router against a real database. */
#include "testkit.h"

static const char *org_path(struct t *t)
{
    return at(t, "/v1/orgs/%s", org_of(t));
}

static void who_founds_an_organisation_owns_it(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t, .name = "Ann"));

    POST_JSON(t, "/v1/orgs", "{'name':'Acme'}");

    expect(t, 201, "name", "Acme", "role", "owner", "version", "1");
    expect_event(t, "users.org_created");
    GET_AT(t, "/v1/orgs/%s/members", id_of(t));
    expect(t, 200, "data.0.name", "Ann", "data.0.role", "owner", "data.0.email", me(t)->email);
}

static void an_organisation_of_others_does_not_exist(void **state)
{
    struct t *t = *state;
    const char *path;
    as_owner_of(t, make_org(t));
    path = org_path(t);
    as_owner_of(t, make_org(t));

    GET_AT(t, "%s", path);
    expect_problem(t, 404, "not-found");
    GET_AT(t, "%s/members", path);
    expect_problem(t, 404, "not-found");
    PATCH_JSON(t, path, "{'name':'Mine now'}");
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "%s", path);
    expect_problem(t, 404, "not-found");
    POST_JSON(t, at(t, "%s/invitations", path), "{'email':'eve@example.org','role':'admin'}");
    expect_problem(t, 404, "not-found");
}

static void a_change_of_what_somebody_else_changed_is_refused(void **state)
{
    struct t *t = *state;
    const char *seen;
    as_owner_of(t, make_org(t));
    GET_AT(t, "%s", org_path(t));
    seen = header_of(t, "ETag");
    PATCH_JSON(t, org_path(t), "{'name':'First'}");
    expect(t, 200, "name", "First", "version", "2");

    with_header(t, "If-Match", seen);
    PATCH_JSON(t, org_path(t), "{'name':'Second'}");
    expect_problem(t, 412, "precondition-failed");

    GET_AT(t, "%s", org_path(t));
    expect(t, 200, "name", "First");
    with_header(t, "If-Match", header_of(t, "ETag"));
    PATCH_JSON(t, org_path(t), "{'name':'Second'}");
    expect(t, 200, "name", "Second", "version", "3");
}

/* Browsers keep what they read, and ask with its ETag. */
static void a_changed_role_is_told_in_spite_of_an_etag(void **state)
{
    struct t *t = *state;
    const char *seen;
    as_admin_of(t, make_org(t));
    GET_AT(t, "%s", org_path(t));
    expect(t, 200, "role", "admin");
    seen = header_of(t, "ETag");
    with_header(t, "If-None-Match", seen);
    GET_AT(t, "%s", org_path(t));
    assert_int_equal(status_of(t), 304);

    sql_run(t, "UPDATE users.membership SET role = 'viewer' WHERE role = 'admin'");
    with_header(t, "If-None-Match", seen);
    GET_AT(t, "%s", org_path(t));
    expect(t, 200, "role", "viewer");
}

static void only_an_owner_deletes_an_organisation(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    as_admin_of(t, org);
    DELETE_AT(t, "%s", org_path(t));
    expect_problem(t, 403, "forbidden");

    as_owner_of(t, org);
    DELETE_AT(t, "%s", org_path(t));
    expect(t, 204);
    expect_event(t, "users.org_deleted");
    GET_AT(t, "%s", org_path(t));
    expect_problem(t, 404, "not-found");
}

static void a_deleted_organisation_leaves_nothing_but_its_audit_trail(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    as_owner_of(t, org);
    POST_JSON(t, at(t, "%s/invitations", org_path(t)), "{'email':'a@b.example','role':'viewer'}");
    expect(t, 201);

    DELETE_AT(t, "%s", org_path(t));

    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.invitation"), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = 'users.org_deleted'"), 1);
}

static void ones_organisations_come_in_pages(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    for (int i = 0; i < 3; i++)
        make_org(t, .owner = ann, .name = at(t, "Org %d", i));
    make_org(t, .name = "Not hers");
    as_person(t, ann);

    GET_AT(t, "/v1/me/orgs?limit=2");
    expect(t, 200, "data.0.name", "Org 0", "data.1.name", "Org 1", "data.1.role", "owner");
    assert_int_equal(count_of(t, "data"), 2);

    GET_AT(t, "/v1/me/orgs?limit=2&cursor=%s", member_of(t, "next_cursor"));
    expect(t, 200, "data.0.name", "Org 2", "next_cursor", "null");
    assert_int_equal(count_of(t, "data"), 1);
}

static void a_front_ends_first_screen_is_one_call(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .name = "Ann");
    as_person(t, ann);
    GET_AT(t, "/v1/me?include=orgs");
    expect(t, 200, "name", "Ann");
    assert_int_equal(count_of(t, "orgs"), 0);
    make_org(t, .owner = ann, .name = "Acme");

    GET_AT(t, "/v1/me?include=orgs");
    expect(t, 200, "orgs.0.name", "Acme", "orgs.0.role", "owner");
    GET_AT(t, "/v1/me");
    expect(t, 200, "name", "Ann", "orgs", "null");
    GET_AT(t, "/v1/me?include=secrets");
    expect_problem(t, 422, "invalid-fields", .field = "include");
}

static void members_come_in_pages(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    make_member(t, org, "viewer");
    make_member(t, org, "admin");
    as_owner_of(t, org);

    GET_AT(t, "%s/members?limit=2", org_path(t));
    expect(t, 200, "data.0.role", "owner", "data.1.role", "viewer");

    GET_AT(t, "%s/members?cursor=%s", org_path(t), member_of(t, "next_cursor"));
    expect(t, 200, "data.0.role", "admin", "next_cursor", "null");
}

static void people_change_their_own_name_and_language(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t, .name = "Ann"));

    PATCH_JSON(t, "/v1/me", "{'locale':'pt-BR'}");
    expect(t, 200, "name", "Ann", "locale", "pt-BR");
    PATCH_JSON(t, "/v1/me", "{'name':'Anna'}");
    expect(t, 200, "name", "Anna", "locale", "pt-BR");
    PATCH_JSON(t, "/v1/me", "{'email':'other@example.org'}");
    expect_problem(t, 422, "invalid-fields", .field = "email");

    GET_AT(t, "/v1/me");
    expect(t, 200, "name", "Anna", "email", me(t)->email);
}

static void change_at_once(struct t *one, int i, void *arg)
{
    (void)arg;
    PATCH_JSON(one, "/v1/me", "{'locale':'x%c'}", 'a' + i);
    expect(one, 200);
}

static void the_audit_trail_of_changes_at_once_has_no_gap(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t, .name = "Ann"));

    run_parallel(t, 8, change_at_once, NULL);

    /* Each change replaced another one's result: no two have the same language before them. */
    assert_string_equal(sql_text(t, "SELECT count(DISTINCT before->>'locale') FROM platform.audit "
                                    "WHERE action = 'users.person_changed'"),
        "8");
}

static void what_cannot_be_undone_wants_fresh_credentials(void **state)
{
    struct t *t = *state;
    as_owner_of(t, make_org(t));
    advance(t, MINUTES(16));

    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect_problem(t, 403, "sudo-required");
    DELETE_AT(t, "/v1/me");
    expect_problem(t, 403, "sudo-required");
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200);
}

static void an_organisation_changed_meanwhile_is_not_deleted(void **state)
{
    struct t *t = *state;
    const char *etag;
    as_owner_of(t, make_org(t));
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    etag = header_of(t, "ETag");
    PATCH_JSON(t, at(t, "/v1/orgs/%s", org_of(t)), "{'name':'Renamed'}");
    expect(t, 200);

    with_header(t, "If-Match", etag);
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));

    expect_problem(t, 412, "precondition-failed");
}

int main(void)
{
    return run_db_tests(what_cannot_be_undone_wants_fresh_credentials,
        an_organisation_changed_meanwhile_is_not_deleted, who_founds_an_organisation_owns_it,
        an_organisation_of_others_does_not_exist, a_change_of_what_somebody_else_changed_is_refused,
        a_changed_role_is_told_in_spite_of_an_etag, only_an_owner_deletes_an_organisation,
        a_deleted_organisation_leaves_nothing_but_its_audit_trail, ones_organisations_come_in_pages,
        a_front_ends_first_screen_is_one_call, members_come_in_pages,
        people_change_their_own_name_and_language, the_audit_trail_of_changes_at_once_has_no_gap);
}
