/* Buying, through the real router, with the development provider at the other end. */
#include "db/tx.h"
#include "payments_factory.h"
#include <stdio.h>

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

static void plans_are_public_and_amounts_readable(void **state)
{
    struct t *t = *state;

    sell(t);
    as_nobody(t);
    GET_AT(t, "/v1/plans");
    expect(t, 200, "data.0.key", "free", "data.0.is_default", "true", "data.1.key", "team",
        "data.1.prices.0.amount", "29.00", "data.1.prices.0.amount_minor", "2900",
        "data.1.prices.1.currency", "JPY", "data.1.prices.1.amount", "50000",
        "data.1.entitlements.0.name", "users.seats", "data.1.entitlements.0.limit", "3");
}

static void without_a_catalogue_nothing_is_limited(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "null", "access", "full", "entitlements.0.unlimited", "true",
        "subscription", "null", "checkout", "null");
}

static void who_pays_nothing_has_the_default_plan(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "free", "entitlements.0.limit", "1");
}

static void paying_gives_the_plan_when_the_event_arrives(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    expect_event(t, "payments.subscription_started");
    expect_event(t, "payments.subscription_updated");
    assert_string_equal(mail_to(t, me(t)->email)->subject, "Your subscription has started");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "access", "full", "subscription.status", "active",
        "checkout.state", "completed", "checkout.url", "null", "entitlements.0.limit", "3");
}

struct asked {
    struct org *org;
    struct payments_billing_standing standing;
};

static err ask_in_org(struct ctx *c, void *arg)
{
    struct asked *asked = arg;

    TRY(tx_enter_org(c, asked->org->id));
    return payments__get_standing(c, &asked->standing);
}

/* As staff ask: with the rights of ashlar_system, to which every organisation's rows are open. */
static struct payments_billing_standing standing_of(struct t *t, struct org *org)
{
    struct ctx *c = system_ctx(t);
    struct asked asked = { .org = org };

    tx_set_role(c, DB_SYSTEM);
    expect_ok(tx_read(c, ask_in_org, &asked));
    return asked.standing;
}

static void where_an_organisation_stands_is_told_to_whoever_helps_it(void **state)
{
    struct t *t = *state;
    struct org *acme = make_org(t), *other = make_org(t);
    struct payments_billing_standing standing;

    assert_null(standing_of(t, acme).plan); /* nothing is sold yet */
    sell(t);
    as_owner_of(t, acme);
    subscribe(t);
    standing = standing_of(t, acme);
    assert_string_equal(standing.plan, "team");
    assert_string_equal(standing.access, "full");
    assert_string_equal(standing.status, "active");
    assert_false(standing.cancel_at_period_end);
    assert_true(standing.period_end.us > clock_now().us && standing.ends_at.us == 0);

    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200);
    standing = standing_of(t, acme);
    assert_true(standing.cancel_at_period_end);
    assert_int_equal(standing.ends_at.us, standing.period_end.us);
    standing = standing_of(t, other);
    assert_string_equal(standing.plan, "free");
    assert_null(standing.status);
}

static void coming_back_from_the_page_converges_without_any_event(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "team", "subscription.status", "active", "checkout.state", "completed");

    /* And the late events change nothing more. */
    expect_event(t, "payments.subscription_started");
    deliver_events(t);
    expect_no_event(t, "payments.subscription_started");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.subscription"), 1);
}

static void clicking_again_gives_the_same_page(void **state)
{
    struct t *t = *state;
    const char *first;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    first = session_in_response(t);
    click(t, "team", "EUR", "month");
    assert_string_equal(session_in_response(t), first);
    click(t, "team", "JPY", "year");
    expect_problem(t, 409, "payments/other-checkout-open");
    DELETE_AT(t, "%s/checkout", billing(t));
    expect(t, 204);
    click(t, "team", "JPY", "year");
    expect(t, 201);
    assert_string_not_equal(session_in_response(t), first);
}

static void a_second_subscription_is_refused(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    click(t, "team", "EUR", "month");
    expect_problem(t, 409, "payments/already-subscribed");
}

static void what_is_not_sold_cannot_be_bought(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "CHF", "month");
    expect_problem(t, 422, "payments/price-not-found");
    click(t, "free", "EUR", "month");
    expect_problem(t, 422, "payments/price-not-found");
    POST_JSON(
        t, at(t, "%s/checkout", billing(t)), "{'plan':'team','currency':'EUR','period':'month'}");
    expect_problem(t, 400, "bad-request", .pointer = "header:Idempotency-Key");
}

