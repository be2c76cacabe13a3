/* What the tests of payments share. */
#include "payments_factory.h"
#include "db/tx.h"

struct ctx *system_ctx(struct t *t)
{
    struct ctx *c = make_ctx(t, NULL, NULL);

    c->deadline_us = clock_monotonic_us() + SECONDS(20);
    return c;
}

static err take_catalog(struct ctx *c, void *arg)
{
    struct payments__changes changes;

    return payments__sync_catalog(c, arg, &changes);
}

void sell_this(struct t *t, const char *json)
{
    struct ctx *c = system_ctx(t);
    char *text = arena_strdup(arena_of(t), json);
    struct payments__catalog_in catalog;

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    expect_ok(payments__catalog_parse(c, text, strlen(text), &catalog));
    expect_ok(tx_run(c, take_catalog, &catalog));
}

void sell(struct t *t)
{
    sell_this(t, "{'plans':[{'key':'free','name':'Free','is_default':true,"
                 "'entitlements':[{'name':'users.seats','limit':1}]},"
                 "{'key':'team','name':'Team','prices':["
                 "{'currency':'EUR','period':'month','amount_minor':2900},"
                 "{'currency':'JPY','period':'year','amount_minor':50000}],"
                 "'entitlements':[{'name':'users.seats','limit':3}]}]}");
}

void click(struct t *t, const char *plan, const char *currency, const char *period)
{
    with_header(t, "Idempotency-Key", typeid_text(arena_of(t), "key", uuid_new()));
    POST_JSON(t, at(t, "/v1/orgs/%s/billing/checkout", org_of(t)),
        "{'plan':'%s','currency':'%s','period':'%s'}", plan, currency, period);
}

const char *session_in_response(struct t *t)
{
    const char *url = member_of(t, "url");
    const char *at = url ? strstr(url, "/pay/") : NULL;

    return at ? at + strlen("/pay/") : NULL;
}

void pay(struct t *t, const char *session, const char *outcome)
{
    POST_AT(t, "/pay/%s/%s", session, outcome);
    expect(t, 200);
}

void send_event(struct t *t, const char *body)
{
    struct ctx *c = system_ctx(t);
    const struct bytes bytes = { body, strlen(body) };

    with_header(t, "Stripe-Signature",
        payments_sign(arena_of(t), bytes, payments__provider()->webhook_secrets(c), clock_now()));
    SEND(t, "POST", "/v1/payments/webhooks/dev", "application/json", body, strlen(body));
}

int deliver_events(struct t *t)
{
    const char *body;
    int n = 0;

    while (
        (body = sql_text(t,
             "UPDATE payments_simulator.event SET delivered_at = now() WHERE id = (SELECT id FROM "
             "payments_simulator.event WHERE delivered_at IS NULL ORDER BY id LIMIT 1) "
             "RETURNING body")) != NULL) {
        send_event(t, body);
        expect(t, 204);
        n++;
    }
    drain_jobs(t);
    return n;
}

void subscribe(struct t *t)
{
    click(t, "team", "EUR", "month");
    expect(t, 201, "state", "open");
    pay(t, session_in_response(t), "paid");
    assert_int_equal(deliver_events(t), 2);
}

void later(struct t *t, struct org *org, int days)
{
    advance(t, DAYS(days));
    org->owner = other_browser_of(t, org->owner);
    as_owner_of(t, org);
}

void days_pass(struct t *t, struct org *org, int days)
{
    POST_AT(t, "/dev/payments/clock/%d", days);
    expect(t, 200);
    later(t, org, days);
    sql_run(t, "UPDATE payments_simulator.clock SET ahead = '0'");
    deliver_events(t);
}

struct asked {
    struct uuid org;
    struct payments_billing_standing standing;
};

static err ask(struct ctx *c, void *arg)
{
    struct asked *asked = arg;

    TRY(tx_enter_org(c, asked->org));
    return payments__get_standing(c, &asked->standing);
}

struct payments_billing_standing standing_seen_by_staff(struct t *t)
{
    const char *org = org_of(t);
    struct ctx *c = system_ctx(t);
    struct asked asked;

    assert_true(typeid_parse("org", org, strlen(org), &asked.org));
    tx_set_role(c, DB_SYSTEM);
    expect_ok(tx_read(c, ask, &asked));
    return asked.standing;
}
