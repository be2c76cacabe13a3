/* A provider that cannot be reached: nobody is locked out, nothing is asked with a second key. */
#include "payments_factory.h"

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

/* Bought in better days. */
static void have_subscription(struct t *t)
{
    sql_run(t, "UPDATE payments.account SET provider = 'stripe', customer = 'cus_1'");
    sql_run(t,
        "INSERT INTO payments.subscription (org_id, id, provider, external_id, customer, "
        "plan_id, price_id, status, cancel_at_period_end, started_at, period_start, "
        "period_end, fetch_sequence) SELECT o.id, gen_random_uuid(), 'stripe', 'sub_1', 'cus_1', "
        "p.plan_id, p.id, 'active', false, now(), now(), now() + interval '30 days', 1 "
        "FROM users.org o, payments.price p WHERE p.currency = 'EUR'");
}

static void every_button_says_so_and_access_stays(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    expect_problem(t, 503, "payments/provider-unavailable");
    assert_non_null(header_of(t, "Retry-After"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.operation"), 1);
    assert_string_equal(sql_text(t, "SELECT state FROM payments.operation"), "pending");
    DELETE_AT(t, "%s/checkout", billing(t));
    expect_problem(t, 503, "payments/provider-unavailable");

    have_subscription(t);
    POST_AT(t, "%s/sync", billing(t));
    expect_problem(t, 503, "payments/provider-unavailable");
    POST_AT(t, "%s/cancel", billing(t));
    expect_problem(t, 503, "payments/provider-unavailable");
    POST_AT(t, "%s/resume", billing(t));
    expect_problem(t, 503, "payments/provider-unavailable");
    POST_AT(t, "%s/portal", billing(t));
    expect_problem(t, 503, "payments/provider-unavailable");
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "access", "full");
}

/* What must end there waits, is tried again with more and more time between, and is never given up.
 */
static void a_deletion_waits_for_the_provider(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    have_subscription(t);
    DELETE_AT(t, "/v1/orgs/%s", org_of(t));
    expect(t, 204);
    for (int i = 0; i < 3; i++) {
        advance(t, MINUTES(2));
        drain_jobs(t);
    }
    assert_string_equal(
        sql_text(t, "SELECT external_id FROM payments.pending_cancellation"), "sub_1");
    assert_true(
        sql_int(t, "SELECT attempts FROM payments.pending_cancellation WHERE done_at IS NULL") >=
        2);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_PAYMENTS=stripe",
        "ASHLAR_STRIPE_KEY=sk_test_of_nobody", "ASHLAR_STRIPE_WEBHOOK_SECRETS=whsec_of_nobody",
        "ASHLAR_STRIPE_URL=http://127.0.0.1:1", NULL };
    return run_db_tests(every_button_says_so_and_access_stays, a_deletion_waits_for_the_provider);
}
