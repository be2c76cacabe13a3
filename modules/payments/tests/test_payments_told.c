/* What the provider tells beside subscriptions, what it should have told, and wishes in each
 * other's way. */
#include "db/tx.h"
#include "payments_factory.h"

extern const struct module payments_module;

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

static const char *bought(struct t *t)
{
    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    return sql_text(t, "SELECT id FROM payments_simulator.subscription");
}

/* --- Refunds and disputes --- */

/* Another event about the same: the last one made, under an id that no other has. */
static void tell_again(struct t *t, char mark)
{
    const char *body =
        sql_text(t, "SELECT body FROM payments_simulator.event ORDER BY id DESC LIMIT 1");

    send_event(t, arena_printf(arena_of(t), "%.20s%c%s", body, mark, body + 21));
    expect(t, 204);
    drain_jobs(t);
}

static void a_dispute_is_kept_for_staff_and_told(void **state)
{
    struct t *t = *state;
    struct payments_billing_standing standing;

    POST_AT(t, "/dev/payments/%s/dispute", bought(t));
    assert_int_equal(deliver_events(t), 1);
    expect_event(t, "payments.refund_dispute_updated");
    standing = standing_seen_by_staff(t);
    assert_int_equal(standing.n_refunds_and_disputes, 1);
    assert_string_equal(standing.refunds_and_disputes[0].kind, "dispute");
    assert_string_equal(standing.refunds_and_disputes[0].status, "needs_response");
    assert_string_equal(standing.refunds_and_disputes[0].currency, "EUR");
    assert_int_equal(standing.refunds_and_disputes[0].amount_minor, 2900);
    assert_true(standing.refunds_and_disputes[0].respond_by.us > clock_now().us);
    assert_string_equal(standing.access, "full");

    tell_again(t, '_');
    expect_no_event(t, "payments.refund_dispute_updated");
}

static void a_refund_is_too_and_its_statuses_are_told_once_each(void **state)
{
    struct t *t = *state;

    POST_AT(t, "/dev/payments/%s/refund", bought(t));
    deliver_events(t);
    expect_event(t, "payments.refund_dispute_updated");
    tell_again(t, '_');
    expect_no_event(t, "payments.refund_dispute_updated");
    sql_run(t, "UPDATE payments_simulator.refund_dispute SET status = 'failed'");
    tell_again(t, '-');
    expect_event(t, "payments.refund_dispute_updated");
    assert_int_equal(standing_seen_by_staff(t).n_refunds_and_disputes, 1);
    assert_string_equal(standing_seen_by_staff(t).refunds_and_disputes[0].status, "failed");
}

static void one_of_a_customer_nobody_knows_is_kept_as_well(void **state)
{
    struct t *t = *state;

    POST_AT(t, "/dev/payments/%s/dispute", bought(t));
    sql_run(t, "UPDATE payments_simulator.refund_dispute SET customer = 'cus_of_another_shop'");
    deliver_events(t);
    expect_no_event(t, "payments.refund_dispute_updated");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.refund_dispute WHERE org_id IS NULL"), 1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
    assert_int_equal(standing_seen_by_staff(t).n_refunds_and_disputes, 0);
}

/* --- Events that stay away --- */

static err read_overdue(struct ctx *c, void *arg)
{
    return db_int(c, payments_module.callback_overdue, arg, NO_ARGS);
}

static int64_t overdue_s(struct t *t)
{
    struct ctx *c = system_ctx(t);
    int64_t seconds;

    tx_set_role(c, DB_SYSTEM);
    expect_ok(tx_read(c, read_overdue, &seconds));
    return seconds;
}

static void paid_and_no_event_is_noticed(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    assert_int_equal(overdue_s(t), 0);
    POST_AT(t, "%s/sync", billing(t)); /* the browser came back; the event does not */
    expect(t, 200, "plan", "team");
    advance(t, MINUTES(31));
    assert_true(overdue_s(t) >= 31 * 60);
    deliver_events(t);
    assert_int_equal(overdue_s(t), 0);
}

static void a_cancellation_nobody_confirms_is_noticed(void **state)
{
    struct t *t = *state;

    bought(t);
    assert_int_equal(overdue_s(t), 0);
    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200);
    advance(t, MINUTES(31));
    assert_true(overdue_s(t) >= 31 * 60);
    deliver_events(t);
    assert_int_equal(overdue_s(t), 0);
    POST_AT(t, "%s/resume", billing(t));
    advance(t, DAYS(1) + MINUTES(1)); /* and after a day it will not come any more */
    assert_int_equal(overdue_s(t), 0);
}

