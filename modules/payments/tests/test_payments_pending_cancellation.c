/* An organisation is deleted: what the provider still has of it ends there, whatever is under way.
 */
#include "payments_factory.h"

static void delete_org(struct t *t)
{
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
}

/* The jobs that come back every 30 s, so many times. */
static void let_jobs_run(struct t *t, int times)
{
    for (int i = 0; i < times; i++) {
        advance(t, SECONDS(61));
        drain_jobs(t);
    }
}

static void expect_nothing_left(struct t *t)
{
    assert_int_equal(sql_int(t, "SELECT (SELECT count(*) FROM payments.subscription) + (SELECT "
                                "count(*) FROM payments.checkout) + (SELECT count(*) FROM "
                                "payments.operation) + (SELECT count(*) FROM payments.account)"),
        0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments.pending_cancellation WHERE done_at IS NULL"), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments_simulator.subscription WHERE ended_at IS NULL"),
        0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
}

static void its_subscription_ends_at_the_provider(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    delete_org(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM payments_simulator.subscription WHERE ended_at IS NULL"),
        1);
    drain_jobs(t);
    assert_string_equal(
        sql_text(t, "SELECT status FROM payments_simulator.subscription"), "canceled");
    assert_int_equal(deliver_events(t), 1); /* that it ended: of nobody here, and nobody minds */
    expect_nothing_left(t);
}

static void one_that_ended_before_is_left_alone(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    sell(t);
    as_owner_of(t, org);
    subscribe(t);
    POST_AT(t, "/v1/orgs/%s/billing/cancel", org_of(t));
    days_pass(t, org, 32);
    delete_org(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.pending_cancellation"), 0);
    let_jobs_run(t, 1);
    expect_nothing_left(t);
}

static void one_that_ended_meanwhile_is_done_with(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    delete_org(t);
    sql_run(
        t, "UPDATE payments_simulator.subscription SET status = 'canceled', ended_at = created_at");
    let_jobs_run(t, 1);
    expect_nothing_left(t);
    assert_int_equal(sql_int(t, "SELECT attempts FROM payments.pending_cancellation"), 1);
}

static void its_open_page_can_not_be_paid_any_more(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    delete_org(t);
    let_jobs_run(t, 1);
    assert_string_equal(sql_text(t, "SELECT status FROM payments_simulator.session"), "expired");
    deliver_events(t);
    expect_nothing_left(t);
}

static const char *open_page_and_delete(struct t *t)
{
    const char *session;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    session = session_in_response(t);
    delete_org(t);
    return session;
}

static void what_is_paid_on_it_all_the_same_is_ended(void **state)
{
    struct t *t = *state;

    pay(t, open_page_and_delete(t), "paid");
    let_jobs_run(t, 2); /* the checkout's leave-taking finds the subscription; then that ends */
    deliver_events(t);
    expect_nothing_left(t);
}

static void also_when_the_event_comes_first(void **state)
{
    struct t *t = *state;

    pay(t, open_page_and_delete(t), "paid");
    deliver_events(t);
    assert_int_equal(
        sql_int(
            t, "SELECT count(*) FROM payments.pending_cancellation WHERE kind = 'subscription'"),
        1);
    let_jobs_run(t, 2);
    deliver_events(t);
    expect_nothing_left(t);
}

static void reconciling_knows_it_has_left(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    delete_org(t);
    advance(t, HOURS(2));
    drain_jobs(t);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE kind = 'payments.sync_subscription'"),
        0);
}

static void who_erases_themselves_is_not_charged_either(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    let_jobs_run(t, 1);
    deliver_events(t);
    expect_nothing_left(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.pending_cancellation"), 1);
}

int main(void)
{
    return run_db_tests(its_subscription_ends_at_the_provider, one_that_ended_before_is_left_alone,
        one_that_ended_meanwhile_is_done_with, its_open_page_can_not_be_paid_any_more,
        what_is_paid_on_it_all_the_same_is_ended, also_when_the_event_comes_first,
        reconciling_knows_it_has_left, who_erases_themselves_is_not_charged_either);
}
