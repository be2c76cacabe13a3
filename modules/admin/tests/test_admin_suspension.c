/* What staff do against abuse, and for who is locked out: organisations, keys, sessions, factors.
 */
#include "testkit.h"
#include "admin_internal.h"

static const char *act(struct t *t, const struct org *org, const char *what)
{
    return at(t, "/v1/admin/orgs/%s/%s", org->id_text, what);
}

static void delete_for(struct t *t, const char *path, const char *reason)
{
    const char *body = at(t, "{\"reason\":\"%s\"}", reason);

    SEND(t, "DELETE", path, "application/json", body, strlen(body));
}

static int64_t noted(struct t *t, const char *action, const char *reason)
{
    return sql_int(t,
        "SELECT count(*) FROM platform.audit WHERE action = '%s' AND after->>'reason' = '%s'",
        action, reason);
}

static void an_organisation_is_suspended_and_restored_and_its_owners_are_mailed(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme");
    struct person *second = make_member(t, acme, "owner"), *ann = make_member(t, acme, "admin");
    struct person *staff;
    int before;

    drain_jobs(t);
    before = mails_to(t, ann->email);
    staff = as_staff(t, "support");
    POST_JSON(t, act(t, acme, "suspend"), "{'reason':'phishing pages'}");
    expect(t, 204);
    assert_string_equal(mail_to(t, acme->owner->email)->subject, "Acme is suspended");
    assert_non_null(strstr(mail_to(t, second->email)->text, "phishing pages"));
    assert_int_equal(mails_to(t, ann->email), before);
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(t, 200, "org.suspended_reason", "phishing pages", "org.suspended_by", staff->id_text);
    GET_AT(t, "/v1/admin/orgs?q=acme");
    expect(t, 200, "data.0.suspended_reason", "phishing pages");
    GET_AT(t, "/v1/admin/people/%s", ann->id_text);
    expect(t, 200, "modules.users.orgs.0.suspended_reason", "phishing pages");
    as_owner_of(t, acme);
    GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
    expect_problem(t, 403, "users/org-suspended");
    GET_AT(t, "/v1/orgs/%s/audit?action=admin.org_suspended", org_of(t));
    expect(t, 200, "data.0.actor", staff->id_text, "data.0.after.reason", "phishing pages");
    GET_AT(t, "/v1/me/inbox");
    expect(t, 200, "data.0.kind", "users.org_suspended", "data.0.data.reason", "phishing pages");
    as_person(t, staff);
    POST_JSON(t, act(t, acme, "restore"), "{'reason':'cleaned up'}");
    expect(t, 204);
    assert_string_equal(mail_to(t, second->email)->subject, "Acme is no longer suspended");
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(t, 200, "org.suspended_at", "null", "org.suspended_by", "null");
    assert_int_equal(noted(t, "admin.org_restored", "cleaned up"), 1);
    as_owner_of(t, acme);
    GET_AT(t, "/v1/orgs/%s/invitations", org_of(t));
    expect(t, 200);
}

static void it_wants_a_reason_reauthentication_and_an_organisation(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), none = { .id_text = NULL };
    char *long_reason = arena_alloc(arena_of(t), 502);

    memset(long_reason, 'x', 501);
    none.id_text = typeid_text(arena_of(t), "org", uuid_new());
    as_staff(t, "support");
    for (int restore = 0; restore < 2; restore++) {
        const char *what = restore ? "restore" : "suspend";
        POST_JSON(t, act(t, acme, what), "{}");
        expect_problem(t, 422, "invalid-fields", .field = "reason");
        POST_JSON(t, act(t, acme, what), "{'reason':'%s'}", long_reason);
        expect_problem(t, 422, "invalid-fields", .field = "reason");
        POST_JSON(t, act(t, acme, what), "{'reason':''}");
        expect_problem(t, 422, "invalid-fields", .field = "reason");
        POST_JSON(t, act(t, &none, what), "{'reason':'x'}");
        expect_problem(t, 404, "not-found");
    }
    advance(t, MINUTES(16));
    POST_JSON(t, act(t, acme, "suspend"), "{'reason':'x'}");
    expect_problem(t, 403, "sudo-required");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM users.org WHERE suspended_at IS NOT NULL"), 0);
}

