/* An invitation is worth what its sender may do when it is accepted. */
#include "testkit.h"

static const char *invitations(struct t *t)
{
    return at(t, "/v1/orgs/%s/invitations", org_of(t));
}

static const char *invite(struct t *t, const char *email, const char *role)
{
    POST_JSON(t, invitations(t), "{'email':'%s','role':'%s'}", email, role);
    expect(t, 201, "email", email, "role", role);
    return mail_to(t, email)->token;
}

static void accept(struct t *t, struct person *p, const char *token)
{
    as_person(t, p);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", token);
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void set_role(struct t *t, const struct person *p, const char *role)
{
    sql_run(t,
        "UPDATE users.membership SET role = '%s' WHERE person_id = "
        "(SELECT id FROM users.person WHERE email = '%s')",
        role, p->email);
}

static void expect_void(struct t *t, struct org *org, struct person *invited, const char *token)
{
    accept(t, invited, token);
    expect_problem(t, 410, "users/invitation-void", .field = "token");
    GET_AT(t, "/v1/orgs/%s", org->id_text);
    expect_problem(t, 404, "not-found");
    as_owner_of(t, org);
    GET_AT(t, "%s", invitations(t));
    expect(t, 200, "data.0.state", "void", "data.0.email", invited->email);
}

/* The request of the report: removed, and back as owner by a private address. */
static void a_removed_owners_invitation_is_void(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *second = make_member(t, org, "owner"), *private = make_person(t);
    const char *token;

    as_owner_of(t, org);
    as_person(t, second);
    token = invite(t, private->email, "owner");
    as_owner_of(t, org);
    GET_AT(t, "%s", invitations(t));
    expect(t, 200, "data.0.state", "open", "data.0.invited_by", second->id_text);
    DELETE_AT(t, "%s", member(t, second));
    expect(t, 200);
    expect_void(t, org, private, token);
}

static void a_demoted_senders_invitation_is_void_until_they_are_back(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t), *carl = make_person(t), *adam = as_admin_of(t, org);
    const char *to_admin = invite(t, bob->email, "admin"), *to_viewer;

    set_role(t, adam, "owner");
    to_viewer = invite(t, carl->email, "viewer");
    set_role(t, adam, "member"); /* holds all a viewer may, but may not invite */
    expect_void(t, org, bob, to_admin);
    accept(t, carl, to_viewer);
    expect_problem(t, 410, "users/invitation-void");
    set_role(t, adam, "admin");
    accept(t, bob, to_admin);
    expect(t, 200, "role", "admin");
    accept(t, carl, to_viewer);
    expect(t, 200, "role", "viewer");
}

static void an_owners_invitation_is_void_once_they_are_admin(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t), *carl = make_person(t);
    struct person *second = make_member(t, org, "owner");
    const char *to_owner, *to_admin;

    as_owner_of(t, org);
    as_person(t, second);
    to_owner = invite(t, bob->email, "owner");
    to_admin = invite(t, carl->email, "admin");
    as_owner_of(t, org);
    PATCH_JSON(t, member(t, second), "{'role':'admin'}");
    expect(t, 200);
    expect_void(t, org, bob, to_owner);
    accept(t, carl, to_admin);
    expect(t, 200, "role", "admin");
}

static void a_suspended_senders_invitation_is_void(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t), *adam = as_admin_of(t, org);
    const char *token = invite(t, bob->email, "admin");

    sql_run(t, "UPDATE auth.credential SET suspended_at = platform.now() WHERE email = '%s'",
        adam->email);
    expect_void(t, org, bob, token);
    sql_run(t, "UPDATE auth.credential SET suspended_at = NULL");
    accept(t, bob, token);
    expect(t, 200, "role", "admin");
}

static void an_erased_senders_invitation_is_void(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *token;

    as_admin_of(t, org);
    token = invite(t, bob->email, "viewer");
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    expect_void(t, org, bob, token);
}

struct key {
    const char *token, *id;
};

static struct key make_key(struct t *t)
{
    struct key key;

    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
        "{'name':'K','scopes':['users.read','users.invite','analytics.read']}");
    if (status_of(t) == 403) /* without analytics */
        POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
            "{'name':'K','scopes':['users.read','users.invite']}");
    expect(t, 201);
    key.token = member_of(t, "token");
    key.id = member_of(t, "api_key.id");
    return key;
}

static const char *invite_by_key(struct t *t, const struct key *key, const char *email)
{
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", at(t, "Bearer %s", key->token));
    return invite(t, email, "viewer");
}