static void only_owners_and_the_billing_role_may_buy(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    sql_run(t, "UPDATE payments.plan_entitlement SET most = 9");
    as_admin_of(t, org);
    GET_AT(t, "%s", billing(t));
    expect(t, 200);
    click(t, "team", "EUR", "month");
    expect_problem(t, 403, "forbidden");
    as_member_of(t, org);
    GET_AT(t, "%s", billing(t));
    expect_problem(t, 403, "forbidden");
}

static void an_expired_checkout_makes_room(void **state)
{
    struct t *t = *state;
    const char *first;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    first = session_in_response(t);
    advance(t, MINUTES(46));
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
    assert_string_not_equal(session_in_response(t), first);
}

static void one_paid_in_its_last_second_is_not_bought_twice(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid"); /* and its events are still on their way */
    advance(t, MINUTES(46));
    click(t, "team", "EUR", "month");
    expect_problem(t, 409, "payments/already-subscribed");
}

/* A new person is invited by the owner and accepts; the response is the acceptance's. */
static void join(struct t *t, struct org *org)
{
    struct person *guest = make_person(t);
    const struct caught_mail *mail;

    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)), "{'email':'%s','role':'member'}",
        guest->email);
    expect(t, 201);
    mail = mail_to(t, guest->email);
    as_person(t, guest);
    POST_JSON(t, "/v1/invitations/accept", "{'token':'%s'}", mail->token);
}

/* --- Ending --- */

static void a_cancelled_subscription_ends_with_its_period(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200, "plan", "team", "subscription.cancel_at_period_end", "true");
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false", "subscription.ends_at", "null");
    POST_AT(t, "%s/cancel", billing(t));
    days_pass(t, org, 32);
    expect_event(t, "payments.subscription_ended");
    GET_AT(t, "%s", billing(t));
    expect(
        t, 200, "plan", "free", "subscription.status", "canceled", "subscription.access", "none");
    POST_AT(t, "%s/cancel", billing(t));
    expect_problem(t, 409, "payments/no-subscription");
    POST_AT(t, "%s/resume", billing(t));
    expect_problem(t, 409, "payments/no-subscription");
}

static void a_promised_end_comes_also_when_the_provider_is_silent(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    POST_AT(t, "%s/cancel", billing(t));
    later(t, org, 32);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "free", "subscription.status", "canceled", "subscription.access", "none",
        "entitlements.0.limit", "1");
    drain_jobs(t);
    expect_event(t, "payments.subscription_ended");
    assert_string_equal(
        sql_text(t, "SELECT concat_ws(' ', payload->>'status', payload->>'access') FROM "
                    "platform.event WHERE name = 'payments.subscription_ended'"),
        "canceled none");
    drain_jobs(t);
    days_pass(t, org, 1); /* now it says so, too: nobody is told twice */
    expect_no_event(t, "payments.subscription_ended");
}

static void a_failed_payment_leaves_access_for_the_days_of_grace(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "fails-later");
    deliver_events(t);
    days_pass(t, org, 32);
    expect_event(t, "payments.payment_failed");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "access", "full", "subscription.status", "past_due");
    later(t, org, 14);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "access", "limited");
    join(t, org);
    expect_problem(t, 409, "entitlement-exceeded", .detail = "overdue");
}

static void the_portal_is_there_for_who_has_paid(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    POST_AT(t, "%s/portal", billing(t));
    expect_problem(t, 409, "payments/no-customer");
    subscribe(t);
    POST_AT(t, "%s/portal", billing(t));
    expect(t, 201);
    assert_non_null(strstr(member_of(t, "url"), "/dev/payments"));
    sql_run(t, "ALTER TABLE payments.operation ALTER COLUMN state SET DEFAULT 'refused', "
               "ALTER COLUMN why SET DEFAULT 'No portal is set up.'");
    POST_AT(t, "%s/portal", billing(t));
    expect_problem(t, 502, "payments/provider-refused", .detail = "No portal is set up.");
}

