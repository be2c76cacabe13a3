/* Nobody gives or takes a role that holds more than they do. Generated from the modules' tables:
 * every role × every role, and a key with each single scope. */
#include "testkit.h"
#include "module/registry.h"

static const char *const ROLES[] = { "viewer", "billing", "member", "admin", "owner" };
enum { N_ROLES = 5 };

/* By the tables alone: does `mine` hold every permission of `role`? */
static bool covers(const char *mine, const char *role)
{
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            if (registry_role_may(role, p->name) && !registry_role_may(mine, p->name))
                return false;
    return true;
}

struct cast {
    struct org *org;
    struct person *actors[N_ROLES], *target;
};

static void make_cast(struct t *t, struct cast *cast)
{
    cast->org = make_org(t);
    for (size_t i = 0; i < N_ROLES; i++)
        cast->actors[i] = make_member(t, cast->org, ROLES[i]);
    cast->target = make_member(t, cast->org, "viewer");
    as_owner_of(t, cast->org);
}

static void set_role(struct t *t, const struct person *p, const char *role)
{
    sql_run(t,
        "UPDATE users.membership SET role = '%s' WHERE person_id = "
        "(SELECT id FROM users.person WHERE email = '%s')",
        role, p->email);
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static const char *invitations(struct t *t)
{
    return at(t, "/v1/orgs/%s/invitations", org_of(t));
}

static void expect_if(struct t *t, bool allowed, bool may_ask, int success)
{
    if (allowed)
        expect(t, success);
    else
        expect_problem(t, 403, may_ask ? "users/role-not-allowed" : "forbidden");
}

static void a_role_is_changed_by_who_holds_all_of_both(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    for (size_t a = 0; a < N_ROLES; a++)
        for (size_t from = 0; from < N_ROLES; from++)
            for (size_t to = 0; to < N_ROLES; to++) {
                const bool may = registry_role_may(ROLES[a], "users.manage_members");
                set_role(t, cast.target, ROLES[from]);
                as_person(t, cast.actors[a]);
                PATCH_JSON(t, member(t, cast.target), "{'role':'%s'}", ROLES[to]);
                expect_if(t, may && covers(ROLES[a], ROLES[from]) && covers(ROLES[a], ROLES[to]),
                    may, 200);
            }
}

static void a_member_is_removed_by_who_holds_all_of_their_role(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    for (size_t a = 0; a < N_ROLES; a++)
        for (size_t i = 0; i < N_ROLES; i++) {
            const bool may = registry_role_may(ROLES[a], "users.manage_members");
            struct person *gone;
            as_owner_of(t, cast.org);
            gone = make_member(t, cast.org, ROLES[i]);
            as_person(t, cast.actors[a]);
            DELETE_AT(t, "%s", member(t, gone));
            expect_if(t, may && covers(ROLES[a], ROLES[i]), may, 200);
        }
}

static void an_invitation_is_sent_and_withdrawn_by_who_holds_all_of_its_role(void **state)
{
    struct t *t = *state;
    struct cast cast;
    const char *id;

    make_cast(t, &cast);
    for (size_t a = 0; a < N_ROLES; a++)
        for (size_t i = 0; i < N_ROLES; i++) {
            const bool may = registry_role_may(ROLES[a], "users.invite");
            const bool allowed = may && covers(ROLES[a], ROLES[i]);
            as_person(t, cast.actors[a]);
            POST_JSON(
                t, invitations(t), "{'email':'x%zu-%zu@example.org','role':'%s'}", a, i, ROLES[i]);
            expect_if(t, allowed, may, 201);
            as_owner_of(t, cast.org);
            POST_JSON(
                t, invitations(t), "{'email':'y%zu-%zu@example.org','role':'%s'}", a, i, ROLES[i]);
            expect(t, 201);
            id = id_of(t);
            as_person(t, cast.actors[a]);
            DELETE_AT(t, "%s/%s", invitations(t), id);
            expect_if(t, allowed, may, 204);
        }
}

/* The requests of the report. */
static void an_admin_hands_out_no_billing(void **state)
{
    struct t *t = *state;
    struct cast cast;

    make_cast(t, &cast);
    if (covers("admin", "billing")) /* nobody sells anything here */
        return;
    as_person(t, cast.actors[3]);
    PATCH_JSON(t, member(t, cast.actors[3]), "{'role':'billing'}");
    expect_problem(t, 403, "users/role-not-allowed", .detail = "payments.manage");
    POST_JSON(t, invitations(t), "{'email':'second@example.org','role':'billing'}");
    expect_problem(t, 403, "users/role-not-allowed", .field = "role");
}

static const char *make_key(struct t *t, const char *scopes)
{
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':[%s]}", scopes);
    expect(t, 201);
    return member_of(t, "token");
}

static void by_key(struct t *t, const char *token)
{
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", at(t, "Bearer %s", token));
}

/* No role is nothing but one permission. */
static void refuse_all_grants(struct t *t, const struct cast *cast, const char *token)
{
    for (size_t i = 0; i < N_ROLES; i++) {
        set_role(t, cast->target, ROLES[(i + 1) % N_ROLES]);
        by_key(t, token);
        PATCH_JSON(t, member(t, cast->target), "{'role':'%s'}", ROLES[i]);
        assert_int_equal(status_of(t), 403);
        by_key(t, token);
        DELETE_AT(t, "%s", member(t, cast->target));
        assert_int_equal(status_of(t), 403);
        by_key(t, token);
        POST_JSON(t, invitations(t), "{'email':'x@example.org','role':'%s'}", ROLES[i]);
        assert_int_equal(status_of(t), 403);
    }
}

static void a_key_with_one_scope_grants_and_takes_nothing(void **state)
{
    struct t *t = *state;
    struct cast cast;
    int n = 0;

    make_cast(t, &cast);
    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++, n++)
            refuse_all_grants(t, &cast, make_key(t, at(t, "'%s'", p->name)));
    assert_true(n > 5);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.invitation"), 0);
}

