/* A start-up that does not sell yet: payments are off, and everything else works. */
#include "payments_factory.h"

static void buttons_say_that_payments_are_off(void **state)
{
    static const char *const buttons[] = { "sync", "cancel", "resume", "portal" };
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    expect_problem(t, 503, "payments/disabled");
    DELETE_AT(t, "/v1/orgs/%s/billing/checkout", org_of(t));
    expect_problem(t, 503, "payments/disabled");
    for (size_t i = 0; i < COUNT(buttons); i++) {
        POST_AT(t, "/v1/orgs/%s/billing/%s", org_of(t), buttons[i]);
        expect_problem(t, 503, "payments/disabled");
    }
    GET_AT(t, "/v1/orgs/%s/billing", org_of(t));
    expect(t, 200, "plan", "free", "provider", "null");
    drain_jobs(t);
}

int main(void)
{
    testkit_environment = (const char *const[]){ "ASHLAR_PAYMENTS=off", NULL };
    return run_db_tests(buttons_say_that_payments_are_off);
}
