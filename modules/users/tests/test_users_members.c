/* Roles, leaving, and that an organisation never loses its last owner. */
#include "testkit.h"

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void the_last_owner_can_neither_leave_nor_step_down(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    make_member(t, org, "admin");
    as_owner_of(t, org);

    DELETE_AT(t, "%s", member(t, org->owner));
    expect_problem(t, 409, "users/last-owner");
    PATCH_JSON(t, member(t, org->owner), "{'role':'admin'}");
    expect_problem(t, 409, "users/last-owner");
}

static void ownership_is_handed_over_by_making_another_owner_first(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "member");
    as_owner_of(t, org);

    PATCH_JSON(t, member(t, bob), "{'role':'owner'}");
    expect(t, 200, "role", "owner", "email", bob->email);
    expect_event(t, "users.role_changed");
    DELETE_AT(t, "%s", member(t, org->owner));
    expect(t, 204);
    expect_event(t, "users.member_removed");

    GET_AT(t, "/v1/orgs/%s", org->id_text);
    expect_problem(t, 404, "not-found");
    as_person(t, bob);
    GET_AT(t, "/v1/orgs/%s", org->id_text);
    expect(t, 200, "role", "owner");
}

struct leavers {
    struct person *people[2];
    _Atomic int gone, kept;
};

static void leave_at_once(struct t *one, int i, void *arg)
{
    struct leavers *l = arg;

    as_person(one, l->people[i]);
    DELETE_AT(one, "%s", member(one, l->people[i]));
    if (status_of(one) == 204)
        l->gone++;
    else
        l->kept++;
}

static void two_owners_who_leave_at_once_leave_one_behind(void **state)
{
    struct t *t = *state;

    for (int round = 0; round < 5; round++) {
        struct org *org = make_org(t);
        struct leavers l = { .people = { org->owner, make_member(t, org, "owner") } };
        as_owner_of(t, org);

        run_parallel(t, 2, leave_at_once, &l);

        assert_int_equal(l.gone, 1);
        assert_int_equal(l.kept, 1);
    }
}

static void an_admin_cannot_touch_an_owner(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    as_admin_of(t, org);

    DELETE_AT(t, "%s", member(t, org->owner));
    expect_problem(t, 403, "users/role-above-own");
    PATCH_JSON(t, member(t, org->owner), "{'role':'viewer'}");
    expect_problem(t, 403, "users/role-above-own");
    PATCH_JSON(t, member(t, bob), "{'role':'owner'}");
    expect_problem(t, 403, "users/role-above-own");
    PATCH_JSON(t, member(t, bob), "{'role':'admin'}");
    expect(t, 200, "role", "admin");
}

static void a_viewer_may_leave_but_remove_nobody(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    struct person *eve = as_viewer_of(t, org);

    DELETE_AT(t, "%s", member(t, bob));
    expect_problem(t, 403, "forbidden");
    DELETE_AT(t, "%s", member(t, eve));
    expect(t, 204);
}

static void a_new_role_holds_from_the_next_request_on(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = as_admin_of(t, org);
    PATCH_JSON(t, at(t, "/v1/orgs/%s", org->id_text), "{'name':'By an admin'}");
    expect(t, 200);

    as_owner_of(t, org);
    PATCH_JSON(t, member(t, bob), "{'role':'viewer'}");
    expect(t, 200);
    as_person(t, bob);
    PATCH_JSON(t, at(t, "/v1/orgs/%s", org->id_text), "{'name':'By a viewer'}");
    expect_problem(t, 403, "forbidden");

    as_owner_of(t, org);
    DELETE_AT(t, "%s", member(t, bob));
    expect(t, 204);
    as_person(t, bob);
    GET_AT(t, "/v1/orgs/%s", org->id_text);
    expect_problem(t, 404, "not-found");
}

static void who_is_no_member_cannot_be_changed(void **state)
{
    struct t *t = *state;
    struct person *stranger = make_person(t);
    as_owner_of(t, make_org(t));

    PATCH_JSON(t, member(t, stranger), "{'role':'admin'}");
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "%s", member(t, stranger));
    expect_problem(t, 404, "not-found");
}

int main(void)
{
    return run_db_tests(the_last_owner_can_neither_leave_nor_step_down,
        ownership_is_handed_over_by_making_another_owner_first,
        two_owners_who_leave_at_once_leave_one_behind, an_admin_cannot_touch_an_owner,
        a_viewer_may_leave_but_remove_nobody, a_new_role_holds_from_the_next_request_on,
        who_is_no_member_cannot_be_changed);
}