static void who_paid_and_never_came_back_is_found_within_minutes(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    sql_run(t, "DELETE FROM platform.job WHERE kind = 'payments_simulator.deliver'");
    advance(t, MINUTES(21));
    drain_jobs(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "checkout.state", "completed");
    advance(t, MINUTES(5));
    assert_true(overdue_s(t) >= 5 * 60);
}

static void a_page_that_ran_out_in_silence_is_noticed(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    advance(t, MINUTES(56));
    drain_jobs(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.state", "expired");
    advance(t, MINUTES(5));
    assert_true(overdue_s(t) >= 5 * 60);
}

/* --- Wishes in each other's way --- */

/* As after a call whose answer was lost: nobody knows whether it was done. */
static void lose_the_answer_of_cancel(struct t *t, const char *busy_until)
{
    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200);
    sql_run(t,
        "UPDATE payments.operation SET state = 'pending', settled_at = NULL, busy_until = %s "
        "WHERE kind = 'cancel'",
        busy_until);
}

static void a_later_wish_overtakes_one_that_waits_to_be_tried_again(void **state)
{
    struct t *t = *state;

    bought(t);
    lose_the_answer_of_cancel(t, "NULL");
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false");
    for (int i = 0; i < 3; i++) {
        advance(t, SECONDS(61));
        drain_jobs(t);
    }
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false");
    assert_string_equal(
        sql_text(t, "SELECT state FROM payments.operation WHERE kind = 'cancel'"), "refused");
}

static void but_waits_for_one_that_is_being_made(void **state)
{
    struct t *t = *state;

    bought(t);
    lose_the_answer_of_cancel(t, "now() + interval '400 days'");
    POST_AT(t, "%s/resume", billing(t));
    expect_problem(t, 503, "payments/provider-unavailable", .detail = "opposite");
    assert_non_null(header_of(t, "Retry-After"));
}

static void while_a_first_payment_is_open_nothing_else_is_bought(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'incomplete'");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "free", "checkout.state", "completed");
    click(t, "team", "EUR", "month");
    expect_problem(t, 409, "payments/already-subscribed", .detail = "incomplete");
    sql_run(t, "UPDATE payments_simulator.subscription SET status = 'incomplete_expired'");
    POST_AT(t, "%s/sync", billing(t));
    expect_no_event(t, "payments.subscription_ended"); /* it never began */
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
}

static void the_days_of_grace_begin_with_the_payment_that_is_missing(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    later(t, org, 20); /* well into the period, a bill for something more fails */
    POST_AT(
        t, "/dev/payments/%s/fail", sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t);
    expect_event(t, "payments.payment_failed");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "subscription.status", "past_due", "access", "full");
    later(t, org, 13);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "access", "full");
    later(t, org, 1);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "access", "limited");
    POST_AT(t, "/dev/payments/%s/repair",
        sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "access", "full");
}

static err announce_ends(struct ctx *c, void *arg)
{
    (void)arg;
    return payments__announce_ends(c);
}

/* Of all that comes with the hours only this, before anybody asks the provider. */
static void cancel_and_end_by_our_clock(struct t *t, struct org *org)
{
    struct ctx *c;

    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200);
    later(t, org, 32);
    c = system_ctx(t);
    tx_set_role(c, DB_SYSTEM);
    expect_ok(tx_run(c, announce_ends, NULL));
    expect_event(t, "payments.subscription_ended");
}

static void one_that_comes_back_to_life_ends_a_second_time(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    cancel_and_end_by_our_clock(t, org);
    /* Somebody had resumed it at the provider, and no event told. */
    sql_run(t, "UPDATE payments_simulator.subscription SET cancel_at_period_end = false, "
               "period_end = period_end + interval '30 days'");
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "team");
    expect_event(t, "payments.subscription_started");
    cancel_and_end_by_our_clock(t, org);
}

int main(void)
{
    return run_db_tests(a_dispute_is_kept_for_staff_and_told,
        a_refund_is_too_and_its_statuses_are_told_once_each,
        one_of_a_customer_nobody_knows_is_kept_as_well, paid_and_no_event_is_noticed,
        a_cancellation_nobody_confirms_is_noticed,
        who_paid_and_never_came_back_is_found_within_minutes,
        a_page_that_ran_out_in_silence_is_noticed,
        a_later_wish_overtakes_one_that_waits_to_be_tried_again,
        but_waits_for_one_that_is_being_made, while_a_first_payment_is_open_nothing_else_is_bought,
        the_days_of_grace_begin_with_the_payment_that_is_missing,
        one_that_comes_back_to_life_ends_a_second_time);
}
