/* What waits while an organisation is suspended, and that all of it goes on afterwards: webhooks
 * and mails, in their order, each once. */
#include "testkit.h"
#include "integrations_internal.h"
#include "receiver.h"
#include "users.h"

#define ENDPOINTS "/v1/orgs/%s/webhook-endpoints"

enum { MANY = 50 };

static const char *hook;

struct act {
    struct uuid org;
    bool restore;
};

static err act(struct ctx *c, void *arg)
{
    const struct act *a = arg;

    return a->restore ? users_restore_org(c, a->org, "a mistake")
                      : users_suspend_org(c, a->org, "spam");
}

static void set_suspended(struct t *t, const struct org *org, bool suspended)
{
    expect_ok(tx_run(
        make_ctx(t, NULL, NULL), act, &(struct act){ .org = org->id, .restore = !suspended }));
}

/* An endpoint of a new organisation that hears of everything, and has heard nothing. */
static struct org *begin(struct t *t, const char **path)
{
    struct org *org = make_org(t, .name = "Acme");

    as_owner_of(t, org);
    drain_jobs(t);
    POST_JSON(t, at(t, ENDPOINTS, org_of(t)), "{'url':'%s','events':[]}", hook);
    expect(t, 201);
    *path = at(t, ENDPOINTS "/%s", org_of(t), member_of(t, "endpoint.id"));
    receiver_answers(200);
    return org;
}

static int64_t deliveries(struct t *t, const char *state)
{
    return sql_int(t, "SELECT count(*) FROM integrations.delivery WHERE state = '%s'", state);
}

/* What is scheduled runs five times meanwhile. */
static void let_pass(struct t *t, int64_t us)
{
    for (int i = 0; i < 5; i++) {
        advance(t, us / 5);
        drain_jobs(t);
    }
}

/* Those that do not go to who belongs here. */
static int64_t invited_mails(struct t *t)
{
    return sql_int(t,
        "SELECT count(DISTINCT to_address) FROM notifications.mail WHERE to_address LIKE "
        "'guest%%' AND state = 'caught'");
}

/* Each delivery has an event of its own, and they arrive as they were made. */
static void expect_each_once_in_order(struct t *t)
{
    assert_int_equal(receiver_count(), MANY);
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(receiver_got(i).id, receiver_got(k).id);
    assert_int_equal(deliveries(t, "delivered"), MANY);
    assert_int_equal(sql_int(t, "SELECT max(attempts) FROM integrations.delivery"), 1);
    assert_int_equal(
        sql_int(t,
            "SELECT count(*) FROM (SELECT d.id, lag(d.id) OVER (ORDER BY a.id) AS before "
            "FROM integrations.attempt a JOIN integrations.delivery d ON d.id = a.delivery_id) "
            "AS x WHERE before > id"),
        0);
}

static void make_work(struct t *t, const char *path)
{
    for (int i = 0; i < MANY; i++) {
        POST_AT(t, "%s/test", path);
        expect(t, 202);
        POST_JSON(t, at(t, "/v1/orgs/%s/invitations", org_of(t)),
            "{'email':'guest%d@example.org','role':'member'}", i);
        expect(t, 201);
    }
}

static void what_waits_goes_on_after_restoring_each_once(void **state)
{
    struct t *t = *state;
    const char *path;
    struct org *org = begin(t, &path);
    int64_t jobs;

    make_work(t, path);
    set_suspended(t, org, true);
    assert_string_equal(mail_to(t, org->owner->email)->subject, "Acme is suspended");
    jobs = sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'ready'");
    let_pass(t, DAYS(40));
    assert_int_equal(receiver_count(), 0);
    assert_int_equal(invited_mails(t), 0);
    assert_int_equal(deliveries(t, "pending"), MANY);
    assert_in_range(
        sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'ready'"), jobs, jobs + 30);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.endpoint WHERE enabled"), 1);
    set_suspended(t, org, false);
    drain_jobs(t);
    expect_each_once_in_order(t);
    assert_int_equal(invited_mails(t), MANY);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM notifications.mail WHERE to_address LIKE 'guest%%'"),
        MANY);
    assert_string_equal(mail_to(t, org->owner->email)->subject, "Acme is no longer suspended");
}

/* Mails that were queued, and deliveries that had failed, before it was suspended. */
static void clocks_stand_still_meanwhile(void **state)
{
    struct t *t = *state;
    const char *path;
    struct org *org = begin(t, &path);

    receiver_answers(500);
    POST_AT(t, "%s/test", path);
    drain_jobs(t);
    advance(t, HOURS(20));
    drain_jobs(t);
    sql_run(t,
        "INSERT INTO notifications.mail (id, to_address, template, subject, org_id, created_at) "
        "SELECT gen_random_uuid(), 'guest@example.org', 'test', 'x', id, platform.now() FROM "
        "users.org WHERE name = 'Acme'");
    set_suspended(t, org, true);
    let_pass(t, DAYS(35));
    set_suspended(t, org, false);
    receiver_answers(200);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.endpoint WHERE enabled AND "
                                "failing_since > platform.now() - interval '22 hours'"),
        1);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM notifications.mail WHERE to_address = "
                                "'guest@example.org' AND state = 'queued' AND "
                                "created_at > platform.now() - interval '1 hour'"),
        1);
    advance(t, HOURS(1));
    drain_jobs(t);
    assert_int_equal(receiver_count(), 1); /* older than what is kept, and yet sent first */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM integrations.endpoint WHERE enabled"), 1);
}

struct stuck {
    const struct integrations__watched *rows;
    size_t n;
};