static void staff_go_on_in_a_suspended_organisation(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t);

    as_staff(t, "operator");
    POST_JSON(t, act(t, acme, "suspend"), "{'reason':'x'}");
    expect(t, 204);
    GET_AT(t, "/v1/admin/orgs/%s", acme->id_text);
    expect(t, 200);
    GET_AT(t, "/v1/admin/audit?org_id=%s", acme->id_text);
    expect(t, 200);
    GET_AT(t, "/v1/admin/jobs?org_id=%s", acme->id_text);
    expect(t, 200);
}

static void a_key_is_revoked_by_staff(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), *other = make_org(t);
    const char *key, *id;

    as_owner_of(t, acme);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)), "{'name':'K','scopes':['users.read']}");
    expect(t, 201);
    key = member_of(t, "token");
    id = member_of(t, "api_key.id");
    as_nobody(t);
    with_header(t, "Authorization", at(t, "Bearer %s", key));
    GET_AT(t, "/v1/orgs/%s", acme->id_text);
    expect(t, 200);
    as_staff(t, "support");
    delete_for(t, at(t, "/v1/admin/orgs/%s/api-keys/%s", other->id_text, id), "leaked");
    expect_problem(t, 404, "not-found");
    DELETE_AT(t, "/v1/admin/orgs/%s/api-keys/%s", acme->id_text, id);
    expect_problem(t, 422, "invalid-fields", .field = "reason");
    delete_for(t, at(t, "/v1/admin/orgs/%s/api-keys/%s", acme->id_text, id), "leaked");
    expect(t, 204);
    delete_for(t, at(t, "/v1/admin/orgs/%s/api-keys/%s", acme->id_text, id), "leaked");
    expect_problem(t, 404, "not-found");
    assert_int_equal(noted(t, "admin.key_revoked", "leaked"), 1);
    as_nobody(t);
    with_header(t, "Authorization", at(t, "Bearer %s", key));
    GET_AT(t, "/v1/orgs/%s", acme->id_text);
    expect_problem(t, 401, "unauthenticated");
    as_owner_of(t, acme);
    GET_AT(t, "/v1/orgs/%s/audit?action=admin.key_revoked", org_of(t));
    expect(t, 200, "data.0.after.reason", "leaked", "data.1", NULL);
}

static void one_session_is_ended_by_staff(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t), *phone = other_browser_of(t, bob);
    struct person *helper = make_staff(t, "support");
    const char *session;

    as_person(t, phone);
    GET_AT(t, "/v1/auth/sessions/current");
    session = member_of(t, "session.id");
    as_staff(t, "support");
    DELETE_AT(t, "/v1/admin/people/%s/sessions/%s", helper->id_text, session);
    expect_problem(t, 409, "admin/is-staff");
    DELETE_AT(t, "/v1/admin/people/%s/sessions/%s", make_person(t)->id_text, session);
    expect_problem(t, 404, "not-found");
    delete_for(t, at(t, "/v1/admin/people/%s/sessions/%s", bob->id_text, session), "stolen");
    expect(t, 204);
    assert_int_equal(noted(t, "admin.session_revoked", "stolen"), 1);
    DELETE_AT(t, "/v1/admin/people/%s/sessions/%s", bob->id_text, session);
    expect_problem(t, 404, "not-found");
    as_person(t, phone);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, bob);
    GET_AT(t, "/v1/me");
    expect(t, 200);
}

