/* Invitations: who may send one, and that it works once, for one address, for seven days. */
#include "testkit.h"

static const char *invitations(struct t *t)
{
    return at(t, "/v1/orgs/%s/invitations", org_of(t));
}

/* The mailed token of a new invitation of the current organisation. */
static const char *invite(struct t *t, const char *email, const char *role)
{
    POST_JSON(t, invitations(t), "{'email':'%s','role':'%s'}", email, role);
    expect(t, 201, "email", email, "role", role);
    return mail_to(t, email)->token;
}

static void accept(struct t *t, const char *token)
{
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", token);
}

static void the_invited_person_joins_once(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t);
    const char *token;
    as_owner_of(t, make_org(t, .name = "Acme"));
    token = invite(t, bob->email, "member");
    expect_event(t, "users.invited");

    as_person(t, bob);
    accept(t, token);
    expect(t, 200, "id", org_of(t), "name", "Acme", "role", "member");
    expect_event(t, "users.member_added");

    accept(t, token);
    expect_problem(t, 404, "users/invitation-invalid", .field = "token");
}

static void nobody_is_named_like_an_address(void **state)
{
    static const char *const bad[] = { "You won 500 EUR! Claim at https://evil.example/claim now",
        "www.evil.example", "evil.example", "\uff45vil\uff0e\uff43om", "\u3164\u2800" };
    struct t *t = *state;
    as_person(t, make_person(t));
    for (size_t i = 0; i < COUNT(bad); i++) {
        POST_JSON(t, "/v1/orgs", "{'name':'%s'}", bad[i]);
        expect_problem(t, 422, "invalid-fields", .field = "name");
        PATCH_JSON(t, "/v1/me", "{'name':'%s'}", bad[i]);
        expect_problem(t, 422, "invalid-fields", .field = "name");
    }
    PATCH_JSON(t, "/v1/me", "{'name':' \u00a0Ann Lee\u3000 '}");
    expect(t, 200, "name", "Ann Lee");
    PATCH_JSON(t, "/v1/me", "{'name':'Node. js Ltd'}");
    expect(t, 200, "name", "Node. js Ltd");
}

static void an_invitation_is_for_its_address_only(void **state)
{
    struct t *t = *state;
    const char *token;
    as_owner_of(t, make_org(t));
    token = invite(t, "bob@example.org", "member");

    as_person(t, make_person(t, .email = "eve@example.org"));
    accept(t, token);

    expect_problem(t, 403, "users/invitation-for-other");
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect_problem(t, 404, "not-found");
}

static void the_same_address_twice_is_a_conflict_on_that_field(void **state)
{
    struct t *t = *state;
    as_owner_of(t, make_org(t));

    POST_JSON(t, invitations(t), "{'email':'Ann@Example.org','role':'member'}");
    expect(t, 201, "email", "ann@example.org");
    POST_JSON(t, invitations(t), "{'email':'ANN@example.org','role':'viewer'}");

    expect_problem(t, 409, "users/already-invited", .field = "email");
}

static void a_member_cannot_be_invited_again(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "viewer");
    as_owner_of(t, org);

    POST_JSON(t, invitations(t), "{'email':'%s','role':'admin'}", bob->email);

    expect_problem(t, 409, "users/already-member", .field = "email");
}

static void an_invitation_sent_before_somebody_joined_otherwise_is_no_second_membership(
    void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *token;
    as_owner_of(t, org);
    token = invite(t, bob->email, "admin");
    sql_run(t,
        "INSERT INTO users.membership (org_id, person_id, role) "
        "SELECT o.id, p.id, 'viewer' FROM users.org o, users.person p WHERE p.email = '%s'",
        bob->email);

    as_person(t, bob);
    accept(t, token);

    expect_problem(t, 409, "users/already-member");
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200, "role", "viewer");
}

static void an_invitation_expires_after_seven_days_and_can_be_sent_anew(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *old;
    as_owner_of(t, org);
    old = invite(t, bob->email, "member");
    advance(t, DAYS(7) - MINUTES(1));
    GET_AT(t, "%s", invitations(t));
    expect(t, 200, "data.0.email", bob->email);

    advance(t, MINUTES(2));

    GET_AT(t, "%s", invitations(t));
    assert_int_equal(count_of(t, "data"), 0);
    as_person(t, bob);
    accept(t, old);
    expect_problem(t, 404, "users/invitation-invalid");
    as_owner_of(t, org);
    old = invite(t, bob->email, "viewer");
    as_person(t, bob);
    accept(t, old);
    expect(t, 200, "role", "viewer");
}

