/* What staff find and see, what they do to people, and what is written down about it. */
#include "testkit.h"
#include "admin_internal.h"

static void people_are_found_by_id_and_part_of_an_address_or_a_name(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "Ann@Example.org", .name = "Ann Lee");
    make_person(t, .name = "Anna Mills");
    make_person(t, .name = "Bob");
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/people?q=ANN%%40example.org");
    expect(t, 200, "data.0.id", ann->id_text, "data.1", NULL);
    GET_AT(t, "/v1/admin/people?q=%s", ann->id_text);
    expect(t, 200, "data.0.name", "Ann Lee", "data.1", NULL);
    GET_AT(t, "/v1/admin/people?q=aNN");
    expect(t, 200, "data.0.name", "Ann Lee", "data.1.name", "Anna Mills", "data.2", NULL);
    GET_AT(t, "/v1/admin/people?q=nn");
    expect(t, 200, "data.0.name", "Ann Lee", "data.1.name", "Anna Mills", "data.2", NULL);
    GET_AT(t, "/v1/admin/people?q=MILL");
    expect(t, 200, "data.0.name", "Anna Mills", "data.1", NULL);
    GET_AT(t, "/v1/admin/people?q=nn@exam");
    expect(t, 200, "data.0.name", "Ann Lee", "data.1", NULL);
    GET_AT(t, "/v1/admin/people?q=%%20ann@example.org%%C2%%A0");
    expect(t, 200, "data.0.name", "Ann Lee", "data.1", NULL);
    GET_AT(t, "/v1/admin/people?q=%%20%s%%20", ann->id_text);
    expect(t, 200, "data.0.name", "Ann Lee", "data.1", NULL);
    GET_AT(t, "/v1/admin/people?q=%%25");
    expect(t, 200, "data.0", NULL);
    GET_AT(t, "/v1/admin/people?limit=1&q=ann");
    expect(t, 200, "data.0.name", "Ann Lee");
    GET_AT(t, "/v1/admin/people?limit=1&q=ann&cursor=%s", member_of(t, "next_cursor"));
    expect(t, 200, "data.0.name", "Anna Mills", "next_cursor", "null");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = "
                                "'admin.people_searched' AND after->>'q' = 'aNN'"),
        1);
}

static void accents_and_plus_signs_are_found_however_they_are_written(void **state)
{
    static const char *const looks[] = { "zoe", "Zo%C3%AB", "ZOE%20mu", "zoe%CC%88", "m%C3%BCller",
        "muller", "z+o@example.org", "z%2Bo@example.org", "%2Bo@" };
    struct t *t = *state;
    struct person *zoe = make_person(t, .email = "z+o@example.org", .name = "Zo\u00eb M\u00fcller");

    make_person(t, .email = "zo@example.org", .name = "Somebody Else");
    as_staff(t, "support");
    for (size_t i = 0; i < COUNT(looks); i++) {
        GET_AT(t, "/v1/admin/people?q=%s", looks[i]);
        expect(t, 200, "data.0.id", zoe->id_text, "data.1", NULL);
    }
}

static void organisations_are_found_across_tenants(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme Berlin");
    make_org(t, .name = "Other");
    make_member(t, acme, "member");
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/orgs?q=acme");
    expect(t, 200, "data.0.id", acme->id_text, "data.0.members", "2", "data.1", NULL);
    GET_AT(t, "/v1/admin/orgs?q=BERL");
    expect(t, 200, "data.0.id", acme->id_text, "data.1", NULL);
    GET_AT(t, "/v1/admin/orgs?q=%s", acme->id_text);
    expect(t, 200, "data.0.name", "Acme Berlin");
    GET_AT(t, "/v1/admin/orgs");
    expect(t, 200, "data.1.name", "Other");
}