/* It ended over there, and no event told: the refusal does. */
static void expect_refused_and_learned(struct t *t, const char *change)
{
    as_owner_of(t, make_org(t));
    subscribe(t);
    sql_run(t, "UPDATE payments_simulator.subscription SET ended_at = created_at");
    POST_AT(t, "%s/%s", billing(t), change);
    expect_problem(t, 502, "payments/provider-refused");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "free");
}

static void what_the_provider_refuses_is_told(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    sql_run(t, "UPDATE payments.operation SET state = 'refused', why = 'No.'");
    click(t, "team", "EUR", "month");
    expect_problem(t, 502, "payments/provider-refused", .detail = "No.");
    sql_run(t, "DELETE FROM payments.operation; DELETE FROM payments.checkout");
    expect_refused_and_learned(t, "cancel");
    expect_refused_and_learned(t, "resume");
    sql_run(t, "UPDATE payments_simulator.subscription SET customer = 'cus_gone'");
    POST_AT(t, "%s/portal", billing(t));
    expect_problem(t, 409, "payments/no-customer", .detail = "no longer");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.operation WHERE state = 'refused'"), 3);
}

static void seats_follow_the_plan(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    join(t, org);
    expect_problem(t, 409, "entitlement-exceeded", .detail = "allows 1 of users.seats");
    as_owner_of(t, org);
    subscribe(t);
    join(t, org);
    expect(t, 200);
    join(t, org);
    expect(t, 200);
    join(t, org);
    expect_problem(t, 409, "entitlement-exceeded", .detail = "this needs 4");
}

static void who_bought_a_version_keeps_it(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    sell_this(t, "{'plans':[{'key':'free','name':'Free','is_default':true,"
                 "'entitlements':[{'name':'users.seats','limit':1}]},"
                 "{'key':'team','name':'Team','prices':["
                 "{'currency':'EUR','period':'month','amount_minor':3900}],"
                 "'entitlements':[{'name':'users.seats','limit':2}]}]}");
    days_pass(t, org, 32);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "entitlements.0.limit", "3");
    as_owner_of(t, make_org(t));
    subscribe(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "entitlements.0.limit", "2");
}

/* --- A process that dies on the way --- */

/* What the rows look like after a death at each step; then somebody follows, with the same key. */
static void expect_one_session_after(struct t *t, const char *death)
{
    const char *key;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    key = sql_text(t, "SELECT key FROM payments.operation");
    sql_run(t, "%s", death);
    advance(t, SECONDS(61));
    drain_jobs(t);
    advance(t, SECONDS(61));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments_simulator.session"), 1);
    assert_string_equal(sql_text(t, "SELECT key FROM payments_simulator.session"), key);
    assert_string_equal(sql_text(t, "SELECT state FROM payments.operation"), "done");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.state", "open");
    assert_string_equal(member_of(t, "checkout.url"),
        at(t, "http://localhost:8080/pay/%s",
            sql_text(t, "SELECT id FROM payments_simulator.session")));
}

#define NO_ANSWER "UPDATE payments.checkout SET session = NULL, url = NULL; "
#define PENDING   "UPDATE payments.operation SET state = 'pending', settled_at = NULL, "

static void who_dies_before_the_call_is_followed(void **state)
{
    expect_one_session_after(
        *state, NO_ANSWER PENDING "attempts = 0; DELETE FROM payments_simulator.session");
}

static void who_dies_during_the_call_is_followed_after_the_lease(void **state)
{
    expect_one_session_after(*state, NO_ANSWER PENDING
        "busy_until = now() + interval '40 s'; DELETE FROM payments_simulator.session");
}

static void who_dies_before_the_answer_is_kept_is_followed_with_the_same_key(void **state)
{
    expect_one_session_after(*state, NO_ANSWER PENDING "busy_until = now() + interval '40 s'");
}

static void after_23_hours_nobody_asks_again(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    sql_run(t, NO_ANSWER PENDING
        "created_at = created_at - interval '23 hours'; DELETE FROM payments_simulator.session");
    advance(t, SECONDS(61));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments_simulator.session"), 0);
    click(t, "team", "EUR", "month");
    expect_problem(t, 503, "payments/provider-unavailable");
    assert_string_equal(sql_text(t, "SELECT state FROM payments.operation"), "unknown");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments_simulator.session"), 0);
    click(t, "team", "EUR", "month"); /* a new wish, a new key */
    expect(t, 201, "state", "open");
}