/* As somebody who lost the app and the codes. */
static void add_factor(struct t *t, const struct person *p)
{
    sql_run(t,
        "INSERT INTO auth.totp (person_id, secret, confirmed_at) SELECT person_id, '\\x00', "
        "platform.now() FROM auth.credential WHERE email = '%s'",
        p->email);
    sql_run(t,
        "INSERT INTO auth.recovery_code (person_id, code_hash) SELECT person_id, "
        "decode(repeat('00', 32), 'hex') FROM auth.credential WHERE email = '%s'",
        p->email);
}

static const char *factor(struct t *t, const struct person *p)
{
    return at(t, "/v1/admin/people/%s/second-factor", p->id_text);
}

static void a_lost_second_factor_is_removed_by_staff(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t);

    as_staff(t, "support");
    delete_for(t, factor(t, bob), "lost phone");
    expect_problem(t, 409, "auth/no-factor");
    add_factor(t, bob);
    sql_run(t, "UPDATE auth.totp SET confirmed_at = NULL WHERE secret = '\\x00'"); /* never one */
    delete_for(t, factor(t, bob), "lost phone");
    expect_problem(t, 409, "auth/no-factor");
    sql_run(t, "UPDATE auth.totp SET confirmed_at = platform.now() WHERE secret = '\\x00'");
    DELETE_AT(t, "%s", factor(t, bob));
    expect_problem(t, 422, "invalid-fields", .field = "reason");
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s','transport':'bearer'}",
        bob->email, bob->password);
    expect(t, 201, "status", "second_factor_required"); /* under way: it begins anew */
    as_staff(t, "support");
    delete_for(t, factor(t, bob), "lost phone");
    expect(t, 204);
    expect_event(t, "auth.second_factor_removed_by_staff");
    assert_int_equal(noted(t, "admin.second_factor_removed", "lost phone"), 1);
    assert_int_equal(sql_int(t, "SELECT (SELECT count(*) FROM auth.challenge) + (SELECT count(*) "
                                "FROM auth.recovery_code)"),
        0);
    assert_string_equal(
        mail_to(t, bob->email)->subject, "Your second factor was removed by our staff");
    assert_null(strstr(mail_to(t, bob->email)->text, "127.0.0"));
    as_person(t, bob);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_person(t, other_browser_of(t, bob));
    GET_AT(t, "/v1/auth/factors");
    assert_int_equal(sql_int(t,
                         "SELECT count(*) FROM auth.totp JOIN users.person p ON p.id = person_id "
                         "WHERE p.email = '%s'",
                         bob->email),
        0);
    as_staff(t, "support");
    advance(t, MINUTES(16));
    delete_for(t, factor(t, bob), "x");
    expect_problem(t, 403, "sudo-required");
}

static void of_staff_only_a_superadmin_removes_it_and_nobody_their_own(void **state)
{
    struct t *t = *state;
    struct person *boss = make_staff(t, "superadmin"), *helper = make_staff(t, "support");
    struct person *operator= make_staff(t, "operator");

    add_factor(t, boss);
    add_factor(t, helper);
    as_person(t, operator);
    delete_for(t, factor(t, helper), "x");
    expect_problem(t, 403, "forbidden");
    delete_for(t, factor(t, operator), "x");
    expect_problem(t, 403, "admin/own-account");
    as_person(t, boss);
    delete_for(t, factor(t, boss), "x");
    expect_problem(t, 403, "admin/own-account");
    delete_for(t, factor(t, helper), "new phone");
    expect(t, 204);
    as_person(t, helper);
    GET_AT(t, "/v1/admin/me");
    expect_problem(t, 401, "unauthenticated");
}

int main(void)
{
    return run_db_tests(an_organisation_is_suspended_and_restored_and_its_owners_are_mailed,
        it_wants_a_reason_reauthentication_and_an_organisation,
        staff_go_on_in_a_suspended_organisation, a_key_is_revoked_by_staff,
        one_session_is_ended_by_staff, a_lost_second_factor_is_removed_by_staff,
        of_staff_only_a_superadmin_removes_it_and_nobody_their_own);
}
