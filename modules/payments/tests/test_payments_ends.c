/* Ends: scheduled in either form and taken back, and losses of access, told before and when they
 * come. */
#include "db/tx.h"
#include "payments_factory.h"

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

static struct org *bought(struct t *t)
{
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    return org;
}

static void act(struct t *t, const char *action)
{
    POST_AT(t, "/dev/payments/%s/%s", sql_text(t, "SELECT id FROM payments_simulator.subscription"),
        action);
    expect(t, 200);
}

/* --- Taken back, in the form it has --- */

static void a_cancellation_in_the_portal_is_shown_and_taken_back(void **state)
{
    struct t *t = *state;

    bought(t);
    act(t, "schedule-end");
    deliver_events(t);
    assert_non_null(sql_text(t, "SELECT payload->>'ends_at' FROM platform.event WHERE name = "
                                "'payments.subscription_updated' ORDER BY id DESC LIMIT 1"));
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "true");
    assert_string_equal(
        member_of(t, "subscription.ends_at"), member_of(t, "subscription.period_end"));
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false", "subscription.ends_at", "null");
    assert_null(sql_text(t, "SELECT cancel_at::text FROM payments_simulator.subscription"));
}

static void also_when_nobody_told_us_of_it(void **state)
{
    struct t *t = *state;

    bought(t);
    act(t, "schedule-end"); /* and its event is still on its way */
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.ends_at", "null");
    assert_null(sql_text(t, "SELECT cancel_at::text FROM payments_simulator.subscription"));
}

static void of_both_forms_at_once_both_are_taken_back(void **state)
{
    struct t *t = *state;

    bought(t);
    act(t, "schedule-end");
    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "true");
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false", "subscription.ends_at", "null");
}

static void cancelling_one_that_ends_much_later_ends_it_with_the_period(void **state)
{
    struct t *t = *state;

    bought(t);
    sql_run(t,
        "UPDATE payments_simulator.subscription SET cancel_at = period_end + interval '300 days'");
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false");
    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "true");
    assert_string_equal(
        member_of(t, "subscription.ends_at"), member_of(t, "subscription.period_end"));
}

static void what_the_provider_took_and_did_not_do_is_no_success(void **state)
{
    struct t *t = *state;

    bought(t);
    act(t, "schedule-end");
    sql_run(t,
        "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.cancel_at = "
        "OLD.cancel_at; NEW.cancel_at_period_end = OLD.cancel_at_period_end; RETURN NEW; "
        "END$$; CREATE TRIGGER stay BEFORE UPDATE ON payments_simulator.subscription FOR EACH ROW "
        "EXECUTE FUNCTION stay()");
    POST_AT(t, "%s/resume", billing(t));
    expect_problem(t, 502, "payments/not-changed", .detail = "still ends");
    sql_run(t, "DROP TRIGGER stay ON payments_simulator.subscription; UPDATE "
               "payments_simulator.subscription "
               "SET cancel_at = NULL");
    sql_run(t, "CREATE TRIGGER stay BEFORE UPDATE ON payments_simulator.subscription FOR EACH ROW "
               "EXECUTE FUNCTION stay()");
    POST_AT(t, "%s/cancel", billing(t));
    expect_problem(t, 502, "payments/not-changed", .detail = "does not end");
    sql_run(t, "DROP TRIGGER stay ON payments_simulator.subscription; DROP FUNCTION stay()");
}

/* --- Losses, told before and when they come --- */

static void clock_work(struct t *t)
{
    advance(t, MINUTES(6));
    drain_jobs(t);
}

static void the_end_of_grace_is_told_before_and_when_it_comes(void **state)
{
    struct t *t = *state;
    struct org *org = bought(t);

    act(t, "fail");
    deliver_events(t);
    expect_event(t, "payments.payment_failed");
    assert_non_null(strstr(mail_to(t, me(t)->email)->text, "nothing can be added"));
    later(t, org, 10);
    clock_work(t);
    expect_no_event(t, "payments.access_ending");
    later(t, org, 1);
    clock_work(t);
    expect_event(t, "payments.access_ending");
    assert_string_equal(mail_to(t, me(t)->email)->subject, "Your access will be limited soon");
    clock_work(t);
    expect_no_event(t, "payments.access_ending");
    expect_no_event(t, "payments.access_limited");
    later(t, org, 3);
    clock_work(t);
    expect_event(t, "payments.access_limited");
    assert_string_equal(mail_to(t, me(t)->email)->subject, "Your access is limited");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "access", "limited");
    POST_AT(t, "%s/sync", billing(t));
    clock_work(t);
    expect_no_event(t, "payments.access_limited");
    act(t, "repair");
    deliver_events(t);
    act(t, "fail");
    deliver_events(t);
    later(t, org, 12);
    clock_work(t);
    expect_event(t, "payments.access_ending"); /* each time anew */
}

