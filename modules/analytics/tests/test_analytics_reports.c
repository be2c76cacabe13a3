/* What events add up to, and what is forgotten: through the real router against a real database. */
#include "testkit.h"
#include "db/tx.h"
#include "analytics_internal.h"
#include <payments.h>

static void occurred(struct t *t, const char *visitor, const char *name, int hours_ago)
{
    sql_run(t,
        "INSERT INTO analytics.event (org_id, received_at, occurred_at, name, visitor, properties) "
        "SELECT id, now(), now() - make_interval(hours => %d), '%s', '%s', '{}' FROM users.org "
        "ORDER BY created_at LIMIT 1",
        hours_ago, name, visitor);
}

/* Of the current organisation. */
static const char *write_key(struct t *t)
{
    POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", org_of(t)), "{'name':'K'}");
    expect(t, 201);
    return member_of(t, "key");
}

static void joined(struct t *t, const char *visitor, const char *to)
{
    sql_run(t,
        "INSERT INTO analytics.visitor_link SELECT id, '%s', '%s' FROM users.org "
        "ORDER BY created_at LIMIT 1",
        visitor, to);
}

static void a_funnel_counts_who_took_the_steps_in_order_and_in_time(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    occurred(t, "whole", "A", 9), occurred(t, "whole", "B", 8), occurred(t, "whole", "C", 7);
    occurred(t, "backwards", "C", 9), occurred(t, "backwards", "B", 8);
    occurred(t, "backwards", "A", 7);
    occurred(t, "late", "A", 100), occurred(t, "late", "B", 60), occurred(t, "late", "C", 9);
    /* The first A is too long ago, the second is not. */
    occurred(t, "again", "A", 200), occurred(t, "again", "A", 12), occurred(t, "again", "B", 10);
    /* Two ids of one visitor. */
    occurred(t, "anonymous", "A", 5), occurred(t, "known", "B", 4), occurred(t, "known", "C", 3);
    joined(t, "anonymous", "known");

    GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=A,B,C&within_days=1", org_of(t));
    expect(t, 200, "data.0.step", "A", "data.0.visitors", "5", "data.1.visitors", "3",
        "data.2.visitors", "2");
    GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=A,B,C&within_days=14", org_of(t));
    expect(t, 200, "data.0.visitors", "5", "data.1.visitors", "4", "data.2.visitors", "3");
    /* A step twice takes two events. */
    GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=A,A&within_days=14", org_of(t));
    expect(t, 200, "data.0.visitors", "5", "data.1.visitors", "1");
    GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=Never,A", org_of(t));
    expect(t, 200, "data.0.visitors", "0", "data.1.visitors", "0");
}

/* Against the plainest way to count the same: try every beginning. */
static void a_funnel_agrees_with_trying_every_beginning(void **state)
{
    struct t *t = *state;
    const char *reached, *tried;

    as_owner_of(t, make_org(t));
    sql_run(t, "INSERT INTO analytics.event (org_id, received_at, occurred_at, name, visitor, "
               "properties) SELECT o.id, now(), now() - interval '1 minute' * (random() * 20000), "
               "(ARRAY['A','B','C','D'])[1 + floor(random() * 4)], 'v' || (n %% 200), '{}' "
               "FROM generate_series(1, 3000) n, (SELECT id FROM users.org) o");
    GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=A,B,A,C&within_days=2", org_of(t));
    reached = at(t, "%s %s %s %s", member_of(t, "data.0.visitors"), member_of(t, "data.1.visitors"),
        member_of(t, "data.2.visitors"), member_of(t, "data.3.visitors"));
    tried = sql_text(t,
        "WITH a AS (SELECT visitor, occurred_at AS began, occurred_at AS at FROM analytics.event "
        "WHERE name = 'A'), b AS (SELECT DISTINCT a.visitor, a.began, e.occurred_at AS at FROM a "
        "JOIN analytics.event e ON e.visitor = a.visitor AND e.name = 'B' AND e.occurred_at > a.at "
        "AND e.occurred_at <= a.began + interval '2 days'), c AS (SELECT DISTINCT b.visitor, "
        "b.began, e.occurred_at AS at FROM b JOIN analytics.event e ON e.visitor = b.visitor AND "
        "e.name = 'A' AND e.occurred_at > b.at AND e.occurred_at <= b.began + interval '2 days'), "
        "d AS (SELECT c.visitor FROM c JOIN analytics.event e ON e.visitor = c.visitor AND "
        "e.name = 'C' AND e.occurred_at > c.at AND e.occurred_at <= c.began + interval '2 days') "
        "SELECT (SELECT count(DISTINCT visitor) FROM a) || ' ' || (SELECT count(DISTINCT visitor) "
        "FROM b) || ' ' || (SELECT count(DISTINCT visitor) FROM c) || ' ' || "
        "(SELECT count(DISTINCT visitor) FROM d)");
    assert_string_equal(reached, tried);
}

