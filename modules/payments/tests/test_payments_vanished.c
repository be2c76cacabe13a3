/* What the provider has no more: another account, another key, or deleted over there. Who acts gets
 * a way out; who only looks ends nothing. */
#include "payments_factory.h"

enum { MANY = 205, CLICKS = 6 };

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

static struct org *bought(struct t *t)
{
    struct org *org = make_org(t);

    as_owner_of(t, org);
    subscribe(t);
    return org;
}

/* With its customer, whom the development provider knows by it; nor is it listed as new. */
static void vanish(struct t *t)
{
    sql_run(t,
        "UPDATE payments_simulator.subscription SET id = 'gone_' || id, customer = 'gone_' || "
        "customer, created_at = created_at - interval '400 days'");
}

static void come_back(struct t *t)
{
    sql_run(t, "UPDATE payments_simulator.subscription SET id = substr(id, 6), customer = "
               "substr(customer, 6), created_at = created_at + interval '400 days'");
}

static void expect_end_announced(struct t *t)
{
    expect_event(t, "payments.subscription_ended");
    assert_string_equal(
        sql_text(t, "SELECT concat_ws(' ', payload->>'status', payload->>'access', "
                    "(payload->>'ends_at')::timestamptz <= platform.now()) FROM platform.event "
                    "WHERE name = 'payments.subscription_ended' ORDER BY id DESC LIMIT 1"),
        "canceled none t");
    assert_string_equal(mail_to(t, me(t)->email)->subject, "Your subscription has ended");
}

static void no_event_is_expected(struct t *t)
{
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.expected_event"), 0);
}

static void expect_can_buy_again(struct t *t)
{
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
    pay(t, session_in_response(t), "paid");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "access", "full", "subscription.status", "active");
}

/* --- Subscriptions: whoever acts --- */

static void who_asks_how_things_stand_hears_that_it_is_over(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    vanish(t);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free", "access", "full", "subscription.status", "canceled",
        "subscription.access", "none");
    assert_non_null(member_of(t, "subscription.ends_at"));
    expect_end_announced(t);
    no_event_is_expected(t); /* no event comes of what is not there */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.audit WHERE action = "
                                "'payments.subscription_updated' AND after->>'access' = 'none'"),
        1);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free");
    expect_no_event(t, "payments.subscription_ended");
    expect_can_buy_again(t);
}

static void expect_gone(struct t *t, const char *change)
{
    bought(t);
    vanish(t);
    POST_AT(t, "%s/%s", billing(t), change);
    expect_problem(t, 409, "payments/subscription-gone", .detail = "recorded as ended");
    expect_end_announced(t);
    POST_AT(t, "%s/%s", billing(t), change);
    expect_problem(t, 409, "payments/no-subscription");
    POST_AT(t, "%s/portal", billing(t));
    expect_problem(t, 409, "payments/no-customer", .detail = "no longer");
    expect_can_buy_again(t);
    sql_run(t, "DELETE FROM payments_simulator.subscription");
}

static void cancelling_and_resuming_what_is_gone_says_so(void **state)
{
    struct t *t = *state;

    sell(t);
    expect_gone(t, "cancel");
    expect_gone(t, "resume");
}

static void a_checkout_asks_before_it_refuses(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    click(t, "team", "EUR", "month");
    expect_problem(t, 409, "payments/already-subscribed");
    vanish(t);
    click(t, "team", "JPY", "year");
    expect(t, 201, "state", "open");
    expect_end_announced(t);
    pay(t, session_in_response(t), "paid");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team");
}

static void also_where_the_first_payment_was_open(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'incomplete'");
    deliver_events(t);
    click(t, "team", "EUR", "month");
    expect_problem(t, 409, "payments/already-subscribed", .detail = "incomplete");
    vanish(t);
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
    expect_no_event(t, "payments.subscription_ended"); /* it never began */
}

static void one_that_ended_there_unseen_is_no_reason_to_refuse(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    sql_run(t,
        "UPDATE payments_simulator.subscription SET status = 'canceled', ended_at = period_start");
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
}

/* Several find out at once: it ends once, and each of them hears that it is gone. */
static void cancel_once(struct t *one, int i, void *arg)
{
    (void)i, (void)arg;
    POST_AT(one, "%s/cancel", billing(one));
    if (text_equal(member_of(one, "code"), "payments/no-subscription"))
        expect_problem(one, 409, "payments/no-subscription");
    else
        expect_problem(one, 409, "payments/subscription-gone");
}

static void several_at_once_hear_the_same(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    vanish(t);
    run_parallel(t, CLICKS, cancel_once, NULL);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.event WHERE name = "
                                "'payments.subscription_ended'"),
        1);
}

