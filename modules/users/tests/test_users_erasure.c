/* Erasing oneself: what goes, what stays, and when it is refused. */
#include "testkit.h"

enum { ROUNDS = 200, MANY = 300 };

static void organisations_nobody_else_belongs_to_go_with_the_person(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct org *shared = make_org(t, .name = "Shared");
    make_org(t, .owner = ann);
    make_org(t, .owner = ann);
    sql_run(t,
        "INSERT INTO users.membership (org_id, person_id, role) "
        "SELECT o.id, p.id, 'member' FROM users.org o, users.person p "
        "WHERE o.name = '%s' AND p.email = '%s'",
        shared->name, ann->email);
    as_person(t, ann);

    DELETE_AT(t, "/v1/me");

    expect(t, 204);
    expect_event(t, "users.person_erased");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.org"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership"), 1);
    as_owner_of(t, shared);
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 200, "data.0.email", shared->owner->email);
    assert_int_equal(count_of(t, "data"), 1);
}

static void the_last_owner_of_others_stays(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    make_member(t, org, "admin");
    as_owner_of(t, org);

    DELETE_AT(t, "/v1/me");

    expect_problem(t, 409, "users/last-owner");
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200, "role", "owner");
}

static void nothing_says_who_the_person_was(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "ann@example.org");
    as_person(t, ann);
    GET_AT(t, "/v1/me");
    expect(t, 200);

    DELETE_AT(t, "/v1/me");

    expect(t, 204);
    assert_non_null(header_of(t, "Clear-Site-Data"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.person"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.credential"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.session"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM auth.signup"), 0);
    drain_jobs(t);
    assert_int_equal(tables_with(t, "ann@example.org"), 0);
}

static void the_session_is_dead_and_the_address_free_again(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t, .email = "ann@example.org");
    struct person *elsewhere = other_browser_of(t, ann);
    as_person(t, ann);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);

    as_person(t, elsewhere);
    GET_AT(t, "/v1/me");
    expect_problem(t, 401, "unauthenticated");
    as_nobody(t);
    POST_JSON(t, "/v1/auth/sessions", "{'email':'%s','password':'%s'}", ann->email, ann->password);
    expect_problem(t, 401, "auth/wrong-credentials");
    as_person(t, make_person(t, .email = "ann@example.org", .name = "Another Ann"));
    GET_AT(t, "/v1/me");
    expect(t, 200, "name", "Another Ann");
}

/* --- What the organisations hear --- */

static int64_t removals(struct t *t, const struct org *org, const struct person *person)
{
    return sql_int(t,
        "SELECT count(*) FROM platform.event e, users.org o WHERE o.name = '%s' AND "
        "e.org_id = o.id AND e.name = 'users.member_removed' AND e.payload ->> 'person_id' = '%s'",
        org->name, person->id_text);
}

static void each_organisation_left_hears_it_and_keeps_a_row(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme"), *other = make_org(t, .name = "Other");
    struct person *ann = make_member(t, acme, "admin");
    struct org *shared = make_org(t, .name = "Shared", .owner = ann);
    struct org *lone = make_org(t, .name = "Lone", .owner = ann);
    make_member(t, shared, "owner");
    as_person(t, ann);

    DELETE_AT(t, "/v1/me");

    expect(t, 204);
    assert_int_equal(removals(t, acme, ann), 1);
    assert_int_equal(removals(t, shared, ann), 1);
    assert_int_equal(removals(t, other, ann), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event WHERE name = "
                                "'users.member_removed'"),
        2);
    as_owner_of(t, acme);
    GET_AT(t, "/v1/orgs/%s/audit?action=users.member_removed", org_of(t));
    expect(t, 200, "data.0.target", ann->id_text, "data.0.actor", ann->id_text, "data.0.network",
        "null", "data.0.before.role", "admin", "data.0.after", "null");
    assert_int_equal(count_of(t, "data"), 1);
    assert_null(strstr(body_of(t), ann->email));
    (void)lone;
    drain_jobs(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE last_error IS NOT NULL"), 0);
}

static void who_stays_as_the_last_owner_has_left_nowhere(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t, .name = "Acme");
    struct person *ann = make_member(t, acme, "admin");
    struct org *owned = make_org(t, .owner = ann);
    make_member(t, owned, "member");
    as_person(t, ann);

    DELETE_AT(t, "/v1/me");

    expect_problem(t, 409, "users/last-owner");
    assert_int_equal(removals(t, acme, ann), 0);
    GET_AT(t, "/v1/orgs/%s", acme->id_text);
    expect(t, 200, "role", "admin");
}