static void days_and_events_are_counted(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    sql_run(t,
        "INSERT INTO analytics.event (org_id, received_at, occurred_at, name, visitor, "
        "properties) SELECT id, '2026-03-05', x.at::timestamptz, x.name, x.visitor, '{}' "
        "FROM users.org, (VALUES ('2026-03-02T23:59:59Z', 'A', 'u'), ('2026-03-02T00:00:00Z', "
        "'A', 'v'), ('2026-03-04T12:00:00Z', 'A', 'u'), ('2026-03-04T12:00:00Z', 'B', 'anon'"
        ")) AS x (at, name, visitor)");
    joined(t, "anon", "u");

    GET_AT(t, "/v1/orgs/%s/analytics/days?from=2026-03-02T00:00:00Z&to=2026-03-05T00:00:00Z",
        org_of(t));
    expect(t, 200, "data.0.day", "2026-03-02", "data.0.events", "2", "data.0.visitors", "2",
        "data.1.day", "2026-03-03", "data.1.events", "0", "data.1.visitors", "0", "data.2.events",
        "2", "data.2.visitors", "1", "data.3", NULL);
    GET_AT(t,
        "/v1/orgs/%s/analytics/days?event=B&from=2026-03-04T00:00:00Z&to=2026-03-05T00:00:00Z",
        org_of(t));
    expect(t, 200, "data.0.events", "1");
    GET_AT(t, "/v1/orgs/%s/analytics/events?from=2026-03-02T00:00:00Z&to=2026-03-05T00:00:00Z",
        org_of(t));
    expect(t, 200, "data.0.name", "A", "data.0.events", "3", "data.0.visitors", "2", "data.1.name",
        "B", "data.2", NULL);
    GET_AT(t,
        "/v1/orgs/%s/analytics/"
        "active?period=week&from=2026-03-01T00:00:00Z&to=2026-03-31T00:00:00Z",
        org_of(t));
    expect(t, 200, "data.0.starts_on", "2026-03-02", "data.0.visitors", "2", "data.1", NULL);
    GET_AT(t, "/v1/orgs/%s/analytics/active?from=2026-03-01T00:00:00Z&to=2026-03-31T00:00:00Z",
        org_of(t));
    expect(
        t, 200, "data.0.visitors", "2", "data.1.starts_on", "2026-03-04", "data.1.visitors", "1");
}

static void a_range_must_be_one(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    GET_AT(t, "/v1/orgs/%s/analytics/days?from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z",
        org_of(t));
    expect_problem(t, 422, "invalid-fields", .field = "from");
    GET_AT(t, "/v1/orgs/%s/analytics/days?from=2024-03-02T00:00:00Z&to=2026-03-02T00:00:00Z",
        org_of(t));
    expect_problem(t, 422, "invalid-fields", .field = "from");
}

static void another_organisation_sees_nothing_of_it(void **state)
{
    struct t *t = *state;
    struct org *ours = make_org(t);

    as_owner_of(t, ours);
    occurred(t, "u", "A", 1);
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200, "data.0.name", "A");
    as_owner_of(t, make_org(t));
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200, "data.0", NULL);
    GET_AT(t, "/v1/orgs/%s/analytics/events", ours->id_text);
    expect_problem(t, 404, "not-found");
    as_viewer_of(t, ours);
    GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=A", org_of(t));
    expect(t, 200, "data.0.visitors", "1");
    POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", org_of(t)), "{'name':'K'}");
    expect_problem(t, 403, "forbidden");
}