static void a_scheduled_end_is_told_before_and_when_it_comes(void **state)
{
    struct t *t = *state;
    struct org *org = bought(t);

    act(t, "schedule-end");
    deliver_events(t);
    clock_work(t);
    expect_no_event(t, "payments.access_ending");
    later(t, org, 28);
    clock_work(t);
    expect_event(t, "payments.access_ending");
    assert_string_equal(mail_to(t, me(t)->email)->subject, "Your subscription ends soon");
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200);
    clock_work(t);
    expect_no_event(t, "payments.access_ending");
    POST_AT(t, "%s/cancel", billing(t)); /* for the same day: once is enough */
    clock_work(t);
    expect_no_event(t, "payments.access_ending");
    later(t, org, 4);
    clock_work(t);
    expect_event(t, "payments.subscription_ended");
}

static void a_limited_one_is_told_of_its_end_too(void **state)
{
    struct t *t = *state;
    struct org *org = bought(t);

    act(t, "fail");
    act(t, "schedule-end");
    deliver_events(t);
    later(t, org, 15);
    clock_work(t);
    expect_event(t, "payments.access_limited");
    expect_no_event(t, "payments.access_ending");
    later(t, org, 13);
    clock_work(t);
    expect_event(t, "payments.access_ending");
    assert_string_equal(mail_to(t, me(t)->email)->subject, "Your subscription ends soon");
    later(t, org, 4);
    clock_work(t);
    expect_event(t, "payments.subscription_ended");
    assert_string_equal(
        sql_text(t, "SELECT concat_ws(' ', payload->>'status', payload->>'access', "
                    "coalesce(payload->>'limited_at', 'none')) FROM platform.event WHERE name = "
                    "'payments.subscription_ended'"),
        "canceled none none");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "subscription.status", "canceled", "subscription.limited_at", "null");
}

static void what_the_provider_limits_is_told_at_once(void **state)
{
    struct t *t = *state;

    bought(t);
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'paused'");
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "access", "limited");
    expect_event(t, "payments.access_limited");
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'unpaid'");
    POST_AT(t, "%s/sync", billing(t));
    expect_no_event(t, "payments.access_limited");
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'active'");
    POST_AT(t, "%s/sync", billing(t));
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'unpaid'");
    POST_AT(t, "%s/sync", billing(t));
    expect_event(t, "payments.access_limited");
}

static void grace_that_ended_unseen_is_told_by_whoever_comes_first(void **state)
{
    struct t *t = *state;
    struct org *org = bought(t);

    act(t, "fail");
    deliver_events(t);
    later(t, org, 15);
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'unpaid'");
    POST_AT(t, "%s/sync", billing(t));
    expect_event(t, "payments.access_limited");
    clock_work(t);
    expect_no_event(t, "payments.access_limited");
}

static void where_another_gives_as_much_nothing_is_lost(void **state)
{
    struct t *t = *state;
    struct org *org = bought(t);

    sql_run(t,
        "INSERT INTO payments.subscription (org_id, id, provider, external_id, customer, "
        "plan_id, price_id, status, cancel_at_period_end, started_at, period_start, "
        "period_end, fetch_sequence) SELECT org_id, gen_random_uuid(), 'stripe', 'sub_other', "
        "customer, plan_id, price_id, 'active', false, started_at + interval '1 hour', "
        "period_start, period_end, 1 FROM payments.subscription");
    POST_AT(
        t, "/dev/payments/%s/fail", sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t);
    later(t, org, 12);
    clock_work(t);
    expect_no_event(t, "payments.access_ending");
    later(t, org, 3);
    clock_work(t);
    expect_no_event(t, "payments.access_limited");
}

static void what_is_lost_cannot_be_switched_off(void **state)
{
    static const char *const kinds[] = { "payment_failed", "access_ending", "access_limited",
        "subscription_ended" };
    struct t *t = *state;

    bought(t);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        PUT_JSON(t, "/v1/me/notification-preferences",
            "{'data':[{'kind':'payments.%s','channel':'mail','wanted':false}]}", kinds[i]);
        expect_problem(t, 422, "notifications/mandatory");
    }
    PUT_JSON(t, "/v1/me/notification-preferences",
        "{'data':[{'kind':'payments.subscription_started','channel':'mail','wanted':false}]}");
    expect(t, 200);
}

int main(void)
{
    return run_db_tests(a_limited_one_is_told_of_its_end_too,
        the_end_of_grace_is_told_before_and_when_it_comes,
        a_scheduled_end_is_told_before_and_when_it_comes, what_the_provider_limits_is_told_at_once,
        grace_that_ended_unseen_is_told_by_whoever_comes_first,
        where_another_gives_as_much_nothing_is_lost, what_is_lost_cannot_be_switched_off,
        a_cancellation_in_the_portal_is_shown_and_taken_back, also_when_nobody_told_us_of_it,
        of_both_forms_at_once_both_are_taken_back,
        cancelling_one_that_ends_much_later_ends_it_with_the_period,
        what_the_provider_took_and_did_not_do_is_no_success);
}