/* Under the row security of ashlar_system and with a plan that knows no value. */
static void a_whole_address_is_found_by_index(void **state)
{
    struct t *t = *state;
    const char *plan;

    sql_run(t,
        "CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO ashlar_system; CREATE FUNCTION "
        "test.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $f$ "
        "DECLARE l text; plan text := ''; BEGIN "
        "EXECUTE 'PREPARE looked (text) AS ' || query; "
        "FOR l IN EXECUTE 'EXPLAIN EXECUTE looked (''a'')' LOOP plan := plan || l; END LOOP; "
        "DEALLOCATE looked; RETURN plan; END $f$;"
        "GRANT EXECUTE ON FUNCTION test.plan_of(text) TO ashlar_system");
    sql_run(t, "SET ROLE ashlar_system; SET enable_seqscan = off; "
               "SET plan_cache_mode = force_generic_plan");
    plan = sql_text(t, "SELECT test.plan_of($q$SELECT id FROM users.person WHERE email = $1$q$)");
    if (strstr(plan, "person_email_idx") == NULL)
        fail_msg("the index is not used: %s", plan);
    sql_run(t, "RESET ROLE; RESET enable_seqscan; RESET plan_cache_mode");
}

static void a_persons_support_view_is_one_page(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme");
    struct person *bob = make_member(t, acme, "member");
    as_staff(t, "support");
    GET_AT(t, "/v1/admin/people/%s", bob->id_text);
    expect(t, 200, "person.email", bob->email, "suspension", "null", "staff_role", "null",
        "modules.auth.account.sessions", "1", "modules.auth.account.suspended_at", "null",
        "modules.auth.sessions.0.factors", "password", "modules.users.orgs.0.name", "Acme",
        "modules.users.orgs.0.role", "member", "modules.users.orgs.1", NULL);
    assert_true(count_of(t, "audit") > 0);
    GET_AT(t, "/v1/admin/people/%s", typeid_text(arena_of(t), "person", uuid_new()));
    expect_problem(t, 404, "not-found");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = 'admin.person_viewed'"), 1);
}

static void an_organisations_support_view_is_one_page_and_its_owners_see_that_staff_looked(
    void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme");
    struct org *other = make_org(t, .name = "Other");
    struct person *staff;
    make_member(t, acme, "viewer");
    make_member(t, other, "viewer");
    staff = as_staff(t, "support");
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(t, 200, "org.name", "Acme", "modules.users.members.1.role", "viewer",
        "modules.users.members.2", NULL, "dead_jobs.0", NULL);
    for (size_t i = 0; i < count_of(t, "audit"); i++)
        assert_string_equal(member_of(t, at(t, "audit.%zu.org_id", i)), acme->id_text);
    GET_AT(t, "/v1/admin/orgs/%s", typeid_text(arena_of(t), "org", uuid_new()));
    expect_problem(t, 404, "not-found");
    as_owner_of(t, acme);
    GET_AT(t, "/v1/orgs/%s/audit?action=admin.org_viewed", org_of(t));
    expect(t, 200, "data.0.actor", staff->id_text, "data.1", NULL);
    as_owner_of(t, other);
    GET_AT(t, "/v1/orgs/%s/audit?action=admin.org_viewed", org_of(t));
    expect(t, 200, "data.0", NULL);
}

static void a_suspended_person_is_out_at_once_until_restored(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t), *phone = other_browser_of(t, bob);
    as_person(t, bob);
    GET_AT(t, "/v1/me"); /* remembered from here on */
    expect(t, 200);
    as_staff(t, "support");
    POST_JSON(t, at(t, "/v1/admin/people/%s/suspend", bob->id_text), "{'reason':'spam'}");
    expect(t, 204);
    GET_AT(t, "/v1/admin/people/%s", bob->id_text);
    expect(t, 200, "suspension.reason", "spam", "modules.auth.account.sessions", "0");
    as_person(t, bob);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, phone);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", bob->email, bob->password);
    expect_problem(t, 403, "auth/suspended");
    as_staff(t, "support");
    POST_JSON(t, at(t, "/v1/admin/people/%s/restore", bob->id_text), "{'reason':'a mistake'}");
    expect(t, 204);
    GET_AT(t, "/v1/admin/people/%s", bob->id_text);
    expect(t, 200, "suspension", "null");
    as_person(t, other_browser_of(t, bob));
    GET_AT(t, "/v1/me");
    expect(t, 200);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.audit WHERE action LIKE "
                   "'admin.person_%%ed' AND after->>'reason' IN ('spam', 'a mistake')"),
        2);
}