static void what_is_a_users_id_is_joined_to_no_other(void **state)
{
    struct t *t = *state;
    const char *key;

    as_owner_of(t, make_org(t));
    key = write_key(t);
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'b','anonymousId':'a','event':'E'}", key);
    POST_JSON(t, "/v1/alias", "{'writeKey':'%s','userId':'c','previousId':'b'}", key);
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'b','anonymousId':'z','event':'E'}", key);
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'x','anonymousId':'a','event':'E'}", key);
    expect(t, 200);
    assert_string_equal(sql_text(t, "SELECT string_agg(visitor || joined_to, ' ' ORDER BY visitor) "
                                    "FROM analytics.visitor_link"),
        "ab zb");
}

static void users_of_a_batch_are_known_before_its_joins_are_made(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    POST_JSON(t, "/v1/batch",
        "{'writeKey':'%s','batch':["
        "{'type':'track','userId':'b','anonymousId':'a','event':'E'},"
        "{'type':'alias','userId':'c','previousId':'b'},"
        "{'type':'alias','userId':'a','previousId':'c'},"
        "{'type':'track','userId':'c','anonymousId':'a','event':'E'},"
        "{'type':'track','userId':'b','anonymousId':'d','event':'E'},"
        "{'type':'track','userId':'c','anonymousId':'d','event':'E'}]}",
        write_key(t));
    expect(t, 200, "stored", "6");
    assert_string_equal(sql_text(t, "SELECT string_agg(visitor || joined_to, ' ' ORDER BY visitor) "
                                    "FROM analytics.visitor_link"),
        "db");
}

static void join_one(struct t *one, int i, void *key)
{
    POST_JSON(one, "/v1/alias", "{'writeKey':'%s','userId':'v%d','previousId':'v%d'}",
        (const char *)key, i + 1, i);
    expect(one, 200, "stored", "1");
}

static void joins_at_once_leave_no_chain(void **state)
{
    struct t *t = *state;
    const char *key;

    as_owner_of(t, make_org(t));
    key = write_key(t);
    run_parallel(t, 12, join_one, (void *)(uintptr_t)key);
    assert_string_equal(
        sql_text(t, "SELECT string_agg(visitor || joined_to, ' ') FROM analytics.visitor_link"),
        "v0v1");
}

/* --- What is kept by days, against counting the events themselves --- */

static const char counted[] =
    "SELECT string_agg(concat_ws(' ', name, day, events, visitors), ', ' ORDER BY name, day) FROM ("
    "SELECT coalesce(e.name, '') AS name, day, count(*) AS events, count(DISTINCT visitor) AS "
    "visitors FROM (SELECT name, (occurred_at AT TIME ZONE 'UTC')::date AS day, visitor FROM "
    "analytics.event) e GROUP BY GROUPING SETS ((day, name), (day))) x";
static const char kept[] =
    "SELECT string_agg(concat_ws(' ', name, day, events, visitors), ', ' ORDER BY name, day) FROM ("
    "SELECT name, day, sum(events) AS events, (SELECT count(*) FROM analytics.day_visitor v WHERE "
    "v.org_id = c.org_id AND v.name = c.name AND v.day = c.day) AS visitors FROM "
    "analytics.day_count c GROUP BY org_id, name, day HAVING sum(events) <> 0) x";

static void expect_agreement(struct t *t)
{
    const char *wanted = sql_text(t, "%s", counted);

    assert_non_null(wanted);
    assert_string_equal(sql_text(t, "%s", kept), wanted);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM analytics.day_visitor v WHERE NOT EXISTS (SELECT FROM "
                   "analytics.day_count c WHERE (c.org_id, c.name, c.day) = "
                   "(v.org_id, v.name, v.day))"),
        0);
}

static void what_is_kept_by_days_agrees_with_the_events(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    /* Out of order, up to 50 days late, in statements of many days. */
    for (int i = 0; i < 20; i++)
        sql_run(t,
            "INSERT INTO analytics.event (org_id, received_at, occurred_at, name, visitor, "
            "properties) SELECT id, now(), now() - interval '1 hour' * floor(random() * 1200), "
            "'E' || floor(random() * 9), 'v' || floor(random() * 40), '{}' "
            "FROM users.org, generate_series(1, 200)");
    sql_run(t, "INSERT INTO analytics.event SELECT id, now(), now() - interval '1 day' * n, 'F', "
               "'v2', '{}' FROM users.org, generate_series(1, 101) n");
    joined(t, "v1", "v2");
    expect_agreement(t);
    /* The list of so many days is longer than a bite. */
    assert_true(
        sql_int(t, "SELECT count(*) FROM analytics.day_visitor WHERE visitor = 'v2'") > 200);
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/v2", org_of(t));
    expect(t, 202);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event WHERE visitor = 'v2'"), 0);
    assert_int_equal(sql_int(t, "SELECT count(DISTINCT visitor) FROM analytics.event"), 39);
    expect_agreement(t);
}