static void a_keys_invitation_goes_with_the_key(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t), *carl = make_person(t);
    const char *first, *second;
    struct key key;

    as_owner_of(t, org);
    key = make_key(t);
    first = invite_by_key(t, &key, bob->email);
    second = invite_by_key(t, &key, carl->email);
    GET_AT(t, "%s", invitations(t));
    expect(t, 200, "data.0.state", "open", "data.0.invited_by", "null", "data.0.invited_by_key",
        key.id);
    accept(t, bob, first);
    expect(t, 200, "role", "viewer");
    as_owner_of(t, org);
    DELETE_AT(t, "/v1/orgs/%s/api-keys/%s", org_of(t), key.id);
    expect(t, 204);
    expect_void(t, org, carl, second);
}

static void a_keys_invitation_goes_with_its_maker(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t), *adam = as_admin_of(t, org);
    struct key key = make_key(t);
    const char *token = invite_by_key(t, &key, bob->email);

    set_role(t, adam, "viewer");
    expect_void(t, org, bob, token);
    set_role(t, adam, "admin");
    as_owner_of(t, org);
    DELETE_AT(t, "%s", member(t, adam));
    expect(t, 200, "orphaned_keys.0.id", key.id);
    expect_void(t, org, bob, token);
    as_owner_of(t, org);
    POST_AT(t, "/v1/orgs/%s/api-keys/%s/adopt", org_of(t), key.id);
    expect(t, 200);
    accept(t, bob, token);
    expect(t, 200, "role", "viewer");
}

static void a_void_invitation_is_sent_again_by_who_may(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t), *adam = as_admin_of(t, org);
    const char *old = invite(t, bob->email, "admin"), *token;

    as_owner_of(t, org);
    POST_JSON(t, invitations(t), "{'email':'%s','role':'admin'}", bob->email);
    expect_problem(t, 409, "users/already-invited");
    DELETE_AT(t, "%s", member(t, adam));
    expect(t, 200);
    token = invite(t, bob->email, "member");
    GET_AT(t, "%s", invitations(t));
    expect(t, 200, "data.0.state", "open", "data.0.role", "member", "data.0.invited_by",
        org->owner->id_text);
    assert_int_equal(count_of(t, "data"), 1);
    accept(t, bob, old);
    expect_problem(t, 404, "users/invitation-invalid");
    accept(t, bob, token);
    expect(t, 200, "role", "member");
}

/* Rows of a release that noted no sender of a key's invitation: nobody stands for them. */
static void an_invitation_nobody_stands_for_is_void(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *token;

    as_owner_of(t, org);
    token = invite(t, bob->email, "viewer");
    sql_run(t, "UPDATE users.invitation SET invited_by = NULL");
    expect_void(t, org, bob, token);
}

struct race {
    struct org *org;
    struct person *sender, *invited;
    const char *sender_path, *token;
    _Atomic int joined, refused;
};

static void remove_and_accept(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    if (i == 0) {
        as_person(one, r->org->owner);
        DELETE_AT(one, "%s", r->sender_path);
        expect(one, 200);
        return;
    }
    accept(one, r->invited, r->token);
    if (status_of(one) == 200)
        r->joined++;
    else if (status_of(one) == 410)
        r->refused++;
}

static void a_removal_and_an_acceptance_at_once_follow_each_other(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct race r = { .org = org };
    enum { ROUNDS = 8 };

    for (int round = 0; round < ROUNDS; round++) {
        r.sender = as_admin_of(t, org);
        r.invited = make_person(t);
        r.sender_path = member(t, r.sender);
        as_person(t, r.sender);
        r.token = invite(t, r.invited->email, "admin");
        run_parallel(t, 2, remove_and_accept, &r);
        as_person(t, r.invited);
    }
    assert_int_equal(r.joined + r.refused, ROUNDS);
}

int main(void)
{
    return run_db_tests(a_removed_owners_invitation_is_void,
        a_demoted_senders_invitation_is_void_until_they_are_back,
        an_owners_invitation_is_void_once_they_are_admin, a_suspended_senders_invitation_is_void,
        an_erased_senders_invitation_is_void, a_keys_invitation_goes_with_the_key,
        a_keys_invitation_goes_with_its_maker, a_void_invitation_is_sent_again_by_who_may,
        an_invitation_nobody_stands_for_is_void,
        a_removal_and_an_acceptance_at_once_follow_each_other);
}