static err list_stuck(struct ctx *c, void *arg)
{
    struct stuck *s = arg;
    return integrations__list_stuck(c, &s->rows, &s->n);
}

static int64_t stuck(struct t *t)
{
    struct stuck s;

    expect_ok(tx_run(make_ctx(t, NULL, NULL), list_stuck, &s));
    return (int64_t)s.n;
}

static err count_waiting(struct ctx *c, void *oldest_s)
{
    return integrations__count_waiting(c, oldest_s);
}

/* Not late by our fault: an operator who watches the age must not be woken by every restoring. */
static void what_waited_is_late_since_it_may_go_only(void **state)
{
    struct t *t = *state;
    const char *path;
    struct org *org = begin(t, &path);
    int64_t oldest_s;

    POST_AT(t, "%s/test", path);
    advance(t, MINUTES(2));
    set_suspended(t, org, true);
    let_pass(t, DAYS(10));
    set_suspended(t, org, false);
    expect_ok(tx_run(make_ctx(t, NULL, NULL), count_waiting, &oldest_s));
    assert_int_equal(oldest_s, 0);
    assert_int_equal(stuck(t), 0);
    advance(t, MINUTES(2));
    expect_ok(tx_run(make_ctx(t, NULL, NULL), count_waiting, &oldest_s));
    assert_int_equal(oldest_s, 120);
    assert_int_equal(stuck(t), 1);
}

/* Whoever is suspended for what they send must not let it go by deleting themselves. */
static void what_waits_of_a_deleted_organisation_is_never_sent(void **state)
{
    struct t *t = *state;
    const char *path;
    struct org *org = begin(t, &path);

    make_work(t, path);
    sql_run(t,
        "INSERT INTO notifications.mail (id, to_address, template, subject, org_id) SELECT "
        "gen_random_uuid(), 'guest@example.org', 'test', 'x', id FROM users.org WHERE name = "
        "'Acme'");
    set_suspended(t, org, true);
    drain_jobs(t);
    as_owner_of(t, org);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    let_pass(t, HOURS(5));
    assert_int_equal(receiver_count(), 0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM notifications.mail WHERE to_address LIKE 'guest%%'"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM platform.job WHERE state = 'ready' AND "
                                "org_id IS NOT NULL"),
        0);
}

static struct t *being_sent;
static const char *changing;
static int calls;

static void suspend_while_sending(void)
{
    if (calls++ == 0)
        sql_run(being_sent,
            "UPDATE integrations.feed SET held_at = platform.now();"
            "INSERT INTO platform.job_hold (org_id) SELECT org_id FROM integrations.feed");
}

static void what_was_claimed_together_is_asked_of_one_by_one(void **state)
{
    struct t *t = *state;
    const char *path;
    struct org *org = begin(t, &path);

    for (int i = 0; i < 9; i++)
        POST_AT(t, "%s/test", path);
    being_sent = t;
    calls = 0;
    receiver_calls(suspend_while_sending);
    drain_jobs(t);
    receiver_calls(NULL);
    assert_int_equal(receiver_count(), 1);
    assert_int_equal(deliveries(t, "pending"), 8);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM integrations.delivery WHERE leased_by IS NOT NULL"), 0);
    sql_run(t, "UPDATE users.org SET suspended_at = platform.now(), suspended_reason = 'x'");
    set_suspended(t, org, false);
    drain_jobs(t);
    assert_int_equal(receiver_count(), 9);
    assert_int_equal(deliveries(t, "delivered"), 9);
}

static void change_while_sending(void)
{
    if (calls++ == 0)
        sql_run(being_sent, "UPDATE integrations.endpoint SET url = '%s', version = version + 1",
            changing);
}

static void a_new_address_counts_from_the_next_delivery_on(void **state)
{
    struct t *t = *state;
    const char *path;

    begin(t, &path);
    for (int i = 0; i < 9; i++)
        POST_AT(t, "%s/test", path);
    being_sent = t;
    calls = 0;
    changing = at(t, "%s-new", hook);
    receiver_calls(change_while_sending);
    drain_jobs(t);
    receiver_calls(NULL);
    assert_int_equal(receiver_count(), 9);
    assert_string_equal(receiver_got(0).path, "POST /hook HTTP/1.1");
    for (int i = 1; i < 9; i++)
        assert_string_equal(receiver_got(i).path, "POST /hook-new HTTP/1.1");
}

static void disable_while_sending(void)
{
    if (calls++ == 0)
        sql_run(being_sent, "UPDATE integrations.endpoint SET enabled = false, "
                            "disabled_reason = 'person', version = version + 1");
}

static void what_is_disabled_hears_no_more_from_the_next_delivery_on(void **state)
{
    struct t *t = *state;
    const char *path;

    begin(t, &path);
    for (int i = 0; i < 9; i++)
        POST_AT(t, "%s/test", path);
    being_sent = t;
    calls = 0;
    receiver_calls(disable_while_sending);
    drain_jobs(t);
    receiver_calls(NULL);
    assert_int_equal(receiver_count(), 1);
    assert_int_equal(deliveries(t, "pending"), 8);
}

int main(void)
{
    int failed;

    hook = receiver_start();
    failed = run_db_tests(clocks_stand_still_meanwhile,
        what_waits_goes_on_after_restoring_each_once,
        what_was_claimed_together_is_asked_of_one_by_one,
        what_waits_of_a_deleted_organisation_is_never_sent,
        what_waited_is_late_since_it_may_go_only, a_new_address_counts_from_the_next_delivery_on,
        what_is_disabled_hears_no_more_from_the_next_delivery_on);
    receiver_stop();
    return failed;
}