static void sessions_can_be_ended_without_suspending(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t);
    as_staff(t, "support");
    POST_AT(t, "/v1/admin/people/%s/sign-out", bob->id_text);
    expect(t, 204);
    as_person(t, bob);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, other_browser_of(t, bob));
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

static void staff_are_not_suspended_and_nobody_changes_their_own_role(void **state)
{
    struct t *t = *state;
    struct person *boss = make_staff(t, "superadmin"), *helper = make_staff(t, "support");
    as_person(t, boss);
    POST_JSON(t, at(t, "/v1/admin/people/%s/suspend", helper->id_text), "{'reason':'x'}");
    expect_problem(t, 409, "admin/is-staff");
    POST_AT(t, "/v1/admin/people/%s/sign-out", helper->id_text);
    expect_problem(t, 409, "admin/is-staff");
    PUT_JSON(t, at(t, "/v1/admin/staff/%s", boss->id_text), "{'role':'support'}");
    expect_problem(t, 403, "admin/own-account");
    DELETE_AT(t, "/v1/admin/staff/%s", boss->id_text);
    expect_problem(t, 403, "admin/own-account");
    PUT_JSON(t, at(t, "/v1/admin/staff/%s", helper->id_text), "{'role':'operator'}");
    expect(t, 200, "role", "operator", "made_by", boss->id_text);
    GET_AT(t, "/v1/admin/staff");
    expect(t, 200, "data.1.role", "operator");
    as_person(t, helper);
    GET_AT(t, "/v1/admin/me");
    expect(t, 200, "role", "operator");
    PUT_JSON(t, at(t, "/v1/admin/staff/%s", helper->id_text), "{'role':'superadmin'}");
    expect_problem(t, 403, "forbidden");
    as_person(t, boss);
    DELETE_AT(t, "/v1/admin/staff/%s", helper->id_text);
    expect(t, 204);
    DELETE_AT(t, "/v1/admin/staff/%s", helper->id_text);
    expect_problem(t, 404, "not-found");
    as_person(t, helper);
    GET_AT(t, "/v1/admin/me");
    expect_problem(t, 404, "not-found");
}

struct duel {
    struct person *boss[2];
    _Atomic int won, lost;
};

static void depose_the_other(struct t *one, int i, void *arg)
{
    struct duel *d = arg;

    as_person(one, d->boss[i]);
    DELETE_AT(one, "/v1/admin/staff/%s", d->boss[1 - i]->id_text);
    if (status_of(one) == 204)
        d->won++;
    else
        d->lost++;
}

static void two_superadmins_cannot_depose_each_other(void **state)
{
    struct t *t = *state;
    struct duel d = { .boss = { make_staff(t, "superadmin"), make_staff(t, "superadmin") } };

    for (int round = 0; round < 20; round++) {
        d.won = d.lost = 0;
        run_parallel(t, 2, depose_the_other, &d);
        assert_int_equal(d.won, 1);
        assert_int_equal(d.lost, 1);
        assert_int_equal(sql_int(t, "SELECT count(*) FROM admin.staff"), 1);
        sql_run(t, "INSERT INTO admin.staff (person_id, role) SELECT id, 'superadmin' FROM "
                   "users.person ON CONFLICT DO NOTHING");
    }
}

