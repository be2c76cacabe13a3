/* Who may do what and why, who did what, and the first screen in one call. */
#include "testkit.h"

static const char *audit_path(struct t *t, const char *query)
{
    return at(t, "/v1/orgs/%s/audit%s", org_of(t), query);
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void explain(struct t *t, const char *person, const char *permission)
{
    GET_AT(
        t, "/v1/orgs/%s/authz/explain?person_id=%s&permission=%s", org_of(t), person, permission);
}

/* --- The trail --- */

static void a_change_is_found_with_what_was_before_and_after(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    as_owner_of(t, org);
    PATCH_JSON(t, member(t, bob), "{'role':'admin'}");
    expect(t, 200);

    GET_AT(t, "%s", audit_path(t, "?limit=1"));

    expect(t, 200, "data.0.action", "users.role_changed", "data.0.actor_kind", "person",
        "data.0.actor", org->owner->id_text, "data.0.target", bob->id_text, "data.0.operation",
        "updateMember", "data.0.before.role", "viewer", "data.0.after.role", "admin",
        "data.0.org_id", org->id_text);
    assert_non_null(member_of(t, "next_cursor"));
}

static void the_trail_is_walked_newest_first_without_gap_or_repetition(void **state)
{
    struct t *t = *state;
    const char *cursor = NULL;
    int n = 0;
    as_owner_of(t, make_org(t));
    for (int i = 0; i < 7; i++)
        PATCH_JSON(t, at(t, "/v1/orgs/%s", org_of(t)), "{'name':'Name %d'}", i);

    do {
        GET_AT(t, "%s", audit_path(t, cursor ? at(t, "?limit=3&cursor=%s", cursor) : "?limit=3"));
        expect(t, 200);
        for (size_t i = 0; i < count_of(t, "data"); i++, n++) {
            const char *name = member_of(t, at(t, "data.%zu.after.name", i));
            if (n < 7)
                assert_string_equal(name, at(t, "Name %d", 6 - n));
        }
        cursor = member_of(t, "next_cursor");
    } while (cursor && strcmp(cursor, "null") != 0);

    assert_int_equal(n, 8); /* and the founding */
}

static void filters_by_action_actor_target_and_time(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "admin"), *eve = make_member(t, org, "viewer");
    char noon[INSTANT_TEXT_SIZE];
    as_owner_of(t, org);
    PATCH_JSON(t, member(t, eve), "{'role':'member'}");
    advance(t, MINUTES(20));
    instant_format(clock_now(), noon);
    advance(t, MINUTES(20));
    as_person(t, bob);
    PATCH_JSON(t, member(t, eve), "{'role':'viewer'}");
    expect(t, 200);

    GET_AT(t, "%s", audit_path(t, "?action=users.role_changed"));
    assert_int_equal(count_of(t, "data"), 2);
    GET_AT(t, "%s", audit_path(t, at(t, "?actor=%s&action=users.role_changed", bob->id_text)));
    expect(t, 200, "data.0.after.role", "viewer");
    assert_int_equal(count_of(t, "data"), 1);
    GET_AT(t, "%s", audit_path(t, at(t, "?target=%s", eve->id_text)));
    assert_int_equal(count_of(t, "data"), 3); /* joined, and changed twice */
    GET_AT(t, "%s", audit_path(t, at(t, "?since=%s", noon)));
    expect(t, 200, "data.0.actor", bob->id_text);
    assert_int_equal(count_of(t, "data"), 1);
    GET_AT(t, "%s", audit_path(t, at(t, "?until=%s&action=users.role_changed", noon)));
    expect(t, 200, "data.0.actor", org->owner->id_text);
    assert_int_equal(count_of(t, "data"), 1);
    GET_AT(t, "%s", audit_path(t, "?action=users.nothing"));
    assert_int_equal(count_of(t, "data"), 0);
}

static void a_filter_that_is_no_id_is_named(void **state)
{
    struct t *t = *state;
    as_owner_of(t, make_org(t));

    GET_AT(t, "%s", audit_path(t, "?actor=bob"));
    expect_problem(t, 422, "invalid-fields", .pointer = "query:actor");
    GET_AT(t, "%s", audit_path(t, "?target=person_1"));
    expect_problem(t, 422, "invalid-fields", .pointer = "query:target");
    GET_AT(t, "%s", audit_path(t, "?since=yesterday"));
    expect_problem(t, 422, "invalid-fields", .pointer = "query:since");
}

static void the_trail_is_for_owners_and_admins_of_that_organisation(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t), *other = make_org(t);

    as_member_of(t, org);
    GET_AT(t, "%s", audit_path(t, ""));
    expect_problem(t, 403, "forbidden");
    as_admin_of(t, org);
    GET_AT(t, "%s", audit_path(t, "?action=users.org_created"));
    expect(t, 200, "data.0.target", org->id_text);
    assert_int_equal(count_of(t, "data"), 1);
    GET_AT(t, "/v1/orgs/%s/audit", other->id_text);
    expect_problem(t, 404, "not-found");
}

