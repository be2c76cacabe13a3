/* Seats: what the plan allows is never passed, however many accept at once. */
#include "testkit.h"

enum { SEATS_AT_FIRST = 2, ROUNDS = 200 };

static _Atomic int64_t seats_sold = SEATS_AT_FIRST;

static err sell(struct ctx *c, const struct entitlement *e, struct entitlement_grant *out)
{
    (void)c, (void)e;
    *out = (struct entitlement_grant){ .limit = seats_sold, .plan = "small" };
    return NULL;
}

static const struct module seller = {
    .name = "seller",
    .summary = "Sells seats",
    .check_entitlement = sell,
};
extern const struct module users_module, auth_module, notifications_module;
static const struct module *const modules[] = { &users_module, &auth_module, &notifications_module,
    &seller, NULL };

static const char *invite(struct t *t, struct person *who)
{
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'member'}",
        who->email);
    expect(t, 201);
    return mail_to(t, who->email)->token;
}

static void accept(struct t *t, const char *token)
{
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", token);
}

static void the_seat_the_plan_lacks_is_refused_until_it_is_bought(void **state)
{
    struct t *t = *state;
    struct person *bob = make_person(t), *eve = make_person(t);
    const char *for_bob, *for_eve;
    as_owner_of(t, make_org(t));
    for_bob = invite(t, bob);
    for_eve = invite(t, eve); /* open invitations do not count */

    as_person(t, bob);
    accept(t, for_bob);
    expect(t, 200);
    expect_event(t, "users.member_added");
    as_person(t, eve);
    accept(t, for_eve);
    expect_problem(t, 409, "entitlement-exceeded", .detail = "allows 2 of users.seats");
    expect_no_event(t, "users.member_added");
    seats_sold = 3;
    accept(t, for_eve); /* a refusal does not use the invitation up */
    seats_sold = SEATS_AT_FIRST;

    expect(t, 200, "role", "member");
}

static void who_leaves_frees_a_seat(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_member(t, org, "member"), *eve = make_person(t);
    const char *token;
    as_owner_of(t, org);
    token = invite(t, eve);
    as_person(t, bob);
    DELETE_AT(t, "/v1/orgs/%s/members/%s", org->id_text, bob->id_text);
    expect(t, 200);

    as_person(t, eve);
    accept(t, token);

    expect(t, 200);
}

static void a_member_is_told_so_even_when_all_seats_are_taken(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *bob = make_person(t);
    const char *token;
    as_owner_of(t, org);
    token = invite(t, bob);
    sql_run(t,
        "INSERT INTO users.membership (org_id, person_id, role) "
        "SELECT o.id, p.id, 'viewer' FROM users.org o, users.person p WHERE p.email = '%s'",
        bob->email);
    make_person(t);

    as_person(t, bob);
    accept(t, token);

    expect_problem(t, 409, "users/already-member");
}

struct rivals {
    struct person *people[2];
    const char *tokens[2];
    _Atomic int in, out;
};

static void accept_at_once(struct t *one, int i, void *arg)
{
    struct rivals *r = arg;

    as_person(one, r->people[i]);
    accept(one, r->tokens[i]);
    if (status_of(one) == 200)
        r->in++;
    else if (status_of(one) == 409)
        r->out++;
    else
        expect(one, 200);
}

/* 200 rounds: a count taken in the locking statement itself sells one seat twice within a few. */
static void the_last_seat_is_taken_once(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct rivals r = { .people = { make_person(t), make_person(t) } };

    for (int round = 0; round < ROUNDS; round++) {
        as_owner_of(t, org);
        for (int i = 0; i < 2; i++)
            r.tokens[i] = invite(t, r.people[i]);
        r.in = r.out = 0;

        run_parallel(t, 2, accept_at_once, &r);

        assert_int_equal(r.in, 1);
        assert_int_equal(r.out, 1);
        assert_int_equal(sql_int(t, "SELECT count(*) FROM users.membership"), 2);
        drain_jobs(t); /* who joined is told by mail: before the next invitation, not after it */
        sql_run(t, "DELETE FROM users.membership WHERE role = 'member'; "
                   "DELETE FROM users.invitation; DELETE FROM notifications.mail; "
                   "DELETE FROM auth.throttle");
    }
}

int main(void)
{
    testkit_modules = modules;
    testkit_environment = (const char *const[]){ "ASHLAR_RATE_LIMITS=false", NULL };
    return run_db_tests(the_seat_the_plan_lacks_is_refused_until_it_is_bought,
        who_leaves_frees_a_seat, a_member_is_told_so_even_when_all_seats_are_taken,
        the_last_seat_is_taken_once);
}