static void half_an_hour_without_use_or_twelve_hours_end_staff_work(void **state)
{
    struct t *t = *state;
    as_staff(t, "support");
    for (int i = 0; i < 4; i++) {
        GET_AT(t, "/v1/admin/me");
        expect(t, 200);
        advance(t, MINUTES(25));
    }
    advance(t, MINUTES(10));
    GET_AT(t, "/v1/admin/me");
    expect_problem(t, 403, "staff-session-ended");
    GET_AT(t, "/v1/me"); /* being used for something else opens it again as little … */
    expect(t, 200);
    GET_AT(t, "/v1/admin/me"); /* … as asking twice */
    expect_problem(t, 403, "staff-session-ended");
    as_staff(t, "support");
    for (int i = 0; i < 30; i++) {
        GET_AT(t, "/v1/admin/me");
        expect(t, 200);
        advance(t, MINUTES(24));
    }
    GET_AT(t, "/v1/admin/me");
    expect_problem(t, 403, "staff-session-ended");
}

static void what_changes_people_wants_reauthentication(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t);
    as_staff(t, "support");
    advance(t, MINUTES(16));
    POST_JSON(t, at(t, "/v1/admin/people/%s/suspend", bob->id_text), "{'reason':'x'}");
    expect_problem(t, 403, "sudo-required");
    as_person(t, bob);
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

static void the_audit_trail_is_read_across_organisations_by_filter(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), *other = make_org(t);
    as_staff(t, "operator");
    GET_AT(t, "/v1/admin/audit?action=users.org_created");
    expect(t, 200, "data.0.org_id", other->id_text, "data.1.org_id", acme->id_text, "data.2", NULL);
    GET_AT(t, "/v1/admin/audit?actor=%s&action=users.org_created", acme->owner->id_text);
    expect(t, 200, "data.0.org_id", acme->id_text, "data.1", NULL);
    GET_AT(t, "/v1/admin/audit?org_id=%s&action=users.org_created", acme->id_text);
    expect(t, 200, "data.0.org_id", acme->id_text, "data.1", NULL);
    GET_AT(t, "/v1/admin/audit?action=admin.audit_read");
    expect(t, 200, "data.2.after.action", "users.org_created", "data.3", NULL);
}

/* `role` NULL: not typed. */
static err create_staff(struct t *t, const char *email, const char *role)
{
    char *words[] = { arena_strdup(arena_of(t), "create"), arena_strdup(arena_of(t), email),
        arena_strdup(arena_of(t), role), NULL };

    return admin__create_command(make_ctx(t, NULL, NULL), role ? 3 : 2, words);
}

static void the_command_makes_staff_of_who_has_signed_up(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "ann@example.org");

    expect_error(create_staff(t, "bob@example.org", NULL), &ERR_NOT_FOUND);
    expect_error(create_staff(t, "ann", NULL), &COMMAND_USAGE);
    expect_error(create_staff(t, "ann@example.org", "king"), &ERR_INVALID);
    expect_ok(create_staff(t, "Ann@example.org", "operator"));
    as_person(t, ann);
    GET_AT(t, "/v1/admin/me"); /* and without a second factor that is worth nothing */
    expect_problem(t, 403, "second-factor-required");
    sql_run(t, "UPDATE auth.session SET factors = 'password totp'");
    GET_AT(t, "/v1/admin/me");
    expect(t, 200, "role", "operator", "made_by", "null");
}

int main(void)
{
    return run_db_tests(people_are_found_by_id_and_part_of_an_address_or_a_name,
        accents_and_plus_signs_are_found_however_they_are_written,
        organisations_are_found_across_tenants, a_whole_address_is_found_by_index,
        a_persons_support_view_is_one_page,
        an_organisations_support_view_is_one_page_and_its_owners_see_that_staff_looked,
        a_suspended_person_is_out_at_once_until_restored, sessions_can_be_ended_without_suspending,
        staff_are_not_suspended_and_nobody_changes_their_own_role,
        two_superadmins_cannot_depose_each_other,
        half_an_hour_without_use_or_twelve_hours_end_staff_work,
        what_changes_people_wants_reauthentication,
        the_audit_trail_is_read_across_organisations_by_filter,
        the_command_makes_staff_of_who_has_signed_up);
}