/* The writer's event is not committed yet when the other begins to forget. */
static void write_or_forget(struct t *one, int i, void *arg)
{
    (void)arg;
    if (i == 0)
        sql_run(one,
            "BEGIN; INSERT INTO analytics.event SELECT id, now(), now(), 'A', 'u', '{}' FROM "
            "users.org; DO $$ BEGIN FOR i IN 1 .. 200 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks "
            "JOIN pg_database d ON d.oid = database AND datname = current_database() "
            "WHERE locktype = 'advisory' AND NOT granted); PERFORM pg_sleep(0.01); END LOOP; END "
            "$$; "
            "COMMIT");
    else
        sql_run(one,
            "DO $$ BEGIN FOR i IN 1 .. 200 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks JOIN "
            "pg_database d ON d.oid = database AND datname = current_database() WHERE "
            "locktype = 'advisory'); PERFORM pg_sleep(0.01); END LOOP; PERFORM "
            "analytics.forget_visitor(id, 'u', 100) FROM users.org; END $$");
}

static void an_event_that_comes_while_its_visitor_is_forgotten_goes_too(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    occurred(t, "u", "A", 0);
    occurred(t, "other", "A", 0);
    run_parallel(t, 2, write_or_forget, NULL);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event"), 1);
    expect_agreement(t);
}

static void counts_past_their_retention_are_swept(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    occurred(t, "u", "A", 24 * 380);
    occurred(t, "u", "A", 1);
    advance(t, DAYS(20));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.day_visitor WHERE name = 'A'"), 1);
    assert_int_equal(
        sql_int(t, "SELECT sum(events)::int FROM analytics.day_count WHERE name = 'A'"), 1);
}

static void a_forgotten_visitor_is_gone_by_exactly_its_id(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    occurred(t, "u", "A", 1), occurred(t, "anon", "A", 1), occurred(t, "other", "A", 1);
    joined(t, "anon", "u");
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/u", org_of(t));
    expect(t, 202);
    drain_jobs(t);
    assert_string_equal(
        sql_text(t, "SELECT string_agg(visitor, ' ' ORDER BY visitor) FROM analytics.event"),
        "anon other");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 0);
}

static void a_person_and_an_organisation_leave_nothing_behind(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *member = make_member(t, org, "member");

    as_owner_of(t, org);
    occurred(t, member->id_text, "A", 1), occurred(t, "other", "A", 1);
    POST_JSON(t, "/v1/track",
        "{'writeKey':'%s','userId':'other','anonymousId':'another','event':'A'}", write_key(t));
    expect(t, 200, "stored", "1");
    drain_jobs(t);
    assert_true(
        sql_int(t, "SELECT count(*) FROM analytics.milestone WHERE person_id = '%s'",
            sql_text(t, "SELECT id FROM users.person WHERE email = '%s'", member->email)) > 1);
    as_person(t, member);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    assert_string_equal(
        sql_text(t, "SELECT string_agg(DISTINCT visitor, ' ') FROM analytics.event"), "other");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.milestone m WHERE person_id IS NOT "
                                "NULL AND NOT EXISTS (SELECT FROM users.person p WHERE p.id = "
                                "m.person_id)"),
        0);

    as_person(t, org->owner);
    DELETE_AT(t, "/v1/orgs/%s", org->id_text);
    expect(t, 204);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.write_key"), 0);
    advance(t, MINUTES(3));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.day_count"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.day_visitor"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.message"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.known_user"), 0);
}

static err run_platform_funnel(struct ctx *c, void *arg)
{
    static const char *const steps[] = { "signed up", "verified", "created organisation", "paid" };

    return analytics__run_platform_funnel(c,
        &(struct analytics_funnel_wanted){ .steps = steps, .n_steps = 4, .within_s = 86400 }, arg);
}

static err publish_paid(struct ctx *c, void *arg)
{
    const struct payments_subscription_event started = { .subscription_id = uuid_new(),
        .plan = "team",
        .status = "active",
        .access = "full",
        .period_end = instant_add(clock_now(), DAYS(30)) };

    (void)arg;
    return event_publish(c, &PAYMENTS_SUBSCRIPTION_STARTED, started.subscription_id, &started);
}

