/* A provider that says no to whatever it is asked, of a look as of a change: its words are heard,
 * and nothing changes. */
#include "payments_factory.h"
#include "receiver.h"

static const char *billing(struct t *t)
{
    return at(t, "/v1/orgs/%s/billing", org_of(t));
}

static void open_page(struct t *t)
{
    receiver_answers(200);
    receiver_says("{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"status\":\"open\","
                  "\"payment_status\":\"unpaid\",\"url\":\"https://pay.example/cs_1\","
                  "\"expires_at\":4102444800}");
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
}

static void expect_the_providers_words(struct t *t)
{
    expect_problem(t, 502, "payments/provider-refused", .detail = "This API version is not taken.");
}

static void a_look_that_is_refused_says_so_and_changes_nothing(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    open_page(t);
    receiver_answers(400);
    receiver_says("{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"This API version "
                  "is not taken.\"}}");
    DELETE_AT(t, "%s/checkout", billing(t));
    expect_the_providers_words(t);
    POST_AT(t, "%s/sync", billing(t));
    expect_the_providers_words(t);
    GET_AT(t, "%s", billing(t));
    expect(t, 200, "plan", "free", "checkout.state", "open");
}

int main(void)
{
    char url[100];
    int failed;

    snprintf(url, sizeof url, "ASHLAR_STRIPE_URL=%s", receiver_start());
    testkit_environment =
        (const char *const[]){ "ASHLAR_PAYMENTS=stripe", "ASHLAR_STRIPE_KEY=sk_test_of_nobody",
            "ASHLAR_STRIPE_WEBHOOK_SECRETS=whsec_of_nobody", url, NULL };
    failed = run_db_tests(a_look_that_is_refused_says_so_and_changes_nothing);
    receiver_stop();
    return failed;
}