static const char *scopes_of(struct t *t, const char *role)
{
    const char *all = "";

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct permission *p = (*m)->permissions; p && p->name; p++)
            if (registry_role_may(role, p->name))
                all = at(t, "%s%s'%s'", all, *all ? "," : "", p->name);
    return all;
}

/* And of what its maker holds: an owner's key with all of an admin's scopes is as good as an admin;
 * no key touches an owner, whatever its scopes. */
static void a_key_grants_what_all_its_scopes_hold(void **state)
{
    struct t *t = *state;
    struct cast cast;
    const char *admins, *owners;

    make_cast(t, &cast);
    admins = make_key(t, scopes_of(t, "admin"));
    owners = make_key(t, scopes_of(t, "owner"));
    for (size_t i = 0; i < N_ROLES; i++) {
        const bool is_owner = text_equal(ROLES[i], "owner");
        by_key(t, admins);
        POST_JSON(t, invitations(t), "{'email':'a%zu@example.org','role':'%s'}", i, ROLES[i]);
        expect_if(t, covers("admin", ROLES[i]), true, 201);
        by_key(t, owners);
        POST_JSON(t, invitations(t), "{'email':'b%zu@example.org','role':'%s'}", i, ROLES[i]);
        expect_if(t, !is_owner, true, 201);
        by_key(t, owners);
        PATCH_JSON(t, member(t, cast.target), "{'role':'%s'}", ROLES[i]);
        expect_if(t, !is_owner, true, 200);
    }
    by_key(t, owners);
    PATCH_JSON(t, member(t, cast.actors[4]), "{'role':'viewer'}");
    expect_problem(t, 403, "users/role-not-allowed", .detail = "API key");
    by_key(t, owners);
    DELETE_AT(t, "%s", member(t, cast.actors[4]));
    expect_problem(t, 403, "users/role-not-allowed");
}

int main(void)
{
    return run_db_tests(a_role_is_changed_by_who_holds_all_of_both,
        a_member_is_removed_by_who_holds_all_of_their_role,
        an_invitation_is_sent_and_withdrawn_by_who_holds_all_of_its_role,
        an_admin_hands_out_no_billing, a_key_with_one_scope_grants_and_takes_nothing,
        a_key_grants_what_all_its_scopes_hold);
}
