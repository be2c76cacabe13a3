/* Which plan is billed, when the provider's prices, the plans file, or both change. */
#include "db/tx.h"
#include "payments_factory.h"

#define PLANS(seats, price)                                                                        \
    "{'plans':[{'key':'free','name':'Free','is_default':true,"                                     \
    "'entitlements':[{'name':'users.seats','limit':1}]},"                                          \
    "{'key':'team','name':'Team','prices':["                                                       \
    "{'currency':'EUR','period':'month','amount_minor':2900" price "}],"                           \
    "'entitlements':[{'name':'users.seats','limit':" seats "}]},"                                  \
    "{'key':'business','name':'Business','prices':["                                               \
    "{'currency':'EUR','period':'month','amount_minor':19900,'provider_price':'price_biz'}],"      \
    "'entitlements':[{'name':'users.seats','unlimited':true}]}]}"
#define NAMED ",'provider_price':'price_team'"

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

/* The items of the one subscription become those, as in the provider's portal; NULL: one that was
 * made on the way. Its event is on its way. */
static void bill(struct t *t, const char *prices)
{
    sql_run(t, "UPDATE payments_simulator.subscription SET provider_price = %s%s%s",
        prices ? "'" : "", prices ? prices : "NULL", prices ? "'" : "");
}

static void buy(struct t *t, const char *plan, const char *plans)
{
    sell_this(t, plans);
    as_owner_of(t, make_org(t));
    click(t, plan, "EUR", "month");
    pay(t, session_in_response(t), "paid");
    deliver_events(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", plan, "subscription.price_unknown", "false");
}

static void expect_plan(struct t *t, const char *plan, const char *unknown)
{
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", plan, "subscription.price_unknown", unknown);
}

static void an_unknown_price_keeps_the_plan_and_is_told(void **state)
{
    struct t *t = *state;

    buy(t, "business", PLANS("10", NAMED));
    bill(t, "price_of_no_plan");
    expect_plan(t, "business", "true");
    assert_string_equal(
        sql_text(t, "SELECT unknown_price FROM payments.subscription"), "price_of_no_plan");
    bill(t, "price_team");
    expect_plan(t, "team", "false");
    bill(t, "price_of_no_plan");
    expect_plan(t, "team", "true");
    bill(t, "price_biz");
    expect_plan(t, "business", "false");
}

static void made_on_the_way_and_switched_is_unknown_too(void **state)
{
    struct t *t = *state;

    buy(t, "team", PLANS("10", ""));
    bill(t, "price_of_no_plan");
    expect_plan(t, "team", "true");
    bill(t, "price_biz");
    expect_plan(t, "business", "false");
    bill(t, "price_of_no_plan");
    expect_plan(t, "business", "true"); /* and not what the checkout was of */
}

static void its_event_waits_until_the_plans_file_has_the_price(void **state)
{
    struct t *t = *state;
    const char *id;

    buy(t, "business", PLANS("10", NAMED));
    bill(t, "price_new");
    id = sql_text(t, "SELECT id FROM payments_simulator.subscription");
    POST_AT(t, "/dev/payments/%s/repair", id);
    deliver_events(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 1);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "business", "subscription.price_unknown", "true");
    sell_this(t, PLANS("10", ",'provider_price':'price_new'"));
    advance(t, HOURS(1));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "team", "subscription.price_unknown", "false");
}

static void of_an_unknown_price_payments_fail_and_ends_come_all_the_same(void **state)
{
    struct t *t = *state;

    buy(t, "business", PLANS("10", NAMED));
    bill(t, "price_of_no_plan");
    POST_AT(t, "%s/cancel", billing(t));
    expect(t, 200, "plan", "business", "subscription.cancel_at_period_end", "true");
    POST_AT(t, "%s/resume", billing(t));
    expect(t, 200, "subscription.cancel_at_period_end", "false");
    POST_AT(t, "/dev/payments/%s/cancel",
        sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "free", "subscription.status", "canceled");
}

static void one_that_begins_with_an_unknown_price_is_refused_aloud(void **state)
{
    struct t *t = *state;

    sell_this(t, PLANS("10", NAMED));
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    bill(t, "price_of_no_plan");
    POST_AT(t, "%s/sync", billing(t));
    expect_problem(t, 409, "payments/unknown-price", .detail = "price_of_no_plan");
    DELETE_AT(t, "%s/checkout", billing(t));
    expect_problem(t, 409, "payments/unknown-price", .detail = "price_of_no_plan");
    advance(t, HOURS(2)); /* its page is over: it is asked how that ended */
    click(t, "team", "EUR", "month");
    expect_problem(t, 409, "payments/unknown-price", .detail = "price_of_no_plan");
    bill(t, "price_biz");
    expect_plan(t, "business", "false");
}

static void extras_beside_it_are_passed_over(void **state)
{
    struct t *t = *state;

    buy(t, "team", PLANS("10", NAMED));
    bill(t, "price_addon,price_biz");
    expect_plan(t, "business", "false");
    bill(t, "price_addon,price_other,price_team");
    expect_plan(t, "team", "false");
    bill(t, "price_team,price_addon");
    expect_plan(t, "team", "false");
}

static void expect_seats(struct t *t, const char *seats)
{
    POST_AT(t, "%s/sync", billing(t));
    expect(t, 200, "plan", "team", "entitlements.0.limit", seats);
}

static void who_bought_a_version_keeps_it_though_the_price_is_the_same(void **state)
{
    struct t *t = *state;

    buy(t, "team", PLANS("10", NAMED));
    sell_this(t, PLANS("3", NAMED));
    expect_seats(t, "10");
    /* Also one the release before this one wrote. */
    sql_run(t, "UPDATE payments.subscription SET provider_price = NULL");
    expect_seats(t, "10");
    assert_string_equal(
        sql_text(t, "SELECT provider_price FROM payments.subscription"), "price_team");
    bill(t, "price_biz");
    expect_plan(t, "business", "false");
    bill(t, "price_team"); /* a new purchase: of what is sold now */
    expect_seats(t, "3");
}

static void what_was_on_the_pay_page_is_what_was_sold(void **state)
{
    struct t *t = *state;

    sell_this(t, PLANS("10", NAMED));
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    sell_this(t, PLANS("3", NAMED));
    pay(t, session_in_response(t), "paid");
    expect_seats(t, "10");
}

static void one_no_longer_sold_and_one_given_an_id_stay_as_sold(void **state)
{
    struct t *t = *state;

    buy(t, "team", PLANS("10", ""));
    sell_this(t, PLANS("3", NAMED));
    expect_seats(t, "10");
    sql_run(t, "UPDATE payments.subscription SET provider_price = NULL");
    expect_seats(t, "10");
    sell_this(t, "{'plans':[{'key':'free','name':'Free','is_default':true,"
                 "'entitlements':[{'name':'users.seats','limit':1}]}]}");
    expect_seats(t, "10");
}

int main(void)
{
    return run_db_tests(an_unknown_price_keeps_the_plan_and_is_told,
        made_on_the_way_and_switched_is_unknown_too,
        its_event_waits_until_the_plans_file_has_the_price,
        of_an_unknown_price_payments_fail_and_ends_come_all_the_same,
        one_that_begins_with_an_unknown_price_is_refused_aloud, extras_beside_it_are_passed_over,
        who_bought_a_version_keeps_it_though_the_price_is_the_same,
        what_was_on_the_pay_page_is_what_was_sold,
        one_no_longer_sold_and_one_given_an_id_stay_as_sold);
}
