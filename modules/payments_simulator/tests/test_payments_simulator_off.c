/* The simulator while another provider is selected, or none: no page, and jobs that do nothing. */
#include "payments_factory.h"

static void it_has_no_page_to_pay_on(void **state)
{
    struct t *t = *state;

    GET_AT(t, "/pay/cs_dev_00000000000000000000000000");
    expect_problem(t, 404, "not-found", .detail = "This checkout session does not exist");
    POST_AT(t, "/pay/cs_dev_00000000000000000000000000/paid");
    expect_problem(t, 404, "not-found", .detail = "This checkout session does not exist");
}

static void its_jobs_do_nothing(void **state)
{
    struct t *t = *state;

    sql_run(t, "INSERT INTO payments_simulator.subscription (id, customer, org, checkout, price, "
               "period, status, created_at, period_start, period_end, amount_minor, currency) "
               "VALUES ('sub_dev_1', 'cus_dev_1', '', '', '', 'month', 'active', now(), now() - "
               "interval '2 months', now() - interval '1 month', 1, 'EUR')");
    advance(t, MINUTES(5));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments_simulator.subscription "
                                "WHERE period_end < now()"),
        1);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_PAYMENTS=off", NULL };
    return run_db_tests(it_has_no_page_to_pay_on, its_jobs_do_nothing);
}