static void hundreds_of_organisations_are_left_in_one_request(void **state)
{
    struct t *t = *state;
    struct person *ann = make_person(t);
    struct org *org = make_org(t);
    sql_run(t,
        "WITH more AS (INSERT INTO users.org (id, name) SELECT gen_random_uuid(), 'Org ' || n "
        "FROM generate_series(1, %d) n RETURNING id) "
        "INSERT INTO users.membership (org_id, person_id, role) "
        "SELECT more.id, p.id, r.role FROM more, (VALUES ('%s', 'viewer'), ('%s', 'owner')) "
        "AS r (email, role) JOIN users.person p ON p.email = r.email",
        MANY, ann->email, org->owner->email);
    as_person(t, ann);

    DELETE_AT(t, "/v1/me");

    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT org_id) FROM platform.event WHERE name = "
                                "'users.member_removed'"),
        MANY);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT org_id) FROM platform.audit WHERE action = "
                                "'users.member_removed'"),
        MANY);
}

struct leaving {
    struct person *owner, *member;
    struct org *org;
    const char *token; /* of an invitation; NULL: none */
    _Atomic int erased, broken;
};

static void note(struct t *one, struct leaving *l)
{
    if (status_of(one) >= 500) {
        print_error("%d %s\n", status_of(one), body_of(one));
        l->broken++;
    }
}

static void erase_while_removed(struct t *one, int i, void *arg)
{
    struct leaving *l = arg;

    as_person(one, i == 0 ? l->member : l->owner);
    if (i == 0)
        DELETE_AT(one, "/v1/me");
    else if (i == 1)
        DELETE_AT(one, "/v1/orgs/%s/members/%s", l->org->id_text, l->member->id_text);
    else
        PATCH_JSON(one, at(one, "/v1/orgs/%s/members/%s", l->org->id_text, l->member->id_text),
            "{'role':'admin'}");
    l->erased += i == 0 && status_of(one) == 204;
    note(one, l);
}

static void a_removal_at_the_same_moment_is_told_once(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct leaving l = { .owner = org->owner, .org = org };

    for (int i = 0; i < ROUNDS; i++) {
        l.member = make_member(t, org, "member");
        run_parallel(t, 3, erase_while_removed, &l);
        assert_int_equal(removals(t, org, l.member), 1);
    }
    assert_int_equal(l.broken, 0);
    assert_int_equal(l.erased, ROUNDS);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = "
                                "'users.member_removed'"),
        ROUNDS);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership"), 1);
}

static const char *invite(struct t *t, struct person *who)
{
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'member'}",
        who->email);
    expect(t, 201);
    return mail_to(t, who->email)->token;
}

static void erase_while_joining(struct t *one, int i, void *arg)
{
    struct leaving *l = arg;

    as_person(one, l->member);
    if (i == 0)
        DELETE_AT(one, "/v1/me");
    else
        POST_JSON(one, "/v1/invitations/accept", "{'token':'%s'}", l->token);
    l->erased += i == 0 && status_of(one) == 204;
    note(one, l);
}

static void who_joined_until_then_has_left_too(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct leaving l = { .owner = org->owner, .org = org };

    for (int i = 0; i < ROUNDS; i++) {
        l.member = make_person(t);
        as_owner_of(t, org);
        l.token = invite(t, l.member);
        run_parallel(t, 2, erase_while_joining, &l);
        assert_int_equal(
            sql_int(t,
                "SELECT count(*) FROM platform.event WHERE name = 'users.member_added' AND "
                "payload ->> 'person_id' = '%s'",
                l.member->id_text),
            removals(t, org, l.member));
        sql_run(t, "DELETE FROM users.invitation; DELETE FROM auth.throttle");
    }
    assert_int_equal(l.broken, 0);
    assert_int_equal(l.erased, ROUNDS);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership"), 1);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_RATE_LIMITS=false", NULL };
    return run_db_tests(organisations_nobody_else_belongs_to_go_with_the_person,
        the_last_owner_of_others_stays, nothing_says_who_the_person_was,
        the_session_is_dead_and_the_address_free_again,
        each_organisation_left_hears_it_and_keeps_a_row,
        who_stays_as_the_last_owner_has_left_nowhere,
        hundreds_of_organisations_are_left_in_one_request,
        a_removal_at_the_same_moment_is_told_once, who_joined_until_then_has_left_too);
}
