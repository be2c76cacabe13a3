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
    expect(t, 200);
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
    if (status_of(one) == 200)
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

static void demote_the_other(struct t *one, int i, void *arg)
{
    struct leavers *l = arg;

    as_person(one, l->people[i]);
    PATCH_JSON(one, member(one, l->people[1 - i]), "{'role':'member'}");
    if (status_of(one) == 200)
        l->gone++;
    else if (status_of(one) == 409 || status_of(one) == 403)
        l->kept++;
}

static void two_owners_who_demote_each_other_at_once_leave_one_owner(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "owner");

    for (int round = 0; round < 25; round++) {
        struct leavers l = { .people = { org->owner, bob } };
        as_owner_of(t, org);

        run_parallel(t, 2, demote_the_other, &l);

        assert_int_equal(l.gone, 1);
        assert_int_equal(l.kept, 1);
        assert_int_equal(
            sql_int(t, "SELECT count(*) FROM users.membership WHERE role = 'owner'"), 1);
        sql_run(t, "UPDATE users.membership SET role = 'owner'");
    }
}

/* Not by our own code but by any: the database itself looks when a transaction ends. */
static void the_database_refuses_a_transaction_that_leaves_no_owner(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    make_member(t, org, "admin");

    assert_string_equal(
        sql_text(t, "DO $$ BEGIN "
                    "  UPDATE users.membership SET role = 'viewer' WHERE role = 'owner'; "
                    "  SET CONSTRAINTS ALL IMMEDIATE; "
                    "  RAISE EXCEPTION 'not refused'; "
                    "EXCEPTION WHEN check_violation THEN NULL; END $$; SELECT 'refused'"),
        "refused");
    /* Handed over in the other order: demoted first, then replaced. */
    sql_run(t, "BEGIN; UPDATE users.membership SET role = 'viewer' WHERE role = 'owner'; "
               "UPDATE users.membership SET role = 'owner' WHERE role = 'admin'; COMMIT");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership WHERE role = 'owner'"), 1);
}

static void the_role_a_member_has_already_is_no_change(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    as_owner_of(t, org);

    PATCH_JSON(t, member(t, bob), "{'role':'viewer'}");

    expect(t, 200, "role", "viewer");
    expect_no_event(t, "users.role_changed");
}

static void who_pays_sees_the_organisation_and_changes_nobody(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer"), *carl = make_member(t, org, "billing");
    as_owner_of(t, org);
    as_person(t, carl);

    GET_AT(t, "/v1/orgs/%s/members", org->id_text);
    expect(t, 200);
    PATCH_JSON(t, member(t, bob), "{'role':'admin'}");
    expect_problem(t, 403, "forbidden");
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org->id_text),
        "{'email':'a@b.example','role':'viewer'}");
    expect_problem(t, 403, "forbidden");
    PATCH_JSON(t, member(t, bob), "{'role':'boss'}");
    expect_problem(t, 403, "forbidden");
}

static void an_admin_cannot_touch_an_owner(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    as_admin_of(t, org);

    DELETE_AT(t, "%s", member(t, org->owner));
    expect_problem(t, 403, "users/role-not-allowed");
    PATCH_JSON(t, member(t, org->owner), "{'role':'viewer'}");
    expect_problem(t, 403, "users/role-not-allowed");
    PATCH_JSON(t, member(t, bob), "{'role':'owner'}");
    expect_problem(t, 403, "users/role-not-allowed");
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
    expect(t, 200);
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
    expect(t, 200);
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
        two_owners_who_leave_at_once_leave_one_behind,
        two_owners_who_demote_each_other_at_once_leave_one_owner,
        the_database_refuses_a_transaction_that_leaves_no_owner,
        the_role_a_member_has_already_is_no_change,
        who_pays_sees_the_organisation_and_changes_nobody, an_admin_cannot_touch_an_owner,
        a_viewer_may_leave_but_remove_nobody, a_new_role_holds_from_the_next_request_on,
        who_is_no_member_cannot_be_changed);
}
