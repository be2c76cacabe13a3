/* What a suspended organisation is for its own people: it says so, takes nobody in, keeps nobody
 * in, and goes on as it was. The doors themselves: tests/authz, for every route. */
#include "testkit.h"
#include "users.h"

struct act {
    struct uuid org;
    bool restore;
};

static err act(struct ctx *c, void *arg)
{
    const struct act *a = arg;

    return a->restore ? users_restore_org(c, a->org, "a mistake")
                      : users_suspend_org(c, a->org, "fraud");
}

static void suspend(struct t *t, const struct org *org)
{
    expect_ok(tx_run(make_ctx(t, NULL, NULL), act, &(struct act){ .org = org->id }));
}

static void restore(struct t *t, const struct org *org)
{
    expect_ok(
        tx_run(make_ctx(t, NULL, NULL), act, &(struct act){ .org = org->id, .restore = true }));
}

static const char *member(struct t *t, const struct person *p)
{
    return at(t, "/v1/orgs/%s/members/%s", org_of(t), p->id_text);
}

static void it_says_since_when_and_why_and_a_kept_copy_is_outdated(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *etag;

    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200, "suspended_at", "null", "suspended_reason", "null");
    etag = header_of(t, "ETag");
    suspend(t, org);
    expect_event(t, "users.org_suspended");
    with_header(t, "If-None-Match", etag);
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200, "suspended_reason", "fraud");
    assert_non_null(member_of(t, "suspended_at"));
    GET_AT(t, "/v1/me/orgs");
    expect(t, 200, "data.0.suspended_reason", "fraud");
    GET_AT(t, "/v1/me?include=orgs,permissions,entitlements,flags");
    expect(t, 200, "orgs.0.suspended_reason", "fraud");
    GET_AT(t, "/v1/orgs/%s/audit?action=users.org_suspended", org_of(t));
    expect(t, 200, "data.0.after.suspended_reason", "fraud", "data.1", NULL);
    restore(t, org);
    expect_event(t, "users.org_restored");
    GET_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 200, "suspended_at", "null", "suspended_reason", "null");
}

static void it_is_in_force_at_once_and_until_it_is_restored(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t), *other = make_org(t, .owner = org->owner);

    as_owner_of(t, org);
    PATCH_JSON(t, at(t, "/v1/orgs/%s", org_of(t)), "{'name':'Before'}"); /* remembered from here */
    expect(t, 200);
    suspend(t, org);
    PATCH_JSON(t, at(t, "/v1/orgs/%s", org_of(t)), "{'name':'Meanwhile'}");
    expect_problem(t, 403, "users/org-suspended");
    PATCH_JSON(t, at(t, "/v1/orgs/%s", other->id_text), "{'name':'Elsewhere'}");
    expect(t, 200);
    as_person(t, make_person(t));
    GET_AT(t, "/v1/orgs/%s/invitations", org->id_text);
    expect_problem(t, 404, "not-found"); /* who is no member learns nothing */
    restore(t, org);
    as_owner_of(t, org);
    PATCH_JSON(t, at(t, "/v1/orgs/%s", org_of(t)), "{'name':'After'}");
    expect(t, 200, "name", "After");
}

static void suspending_twice_is_once(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct act nowhere = { .org = uuid_new() };
    const char *since;

    suspend(t, org);
    expect_event(t, "users.org_suspended");
    since = sql_text(t, "SELECT suspended_at FROM users.org WHERE suspended_at IS NOT NULL");
    advance(t, MINUTES(1));
    suspend(t, org);
    expect_no_event(t, "users.org_suspended");
    assert_string_equal(sql_text(t, "SELECT suspended_at FROM users.org WHERE id = '%s'::uuid",
                            sql_text(t, "SELECT id FROM users.org WHERE suspended_at IS NOT NULL")),
        since);
    restore(t, org);
    expect_event(t, "users.org_restored");
    restore(t, org);
    expect_no_event(t, "users.org_restored");
    expect_error(tx_run(make_ctx(t, NULL, NULL), act, &nowhere), &ERR_NOT_FOUND);
    nowhere.restore = true;
    expect_error(tx_run(make_ctx(t, NULL, NULL), act, &nowhere), &ERR_NOT_FOUND);
}