/* --- Why --- */

static void a_role_that_holds_the_permission_is_the_reason(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "admin");
    as_owner_of(t, org);

    explain(t, bob->id_text, "users.invite");

    expect(t, 200, "allowed", "true", "role", "admin", "reason", "The role admin holds it.",
        "entitlements.0.name", "users.seats");
}

static void a_role_that_does_not_hold_it_is_told_with_those_that_do(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "billing");
    as_owner_of(t, org);

    explain(t, bob->id_text, "users.invite");

    expect(t, 200, "allowed", "false", "role", "billing", "reason",
        "The role billing does not hold it; these do: owner, admin.");
}

static void a_stranger_and_nobody_at_all_look_the_same(void **state)
{
    struct t *t = *state;
    struct person *stranger = make_person(t);
    as_owner_of(t, make_org(t));

    explain(t, stranger->id_text, "users.read");
    expect(
        t, 200, "allowed", "false", "role", "null", "reason", "Not a member of this organisation.");
    explain(t, typeid_text(arena_of(t), "person", uuid_new()), "users.read");
    expect(
        t, 200, "allowed", "false", "role", "null", "reason", "Not a member of this organisation.");
}

static void everybody_may_ask_about_themselves_only_managers_about_others(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = as_viewer_of(t, org);

    explain(t, bob->id_text, "users.invite");
    expect(t, 200, "allowed", "false");
    explain(t, org->owner->id_text, "users.invite");
    expect_problem(t, 403, "forbidden");
}

static void a_permission_nobody_declares_is_named(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    as_owner_of(t, org);

    explain(t, org->owner->id_text, "users.fly");

    expect_problem(t, 422, "invalid-fields", .pointer = "query:permission");
}

/* --- The first screen --- */

static bool lists(struct t *t, const char *permission)
{
    for (size_t i = 0; i < count_of(t, "permissions"); i++)
        if (text_equal(member_of(t, at(t, "permissions.%zu", i)), permission))
            return true;
    return false;
}

static void the_first_screen_is_one_call(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t, .name = "Acme");
    as_person(t, make_member(t, org, "viewer"));

    GET_AT(t, "/v1/me?include=orgs,permissions,entitlements,flags");

    expect(t, 200, "email", me(t)->email, "orgs.0.name", "Acme", "orgs.0.role", "viewer", "org_id",
        org->id_text);
    assert_true(lists(t, "users.read"));
    assert_false(lists(t, "users.invite"));
    assert_true(count_of(t, "entitlements") > 0);
    assert_int_equal(member_of(t, "flags")[0], '{');
}

static void the_screen_is_about_the_organisation_asked_for(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct org *own = make_org(t, .owner = ann), *later = make_org(t, .owner = ann);
    struct org *foreign = make_org(t);
    as_person(t, ann);

    GET_AT(t, "/v1/me?include=permissions");
    expect(t, 200, "org_id", own->id_text, "orgs", "null", "flags", "null", "entitlements", "null");
    GET_AT(t, "/v1/me?include=permissions&org_id=%s", later->id_text);
    expect(t, 200, "org_id", later->id_text);
    assert_true(lists(t, "users.delete_org"));
    GET_AT(t, "/v1/me?include=permissions&org_id=%s", foreign->id_text);
    expect_problem(t, 404, "not-found");
}

static void without_an_organisation_there_is_nothing_to_permit(void **state)
{
    struct t *t = *state;
    as_person(t, make_person(t));

    GET_AT(t, "/v1/me?include=orgs,permissions,entitlements,flags");
    expect(t, 200, "org_id", "null", "permissions", "null", "entitlements", "null");
    assert_int_equal(count_of(t, "orgs"), 0);
    GET_AT(t, "/v1/me?include=orgs,teams");
    expect_problem(t, 422, "invalid-fields", .field = "include");
}

int main(void)
{
    return run_db_tests(a_change_is_found_with_what_was_before_and_after,
        the_trail_is_walked_newest_first_without_gap_or_repetition,
        filters_by_action_actor_target_and_time, a_filter_that_is_no_id_is_named,
        the_trail_is_for_owners_and_admins_of_that_organisation,
        a_role_that_holds_the_permission_is_the_reason,
        a_role_that_does_not_hold_it_is_told_with_those_that_do,
        a_stranger_and_nobody_at_all_look_the_same,
        everybody_may_ask_about_themselves_only_managers_about_others,
        a_permission_nobody_declares_is_named, the_first_screen_is_one_call,
        the_screen_is_about_the_organisation_asked_for,
        without_an_organisation_there_is_nothing_to_permit);
}