static void expired_invitations_are_swept_away(void **state)
{
    struct t *t = *state;
    as_owner_of(t, make_org(t));
    invite(t, "ann@example.org", "member");

    advance(t, DAYS(7) + HOURS(1));
    drain_jobs(t);

    assert_int_equal(sql_int(t, "SELECT count(*) FROM users.invitation"), 0);
}

static void a_withdrawn_invitation_does_not_work(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *token;
    as_owner_of(t, org);
    token = invite(t, bob->email, "member");
    GET_AT(t, "%s", invitations(t));

    DELETE_AT(t, "%s/%s", invitations(t), member_of(t, "data.0.id"));
    expect(t, 204);

    as_person(t, bob);
    accept(t, token);
    expect_problem(t, 404, "users/invitation-invalid");
}

static void another_organisation_cannot_withdraw(void **state)
{
    struct t *t = *state;
    const char *id;
    as_owner_of(t, make_org(t));
    POST_JSON(t, invitations(t), "{'email':'ann@example.org','role':'member'}");
    id = id_of(t);

    as_owner_of(t, make_org(t));
    DELETE_AT(t, "%s/%s", invitations(t), id);

    expect_problem(t, 404, "not-found"); /* not 403: its existence is none of their business */
}

static void nobody_grants_more_than_their_own_role(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    as_admin_of(t, org);
    POST_JSON(t, invitations(t), "{'email':'ann@example.org','role':'owner'}");
    expect_problem(t, 403, "users/role-not-allowed", .field = "role");
    POST_JSON(t, invitations(t), "{'email':'ann@example.org','role':'admin'}");
    expect(t, 201);

    as_member_of(t, org);
    POST_JSON(t, invitations(t), "{'email':'bob@example.org','role':'viewer'}");
    expect_problem(t, 403, "forbidden");
}

static void an_organisation_has_a_hundred_open_invitations_at_most(void **state)
{
    struct t *t = *state;
    as_owner_of(t, make_org(t));
    sql_run(t, "INSERT INTO users.invitation (org_id, id, email, role, token_hash, expires_at) "
               "SELECT o.id, gen_random_uuid(), 'p' || n || '@example.org', 'viewer', "
               "decode(lpad(to_hex(n), 64, '0'), 'hex'), platform.now() + interval '1 hour' "
               "FROM users.org o, generate_series(1, 100) AS n");

    POST_JSON(t, invitations(t), "{'email':'ann@example.org','role':'member'}");
    expect_problem(t, 409, "users/too-many-invitations");

    advance(t, HOURS(1));
    POST_JSON(t, invitations(t), "{'email':'ann@example.org','role':'member'}");
    expect(t, 201);
}

static void a_token_lies_in_no_table_in_clear(void **state)
{
    struct t *t = *state;
    const char *token;
    as_owner_of(t, make_org(t));
    token = invite(t, "bob@example.org", "member");

    assert_true(tables_with(t, "bob@example.org") > 0);
    assert_int_equal(tables_with(t, token), 0);
}

struct race {
    const char *token;
    _Atomic int joined, refused;
};

static void accept_at_once(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    (void)i;
    accept(one, r->token);
    if (status_of(one) == 200)
        r->joined++;
    else
        r->refused++;
}

static void two_acceptances_at_once_make_one_member(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    for (int round = 0; round < 5; round++) {
        struct person *bob = make_person(t);
        struct race race = { .joined = 0 };
        as_owner_of(t, org);
        race.token = invite(t, bob->email, "member");
        as_person(t, bob);

        run_parallel(t, 8, accept_at_once, &race);

        assert_int_equal(race.joined, 1);
        assert_int_equal(race.refused, 7);
        assert_int_equal(sql_int(t,
                             "SELECT count(*) FROM users.membership m JOIN users.person p "
                             "ON p.id = m.person_id WHERE p.email = '%s'",
                             bob->email),
            1);
    }
}

int main(void)
{
    return run_db_tests(the_invited_person_joins_once, nobody_is_named_like_an_address,
        an_invitation_is_for_its_address_only, the_same_address_twice_is_a_conflict_on_that_field,
        a_member_cannot_be_invited_again,
        an_invitation_sent_before_somebody_joined_otherwise_is_no_second_membership,
        an_invitation_expires_after_seven_days_and_can_be_sent_anew,
        expired_invitations_are_swept_away, a_withdrawn_invitation_does_not_work,
        another_organisation_cannot_withdraw, nobody_grants_more_than_their_own_role,
        an_organisation_has_a_hundred_open_invitations_at_most, a_token_lies_in_no_table_in_clear,
        two_acceptances_at_once_make_one_member);
}