/* --- Subscriptions: whoever only looks --- */

static void looking_again_ends_nobodys(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    bought(t);
    vanish(t);
    for (int i = 0; i < 4; i++) {
        advance(t, HOURS(6) + MINUTES(1));
        drain_jobs(t);
    }
    expect_no_event(t, "payments.subscription_ended");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.subscription WHERE ended_at IS NOT NULL"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'dead' OR "
                                "(kind = 'payments.sync_subscription' AND state <> 'done')"),
        0);
}

static void an_event_of_it_ends_nothing_either(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    POST_AT(
        t, "/dev/payments/%s/fail", sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    vanish(t);
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "subscription.status", "active");
    assert_true(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL") > 0);
}

/* Two hundred are looked at in an hour, those first that were not for longest. */
static void those_that_are_gone_keep_no_other_from_being_looked_at(void **state)
{
    struct t *t = *state;
    struct org *org;

    sell(t);
    org = bought(t);
    sql_run(t,
        "INSERT INTO payments.subscription (org_id, id, provider, external_id, customer, plan_id, "
        "price_id, status, cancel_at_period_end, started_at, period_start, period_end, "
        "fetch_sequence, "
        "fetched_at) SELECT org_id, gen_random_uuid(), 'dev', 'sub_none_' || i, customer, plan_id, "
        "price_id, 'active', false, started_at - interval '1 hour', period_start, period_end, 1, "
        "fetched_at - interval '1 hour' FROM payments.subscription, generate_series(1, %d) i",
        MANY);
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'past_due'");
    for (int i = 0; i < 2; i++) {
        advance(t, HOURS(6) + MINUTES(1));
        drain_jobs(t);
        drain_jobs(t);
    }
    as_owner_of(t, org);
    assert_string_equal(sql_text(t, "SELECT status FROM payments.subscription WHERE external_id "
                                    "NOT LIKE 'sub_none_%%'"),
        "past_due");
}

static void a_wrong_account_put_right_brings_it_back(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    expect_event(t, "payments.subscription_started");
    vanish(t);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free");
    come_back(t);
    advance(t, HOURS(6) + MINUTES(1));
    drain_jobs(t);
    expect_event(t, "payments.subscription_started");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.subscription WHERE ended_at IS NULL"), 1);
    vanish(t);
    POST_AT(t, "/v1/orgs/%s/billing/sync", org_of(t));
    expect(t, 200, "plan", "free");
    come_back(t);
    POST_AT(t, "/v1/orgs/%s/billing/sync", org_of(t)); /* at once by whoever asks */
    expect(t, 200, "plan", "team", "subscription.status", "active", "subscription.ends_at", "null");
}

static void it_is_not_looked_at_for_ever(void **state)
{
    struct t *t = *state;
    struct org *org;

    sell(t);
    org = bought(t);
    vanish(t);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free");
    later(t, org, 13);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.subscription WHERE fetched_at >= "
                                "platform.now() - interval '1 hour'"),
        1);
    later(t, org, 2);
    come_back(t);
    drain_jobs(t);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free");
    POST_AT(
        t, "/dev/payments/%s/fail", sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t); /* but heard of */
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "subscription.status", "past_due");
}

/* As the runbook has it, for an account that was changed on purpose. */
static void a_day_that_operators_set_for_all_is_told_before_and_when_it_comes(void **state)
{
    struct t *t = *state;
    struct org *org;

    sell(t);
    org = bought(t);
    vanish(t);
    bought(t);
    sql_run(t, "UPDATE payments.subscription SET cancel_at = now() + interval '14 days' WHERE "
               "provider = 'dev' AND ended_at IS NULL AND started_at < '2999-12-01'");
    as_owner_of(t, org);
    later(t, org, 12);
    drain_jobs(t);
    expect_event(t, "payments.access_ending");
    expect_no_event(t, "payments.subscription_ended");
    later(t, org, 3);
    drain_jobs(t);
    expect_end_announced(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "free", "subscription.status", "canceled");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.subscription WHERE cancel_at IS NULL"), 1);
}

/* An answer that began before a later one came in is not taken for the last word. */
static err end_by_an_old_look(struct ctx *c, void *arg)
{
    struct t *t = arg;
    const char *id = sql_text(t, "SELECT external_id FROM payments.subscription");
    struct payments__subscription s;
    bool found, ended;

    TRY(payments__get_subscription(c, "dev", id, &s, &found));
    assert_true(found);
    TRY(payments__end_vanished(c, &s, s.fetch_sequence, clock_now(), &ended));
    assert_false(ended);
    TRY(payments__end_vanished(c, &s, s.fetch_sequence + 1, clock_now(), &ended));
    assert_true(ended);
    return NULL;
}

