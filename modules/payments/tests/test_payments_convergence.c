/*
 * Histories of a subscription, told in any order, twice, or not at all, fetched by several workers
 * whose answers overtake each other: what is stored at the end is what the provider has.
 */
#include "payments_factory.h"

enum { SEEDS = 2000, STATES = 4, WORKERS = 3, STEPS_MAX = 200 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int below(uint64_t *random, int n)
{
    return (int)(next_random(random) % (uint64_t)n);
}

/* One fetch on its way. */
struct worker {
    int64_t fetch_sequence; /* 0: idle */
    int fetched;            /* state it saw; -1: has not asked yet */
};

struct play {
    struct t *t;
    struct ctx *c;
    uint64_t random;
    struct payments_remote_subscription states[STATES];
    int now;     /* the provider's present state */
    int waiting; /* events not delivered yet */
    struct worker workers[WORKERS];
};

static void make_history(
    struct play *p, const char *id, struct uuid org, struct uuid checkout, struct uuid price)
{
    static const char *const statuses[] = { "incomplete", "active", "past_due", "unpaid",
        "canceled", "trialing", "paused" };
    static const struct payments_remote_item item = { "price_dev", 2900, "EUR", "month",
        INSTANT_NONE, INSTANT_NONE };
    struct instant at = clock_now();

    for (int i = 0; i < STATES; i++) {
        p->states[i] = (struct payments_remote_subscription){
            .id = id,
            .customer = "cus_one",
            .status = statuses[below(&p->random, COUNT(statuses))],
            .org = org,
            .checkout = checkout,
            .price = price,
            .items = &item,
            .n_items = 1,
            .cancel_at_period_end = below(&p->random, 2) == 1,
            .started_at = at,
            .period_start = instant_add(at, DAYS(30 * i)),
            .period_end = instant_add(at, DAYS(30 * (i + 1))),
        };
        if (text_equal(p->states[i].status, "canceled"))
            p->states[i].ended_at = p->states[i].period_start;
    }
}

static err next_fetch_sequence(struct ctx *c, void *arg)
{
    struct play *p = arg;
    int64_t number;

    TRY(payments__next_fetch_sequence(c, "dev", p->states[0].id, &number));
    for (int i = 0; i < WORKERS; i++) {
        if (p->workers[i].fetch_sequence == 0) {
            p->workers[i] = (struct worker){ .fetch_sequence = number, .fetched = -1 };
            return NULL;
        }
    }
    return NULL; /* everybody is busy: this one died right after taking its number */
}

static void step(struct play *p, struct worker *w)
{
    if (w->fetched < 0) {
        w->fetched = p->now;
    } else {
        expect_ok(payments__apply_subscription(p->c, &p->states[w->fetched], w->fetch_sequence));
        w->fetch_sequence = 0;
    }
}

static bool is_busy(const struct play *p)
{
    for (int i = 0; i < WORKERS; i++) {
        if (p->workers[i].fetch_sequence)
            return true;
    }
    return false;
}

static void deliver(struct play *p)
{
    expect_ok(tx_run(p->c, next_fetch_sequence, p));
}

/* Changes, deliveries (of any change so far: late, early and repeated are all the same to us) and
 * steps of workers in a random order, until the last change has happened. */
static void play(struct play *p)
{
    while (p->now < STATES - 1) {
        switch (below(&p->random, 4)) {
        case 0:
            p->now++;
            break;
        case 1:
            deliver(p);
            break;
        default: {
            struct worker *w = &p->workers[below(&p->random, WORKERS)];
            if (w->fetch_sequence)
                step(p, w);
        }
        }
    }
}

/* The last change's own event, or reconciliation in its place: a fetch that begins after it. Then
 * everything that is still on its way ends, in any order. */
static void finish(struct play *p)
{
    while (p->workers[0].fetch_sequence && p->workers[1].fetch_sequence &&
           p->workers[2].fetch_sequence)
        step(p, &p->workers[below(&p->random, WORKERS)]);
    deliver(p);
    for (int i = 0; is_busy(p) && i < STEPS_MAX; i++) {
        struct worker *w = &p->workers[below(&p->random, WORKERS)];
        if (w->fetch_sequence)
            step(p, w);
    }
}

static err one_seed(struct ctx *c, void *arg)
{
    struct play *p = arg;
    struct payments__subscription row;
    const struct payments_remote_subscription *last = &p->states[STATES - 1];
    bool found;

    play(p);
    finish(p);
    TRY(payments__get_subscription(c, "dev", last->id, &row, &found));
    assert_true(found);
    assert_string_equal(row.status, last->status);
    assert_int_equal(row.cancel_at_period_end, last->cancel_at_period_end);
    assert_true(row.period_start.us == last->period_start.us);
    assert_true(row.period_end.us == last->period_end.us);
    assert_true(row.ended_at.us == last->ended_at.us);
    return NULL;
}

static struct uuid uuid_of(struct t *t, const char *query)
{
    const char *text = sql_text(t, "%s", query);
    struct uuid id;

