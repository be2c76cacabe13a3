/* Declined cards: kept with their checkout, and told to customers and staff in words for each. */
#include "payments_factory.h"

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

static const char *open_page(struct t *t)
{
    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    expect(t, 201, "decline", "null");
    return session_in_response(t);
}

static struct payments__payment_decline seen_by_staff(struct t *t)
{
    struct payments_billing_standing standing = standing_seen_by_staff(t);

    assert_non_null(standing.decline);
    return *standing.decline;
}

static void a_declined_card_leaves_a_reason(void **state)
{
    struct t *t = *state;
    const char *session = open_page(t);

    pay(t, session, "no-funds");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.state", "open", "checkout.decline.reason", "funds",
        "checkout.decline.code", "insufficient_funds", "checkout.decline.count", "1");
    assert_non_null(strstr(member_of(t, "checkout.decline.advice"), "another card"));
    assert_string_equal(seen_by_staff(t).code, "insufficient_funds");
    pay(t, session, "declined");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.decline.reason", "bank", "checkout.decline.count", "2");
    pay(t, session, "paid");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "checkout.decline", "null");
    assert_int_equal(seen_by_staff(t).count, 2);
}

static void who_tries_a_stolen_card_learns_nothing(void **state)
{
    struct t *t = *state;

    pay(t, open_page(t), "stolen");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.decline.reason", "bank", "checkout.decline.code", "generic_decline");
    assert_string_equal(seen_by_staff(t).code, "stolen_card");
    assert_string_equal(seen_by_staff(t).reason, "suspicious");
}

static void told_twice_it_counts_once(void **state)
{
    struct t *t = *state;
    const char *session = open_page(t), *body;

    pay(t, session, "no-funds");
    body = sql_text(t, "SELECT body FROM payments_simulator.event ORDER BY id DESC LIMIT 1");
    deliver_events(t);
    send_event(t, arena_printf(arena_of(t), "%.20s_%s", body, body + 21));
    expect(t, 204);
    drain_jobs(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.decline.count", "1");
    for (int i = 0; i < 25; i++)
        pay(t, session, "declined");
    deliver_events(t);
    send_event(t, arena_printf(arena_of(t), "%.20s-%s", body, body + 21));
    expect(t, 204);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.decline.count", "26", "checkout.decline.reason", "bank");
    assert_int_equal(sql_int(t, "SELECT cardinality(decline_ids) FROM payments.checkout"), 20);
}

static void a_renewal_that_is_declined_says_why_until_it_is_paid(void **state)
{
    struct t *t = *state;
    const char *id;

    sell(t);
    as_owner_of(t, make_org(t));
    subscribe(t);
    id = sql_text(t, "SELECT id FROM payments_simulator.subscription");
    POST_AT(t, "/dev/payments/%s/fail", id);
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "subscription.status", "past_due", "checkout.decline.reason", "funds");
    POST_AT(t, "/dev/payments/%s/repair", id);
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.decline", "null");
}

static void one_of_another_product_is_passed_over(void **state)
{
    struct t *t = *state;

    pay(t, open_page(t), "no-funds");
    sql_run(
        t, "UPDATE payments_simulator.decline SET org = '', checkout = '', customer = 'cus_other'");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "checkout.decline", "null");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
}

static void a_code_nobody_knows_has_an_advice_too(void **state)
{
    (void)state;
    assert_string_equal(payments__decline_reason("a_code_of_next_year"), "other");
    assert_non_null(strstr(payments__decline_advice("other"), "another card"));
    assert_string_equal(payments__decline_reason("expired_card"), "expired");
    assert_string_equal(payments__decline_reason("authentication_required"), "authentication");
}

int main(void)
{
    return run_db_tests(a_declined_card_leaves_a_reason, who_tries_a_stolen_card_learns_nothing,
        told_twice_it_counts_once, a_renewal_that_is_declined_says_why_until_it_is_paid,
        one_of_another_product_is_passed_over, a_code_nobody_knows_has_an_advice_too);
}