/* --- Races --- */

enum { CLICKS = 50, SESSION_SIZE = 80 };

static void click_once(struct t *one, int i, void *arg)
{
    char(*sessions)[SESSION_SIZE] = arg;
    const char *session;

    click(one, "team", "EUR", "month");
    expect(one, 201, "state", "open");
    session = session_in_response(one);
    snprintf(sessions[i], SESSION_SIZE, "%s", session ? session : "none");
}

static void fifty_clicks_at_once_open_one_page(void **state)
{
    char sessions[CLICKS][SESSION_SIZE];
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    run_parallel(t, CLICKS, click_once, sessions);
    for (int i = 1; i < CLICKS; i++)
        assert_string_equal(sessions[i], sessions[0]);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.checkout"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments_simulator.session"), 1);
    assert_int_equal(sql_int(t, "SELECT max(attempts) FROM payments.operation"), 1);
}

/* --- Customers that are gone over there --- */

/* Ended with its customer, as the provider does, and we have not heard of it. */
static void delete_customer(struct t *t)
{
    POST_AT(t, "/dev/payments/%s/cancel",
        sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t);
    sql_run(t, "DELETE FROM payments_simulator.subscription");
}

static void a_customer_deleted_at_the_provider_is_replaced(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    delete_customer(t);
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
    assert_null(
        sql_text(t, "SELECT customer FROM payments_simulator.session WHERE status = 'open'"));
    assert_null(sql_text(t, "SELECT customer FROM payments.account"));
    pay(t, session_in_response(t), "paid");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team");
    assert_string_equal(sql_text(t, "SELECT customer FROM payments.account"),
        sql_text(t, "SELECT customer FROM payments_simulator.subscription"));
    POST_AT(t, "%s/portal", billing(t));
    expect(t, 201);
}

static void and_the_past_does_not_bring_it_back(void **state)
{
    struct t *t = *state;
    const char *customer;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    POST_AT(t, "/dev/payments/%s/cancel",
        sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t);
    sql_run(t, "UPDATE payments.account SET customer = NULL");
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    deliver_events(t);
    customer = sql_text(t, "SELECT customer FROM payments.account");
    sql_run(t,
        "INSERT INTO payments_simulator.event (id, body) SELECT gen_random_uuid(), replace(body, "
        "'evt_', 'evt_x') FROM payments_simulator.event WHERE body LIKE '%%deleted%%'");
    deliver_events(t);
    assert_string_equal(sql_text(t, "SELECT customer FROM payments.account"), customer);
}

static void try_once(struct t *one, int i, void *arg)
{
    (void)i, (void)arg;
    click(one, "team", "EUR", "month");
    expect(one, 201, "state", "open");
}

static void all_who_wait_for_that_page_get_the_new_one(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    delete_customer(t);
    run_parallel(t, 20, try_once, NULL);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments_simulator.session WHERE status = 'open'"), 1);
}

int main(void)
{
    return run_db_tests(a_customer_deleted_at_the_provider_is_replaced,
        and_the_past_does_not_bring_it_back, all_who_wait_for_that_page_get_the_new_one,
        plans_are_public_and_amounts_readable, without_a_catalogue_nothing_is_limited,
        who_pays_nothing_has_the_default_plan, paying_gives_the_plan_when_the_event_arrives,
        where_an_organisation_stands_is_told_to_whoever_helps_it,
        coming_back_from_the_page_converges_without_any_event, clicking_again_gives_the_same_page,
        a_second_subscription_is_refused, what_is_not_sold_cannot_be_bought,
        only_owners_and_the_billing_role_may_buy, an_expired_checkout_makes_room,
        one_paid_in_its_last_second_is_not_bought_twice,
        a_cancelled_subscription_ends_with_its_period,
        a_promised_end_comes_also_when_the_provider_is_silent,
        a_failed_payment_leaves_access_for_the_days_of_grace, the_portal_is_there_for_who_has_paid,
        seats_follow_the_plan, what_the_provider_refuses_is_told, who_bought_a_version_keeps_it,
        who_dies_before_the_call_is_followed, who_dies_during_the_call_is_followed_after_the_lease,
        who_dies_before_the_answer_is_kept_is_followed_with_the_same_key,
        after_23_hours_nobody_asks_again, fifty_clicks_at_once_open_one_page);
}