static void the_platforms_own_funnel_needs_no_page(void **state)
{
    struct t *t = *state;
    struct ctx *c = make_ctx(t, NULL, NULL);
    struct analytics_funnel out;
    struct org *org;

    org = make_org(t); /* its owner signs up, confirms, founds it */
    expect_ok(tx_run(make_ctx(t, org->owner, org), publish_paid, NULL));
    make_person(t);
    POST_JSON(t, "/v1/auth/signup",
        "{'email':'never@example.org','password':'a long enough one','name':'N'}");
    expect(t, 202);
    drain_jobs(t);
    tx_set_role(c, DB_SYSTEM); /* as SCOPE_STAFF runs */
    expect_ok(tx_run(c, run_platform_funnel, &out));
    assert_int_equal(out.n_data, 4);
    assert_int_equal(out.data[0].visitors, 3);
    assert_int_equal(out.data[1].visitors, 2);
    assert_int_equal(out.data[2].visitors, 1);
    assert_int_equal(out.data[3].visitors, 1);
}

static void partitions_are_made_moved_into_and_dropped(void **state)
{
    struct t *t = *state;
    const char *days =
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'analytics.event'::regclass";
    int64_t before = sql_int(t, "%s", days);

    as_owner_of(t, make_org(t));
    /* Nobody maintained: the day has no partition, and what comes in is kept all the same. */
    sql_run(t, "INSERT INTO analytics.event SELECT id, now() + interval '9 days', now(), 'A', 'u', "
               "'{}' FROM users.org");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event_default"), 1);
    sql_run(t,
        "SET ROLE ashlar_owner; SET ashlar.now = '%s'; SELECT analytics.make_partitions(7); "
        "RESET ROLE; RESET ashlar.now",
        sql_text(t, "SELECT now() + interval '5 days'"));
    assert_int_equal(sql_int(t, "%s", days), before + 5);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event_default"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event"), 1);
    sql_run(t,
        "SET ROLE ashlar_owner; SET ashlar.now = '%s'; SELECT analytics.drop_partitions(7); "
        "RESET ROLE; RESET ashlar.now",
        sql_text(t, "SELECT now() + interval '18 days'"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event"), 0);
    assert_int_equal(sql_int(t, "%s", days), before + 5 - 11);
}

static void days_nobody_maintained_get_their_partition_afterwards(void **state)
{
    struct t *t = *state;
    int64_t before = sql_int(t, "SELECT count(*) FROM pg_inherits WHERE inhparent = "
                                "'analytics.event'::regclass");

    as_owner_of(t, make_org(t));
    sql_run(t, "INSERT INTO analytics.event SELECT id, now() + interval '1 day' * n, now(), 'A', "
               "'u' || n, '{}' FROM users.org, generate_series(10, 30) n");
    sql_run(t,
        "SET ROLE ashlar_owner; SET ashlar.now = '%s'; SELECT analytics.make_partitions(7); "
        "RESET ROLE; RESET ashlar.now",
        sql_text(t, "SELECT now() + interval '30 days'"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM ONLY analytics.event_default"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM pg_inherits WHERE inhparent = "
                                "'analytics.event'::regclass"),
        before + 20 + 8);
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200, "data.0.events", "21", "data.0.visitors", "21");
}

int main(void)
{
    return run_db_tests(a_funnel_counts_who_took_the_steps_in_order_and_in_time,
        a_funnel_agrees_with_trying_every_beginning, days_and_events_are_counted,
        a_range_must_be_one, another_organisation_sees_nothing_of_it,
        what_is_a_users_id_is_joined_to_no_other,
        users_of_a_batch_are_known_before_its_joins_are_made, joins_at_once_leave_no_chain,
        what_is_kept_by_days_agrees_with_the_events,
        an_event_that_comes_while_its_visitor_is_forgotten_goes_too,
        counts_past_their_retention_are_swept, a_forgotten_visitor_is_gone_by_exactly_its_id,
        a_person_and_an_organisation_leave_nothing_behind, the_platforms_own_funnel_needs_no_page,
        partitions_are_made_moved_into_and_dropped,
        days_nobody_maintained_get_their_partition_afterwards);
}
