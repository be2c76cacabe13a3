/* Ends: scheduled in either form and taken back, and losses of access, told before and when they
 * come. */
#include "db/unit.h"
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
    POST_AT(
        t, "/dev/payments/%s/%s", sql_text(t, "SELECT id FROM payments.dev_subscription"), action);
    expect(t, 200);
}

/* --- Taken back, in the form it has --- */

static void a_cancellation_in_the_portal_is_shown_and_taken_back(void **state)
{
    struct t *t = *state;
    const char *event;

    bought(t);
    act(t, "schedule-end");
    deliver_events(t);
    event = sql_text(t, "SELECT payload::text FROM platform.event WHERE name = "
                        "'payments.subscription_updated' ORDER BY id DESC LIMIT 1");
    assert_null(strstr(event, "\"ends_at\":null"));
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "true");
    assert_string_equal(
        member_of(t, "subscription.ends_at"), member_of(t, "subscription.period_end"));
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false", "subscription.ends_at", "null");
    assert_null(sql_text(t, "SELECT cancel_at::text FROM payments.dev_subscription"));
}

static void also_when_nobody_told_us_of_it(void **state)
{
    struct t *t = *state;

    bought(t);
    act(t, "schedule-end"); /* and its event is still on its way */
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.ends_at", "null");
    assert_null(sql_text(t, "SELECT cancel_at::text FROM payments.dev_subscription"));
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
    sql_run(t, "UPDATE payments.dev_subscription SET cancel_at = period_end + interval '300 days'");
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
    sql_run(t, "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.cancel_at = "
               "OLD.cancel_at; NEW.cancel_at_period_end = OLD.cancel_at_period_end; RETURN NEW; "
               "END$$; CREATE TRIGGER stay BEFORE UPDATE ON payments.dev_subscription FOR EACH ROW "
               "EXECUTE FUNCTION stay()");
    POST_AT(t, "%s/resume", billing(t));
    expect_problem(t, 502, "payments/not-changed", .detail = "still ends");
    sql_run(t, "DROP TRIGGER stay ON payments.dev_subscription; UPDATE payments.dev_subscription "
               "SET cancel_at = NULL");
    sql_run(t, "CREATE TRIGGER stay BEFORE UPDATE ON payments.dev_subscription FOR EACH ROW "
               "EXECUTE FUNCTION stay()");
    POST_AT(t, "%s/cancel", billing(t));
    expect_problem(t, 502, "payments/not-changed", .detail = "does not end");
    sql_run(t, "DROP TRIGGER stay ON payments.dev_subscription; DROP FUNCTION stay()");
}

int main(void)
{
    return run_db_tests(a_cancellation_in_the_portal_is_shown_and_taken_back,
        also_when_nobody_told_us_of_it, of_both_forms_at_once_both_are_taken_back,
        cancelling_one_that_ends_much_later_ends_it_with_the_period,
        what_the_provider_took_and_did_not_do_is_no_success);
}