    assert_non_null(text);
    assert_true(uuid_parse(text, strlen(text), &id));
    return id;
}

static void whatever_order_events_come_in_the_last_state_wins(void **state)
{
    struct t *t = *state;
    struct uuid org, checkout, price;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    org = uuid_of(t, "SELECT org_id FROM payments.checkout");
    checkout = uuid_of(t, "SELECT id FROM payments.checkout");
    price = uuid_of(t, "SELECT price_id FROM payments.checkout");
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct play p = { .t = t, .c = system_ctx(t), .random = seed * 0x9e3779b97f4a7c15u };
        make_history(&p, at(t, "sub_%llu", (unsigned long long)seed), org, checkout, price);
        expect_ok(tx_run(p.c, one_seed, &p));
        /* Two with access at once would be another story. */
        sql_run(t, "UPDATE payments.subscription SET ended_at = started_at "
                   "WHERE ended_at IS NULL");
    }
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.subscription"), SEEDS);
}

/* The same through the whole house: events of a real history, shuffled and doubled. */
static void shuffled_and_doubled_webhooks_end_in_one_state(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "fails-later");
    POST_AT(t, "/dev/payments/clock/31");
    POST_AT(t, "/dev/payments/%s/repair",
        sql_text(t, "SELECT id FROM payments_simulator.subscription"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments_simulator.event"), 4);
    for (int i = 0; i < 12; i++) {
        send_event(t, sql_text(t,
                          "SELECT body FROM payments_simulator.event ORDER BY md5(id::text || "
                          "'%d') LIMIT 1",
                          i));
        expect(t, 204);
        if (i % 3 == 0)
            drain_jobs(t);
    }
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook"),
        sql_int(t, "SELECT count(DISTINCT external_id) FROM payments.webhook"));
    GET_AT(t, "/v1/orgs/%s/billing", org_of(t));
    expect(t, 200, "plan", "team", "subscription.status", "active");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.subscription"), 1);
}

static void what_no_event_told_reconciliation_finds(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    sql_run(t, "UPDATE payments_simulator.event SET delivered_at = now()"); /* all of them lost */
    sql_run(t, "DELETE FROM platform.job WHERE kind = 'payments_simulator.deliver'");
    GET_AT(t, "/v1/orgs/%s/billing", org_of(t));
    expect(t, 200, "plan", "free");
    advance(t, HOURS(2));
    drain_jobs(t);
    GET_AT(t, "/v1/orgs/%s/billing", org_of(t));
    expect(t, 200, "plan", "team", "subscription.status", "active", "checkout.state", "completed");
}

static void an_event_of_nobody_known_is_tried_again(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    sql_run(t, "UPDATE payments_simulator.subscription SET org = 'org_00000000000000000000000001'");
    deliver_events(t);
    GET_AT(t, "/v1/orgs/%s/billing", org_of(t));
    expect(t, 200, "plan", "free");
    assert_true(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL") > 0);
    sql_run(t, "UPDATE payments_simulator.subscription SET org = (SELECT org FROM "
               "payments_simulator.session)");
    advance(t, HOURS(1));
    drain_jobs(t);
    GET_AT(t, "/v1/orgs/%s/billing", org_of(t));
    expect(t, 200, "plan", "team");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
}

static void what_another_product_sells_on_the_account_is_passed_over(void **state)
{
    struct t *t = *state;

    sell(t);
    as_owner_of(t, make_org(t));
    click(t, "team", "EUR", "month");
    pay(t, session_in_response(t), "paid");
    sql_run(t,
        "UPDATE payments_simulator.subscription SET org = '', checkout = '', price = '', customer "
        "= 'cus_of_another'");
    deliver_events(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.webhook WHERE done_at IS NULL"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM payments.subscription"), 0);
    advance(t, HOURS(2)); /* and nobody asks again, every hour */
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE kind = "
                                "'payments.sync_subscription' OR state = 'dead'"),
        0);
}

int main(void)
{
    return run_db_tests(whatever_order_events_come_in_the_last_state_wins,
        shuffled_and_doubled_webhooks_end_in_one_state, what_no_event_told_reconciliation_finds,
        an_event_of_nobody_known_is_tried_again,
        what_another_product_sells_on_the_account_is_passed_over);
}