static void an_older_no_does_not_count(void **state)
{
    struct t *t = *state;
    struct ctx *c = system_ctx(t);

    sell(t);
    bought(t);
    assert_true(typeid_parse("org", org_of(t), strlen(org_of(t)), &c->org));
    expect_ok(tx_run(c, end_by_an_old_look, t));
}

/* --- Of a provider that is not in use any more --- */

static void buy_at_another_provider(struct t *t)
{
    bought(t);
    sql_run(t, "UPDATE payments.subscription SET provider = 'stripe', fetch_sequence = 0; UPDATE "
               "payments.account SET "
               "provider = 'stripe'; DELETE FROM payments_simulator.subscription");
}

static void what_another_provider_had_is_no_dead_end(void **state)
{
    struct t *t = *state;

    sell(t);
    buy_at_another_provider(t);
    POST_AT(t, "%s/cancel", billing(t));
    expect_problem(t, 409, "payments/subscription-gone");
    buy_at_another_provider(t);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free");
    buy_at_another_provider(t);
    expect_can_buy_again(t);
}

/* --- Pages --- */

static void lose_the_page(struct t *t)
{
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    expect(t, 201);
    sql_run(t, "DELETE FROM payments_simulator.session");
}

static void a_page_that_is_gone_makes_room(void **state)
{
    struct t *t = *state;

    sell(t);
    lose_the_page(t);
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "checkout.state", "expired", "checkout.url", "null");
    expect_can_buy_again(t);
    lose_the_page(t);
    DELETE_AT(t, "%s/checkout", billing(t));
    expect(t, 204);
    expect_can_buy_again(t);
    lose_the_page(t);
    expect_can_buy_again(t);
    lose_the_page(t);
    click(t, "team", "JPY", "year"); /* nor is one of another plan in its way */
    expect(t, 201, "state", "open");
    lose_the_page(t);
    advance(t, MINUTES(46));
    expect_can_buy_again(t);
}

static void one_that_was_closed_over_there_does_too(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    sql_run(t, "UPDATE payments_simulator.session SET status = 'expired'");
    expect_can_buy_again(t);
}

static void a_page_of_another_provider_does_too(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    sql_run(t, "UPDATE payments.checkout SET provider = 'stripe'");
    expect_can_buy_again(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.checkout WHERE state = 'expired'"), 1);
}

static void a_page_nobody_asks_about_is_over_by_the_clock(void **state)
{
    struct t *t = *state;

    sell(t);
    lose_the_page(t);
    advance(t, MINUTES(15));
    drain_jobs(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.state", "open"); /* it may be a wrong key */
    advance(t, MINUTES(45));
    drain_jobs(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.state", "expired");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'dead'"), 0);
    no_event_is_expected(t);
}

/* --- Of organisations that are gone --- */

/* It was not there when it should have ended, and is alive when an event tells of it. */
static void what_was_not_there_to_be_ended_is_ended_when_it_comes_back(void **state)
{
    struct t *t = *state;

    sell(t);
    bought(t);
    vanish(t);
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
    drain_jobs(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.pending_cancellation WHERE done_at IS NULL"), 0);
    come_back(t);
    POST_AT(
        t, "/dev/payments/%s/fail", sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t);
    assert_string_equal(
        sql_text(t, "SELECT status FROM payments_simulator.subscription"), "canceled");
    deliver_events(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.pending_cancellation WHERE done_at IS NULL"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
}

int main(void)
{
    return run_db_tests(who_asks_how_things_stand_hears_that_it_is_over,
        cancelling_and_resuming_what_is_gone_says_so, a_checkout_asks_before_it_refuses,
        also_where_the_first_payment_was_open, one_that_ended_there_unseen_is_no_reason_to_refuse,
        several_at_once_hear_the_same, looking_again_ends_nobodys,
        an_event_of_it_ends_nothing_either, those_that_are_gone_keep_no_other_from_being_looked_at,
        a_wrong_account_put_right_brings_it_back, it_is_not_looked_at_for_ever,
        a_day_that_operators_set_for_all_is_told_before_and_when_it_comes,
        an_older_no_does_not_count, what_another_provider_had_is_no_dead_end,
        a_page_that_is_gone_makes_room, one_that_was_closed_over_there_does_too,
        a_page_of_another_provider_does_too, a_page_nobody_asks_about_is_over_by_the_clock,
        what_was_not_there_to_be_ended_is_ended_when_it_comes_back);
}