static void everybody_may_leave_and_nobody_is_put_out(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "member"), *ann = make_member(t, org, "admin");

    suspend(t, org);
    as_owner_of(t, org);
    DELETE_AT(t, "%s", member(t, bob));
    expect_problem(t, 403, "users/org-suspended");
    PATCH_JSON(t, member(t, bob), "{'role':'viewer'}");
    expect_problem(t, 403, "users/org-suspended");
    as_person(t, ann);
    PATCH_JSON(t, member(t, bob), "{'role':'owner'}");
    expect_problem(t, 403, "users/role-not-allowed");
    as_person(t, bob);
    DELETE_AT(t, "%s", member(t, bob));
    expect(t, 200);
}

/* A key that leaked reads on meanwhile, so its owners need not wait to take it away. */
static void keys_can_be_taken_away(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *keys, *key, *id;

    as_owner_of(t, org);
    keys = at(t, "/v1/orgs/%s/api-keys", org_of(t));
    POST_JSON(t, keys, "{'name':'ci','scopes':['users.read']}");
    key = member_of(t, "token");
    expect(t, 201);
    suspend(t, org);
    POST_JSON(t, keys, "{'name':'more','scopes':['users.read']}");
    expect_problem(t, 403, "users/org-suspended");
    GET_AT(t, "%s", keys);
    expect(t, 200, "data.0.name", "ci");
    id = member_of(t, "data.0.id");
    DELETE_AT(t, "%s/%s", keys, id);
    expect(t, 204);
    as_nobody(t);
    with_header(t, "Authorization", at(t, "Bearer %s", key));
    GET_AT(t, "/v1/orgs/%s/members", org_of(t));
    expect(t, 401);
}

/* The last owner makes another one and goes, or goes with everything that is theirs. */
static void the_last_owner_is_not_trapped(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t), *alone = make_org(t);
    struct person *bob = make_member(t, org, "member");

    suspend(t, org);
    suspend(t, alone);
    as_owner_of(t, org);
    DELETE_AT(t, "%s", member(t, org->owner));
    expect_problem(t, 409, "users/last-owner");
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect_problem(t, 403, "users/org-suspended");
    PATCH_JSON(t, member(t, bob), "{'role':'owner'}");
    expect(t, 200, "role", "owner");
    DELETE_AT(t, "%s", member(t, org->owner));
    expect(t, 200);
    as_person(t, bob);
    GET_AT(t, "/v1/orgs/%s", org->id_text);
    expect(t, 200, "role", "owner", "suspended_reason", "fraud");
    as_owner_of(t, alone);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
}

static void accept(struct t *t, const char *token)
{
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", token);
}

static void an_invitation_waits_unused(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *token;

    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'member'}",
        bob->email);
    token = mail_to(t, bob->email)->token;
    suspend(t, org);
    as_person(t, bob);
    accept(t, token);
    expect_problem(t, 403, "users/org-suspended");
    restore(t, org);
    accept(t, token);
    expect(t, 200, "id", org->id_text, "role", "member");
}

/* Suspending waits for a change under way, and what waited for it is refused: what was answered 403
 * did not happen. */
struct race {
    struct org *org;
    _Atomic int invited, refused;
};

static void invite_or_suspend(struct t *one, int i, void *arg)
{
    struct race *r = arg;

    if (i == 0) {
        struct act a = { .org = r->org->id };
        if (tx_run(make_ctx(one, NULL, NULL), act, &a) != NULL)
            r->refused = -100;
        return;
    }
    as_owner_of(one, r->org);
    POST_JSON(one, at(one, "/v1/orgs/%s/invitations", r->org->id_text),
        "{'email':'p%d@example.org','role':'member'}", i);
    if (status_of(one) == 201)
        r->invited++;
    else if (status_of(one) == 403)
        r->refused++;
}

static void what_is_done_meanwhile_is_done_before_or_not_at_all(void **state)
{
    struct t *t = *state;

    for (int round = 0; round < 5; round++) {
        struct race r = { .org = make_org(t) };

        run_parallel(t, 8, invite_or_suspend, &r);
        assert_int_equal(r.invited + r.refused, 7);
        assert_int_equal(
            sql_int(t,
                "SELECT count(*) FROM users.invitation WHERE org_id = "
                "(SELECT id FROM users.org WHERE suspended_at IS NOT NULL ORDER BY id DESC LIMIT "
                "1)"),
            r.invited);
    }
}

int main(void)
{
    return run_db_tests(it_says_since_when_and_why_and_a_kept_copy_is_outdated,
        it_is_in_force_at_once_and_until_it_is_restored, suspending_twice_is_once,
        everybody_may_leave_and_nobody_is_put_out, keys_can_be_taken_away,
        the_last_owner_is_not_trapped, an_invitation_waits_unused,
        what_is_done_meanwhile_is_done_before_or_not_at_all);
}
