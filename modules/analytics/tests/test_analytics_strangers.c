/* What somebody can do who has an organisation's public write key and nothing else; and what
 * forgetting takes. Through the real router against a real database. */
#include "sender_factory.h"

/* A report of the current organisation, as it is answered. */
static const char *report(struct t *t, const char *what)
{
    GET_AT(t, "/v1/orgs/%s/analytics/%s", org_of(t), what);
    expect(t, 200);
    return arena_strdup(arena_of(t), body_of(t));
}

static void a_stranger_who_joins_users_and_leaves_deletes_nothing(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    struct person *outsider = make_person(t);
    const char *key = write_key(t, org), *before;

    for (int i = 0; i < 3; i++) {
        POST_JSON(t, "/v1/batch", "%s",
            batch(t, key, 20, "{'type':'track','event':'Purchase','userId':'%d'}"));
        expect(t, 200, "stored", "20");
    }
    as_owner_of(t, org);
    before = report(t, "events");
    expect(t, 200, "data.0.events", "60", "data.0.visitors", "20");

    as_nobody(t);
    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 20,
            at(t, "{'type':'identify','anonymousId':'%%d','userId':'%s'}", outsider->id_text)));
    expect(t, 200, "stored", "20");
    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200, "data.0.name", "Purchase", "data.0.events", "60", "data.0.visitors", "20");

    as_person(t, outsider);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    as_owner_of(t, org);
    assert_string_equal(report(t, "events"), before);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM analytics.event WHERE visitor = '%s'", outsider->id_text),
        0);
}

static void forgetting_somebody_a_stranger_was_joined_to_takes_only_that_id(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);

    POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'alice','event':'Buy'}", key);
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'mallory','event':'Buy'}", key);
    POST_JSON(t, "/v1/identify", "{'writeKey':'%s','anonymousId':'alice','userId':'mallory'}", key);
    /* The same of an id that was never seen as a user's: that join is made. */
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','anonymousId':'browser','event':'Buy'}", key);
    POST_JSON(
        t, "/v1/identify", "{'writeKey':'%s','anonymousId':'browser','userId':'mallory'}", key);
    assert_string_equal(links(t), "browser>mallory");

    as_owner_of(t, org);
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/mallory", org_of(t));
    expect(t, 202);
    drain_jobs(t);
    assert_string_equal(sql_text(t, "SELECT string_agg(visitor || ' ' || name, ', ' ORDER BY "
                                    "visitor) FROM analytics.event"),
        "alice Buy, browser Buy");
    assert_string_equal(links(t), "");
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200, "data.0.events", "2", "data.0.visitors", "2", "data.1", NULL);
}

static void ids_of_broken_callers_join_nobody(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);
    static const char *const users[] = { "alice", "bob", "carol" };

    for (size_t i = 0; i < COUNT(users); i++) {
        POST_JSON(t, "/v1/identify", "{'writeKey':'%s','anonymousId':'null','userId':'%s'}", key,
            users[i]);
        expect(t, 200, "stored", "1");
        POST_JSON(t, "/v1/track", "{'writeKey':'%s','anonymousId':'null','event':'Seen'}", key);
        expect(t, 200, "stored", "1");
    }
    assert_string_equal(links(t), "");
    as_owner_of(t, org);
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/alice", org_of(t));
    expect(t, 202);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event WHERE name = 'Seen'"), 3);
}

/* --- All that can be sent with the key, against all that is there --- */

/* What the tenant's own pages sent in the last days: twenty users, two browsers of the first. */
static void fill(struct t *t, const char *key)
{
    static const char *const names[] = { "Viewed", "Purchase" };
    char at_text[INSTANT_TEXT_SIZE];

    for (int i = 0; i < 6; i++) {
        instant_format(instant_add(clock_now(), -DAYS(6) + HOURS(20 * i)), at_text);
        POST_JSON(t, "/v1/batch", "%s",
            batch(t, key, 20,
                at(t, "{'type':'track','event':'%s','userId':'%%d','timestamp':'%s'}", names[i % 2],
                    at_text)));
        expect(t, 200, "stored", "20");
        POST_JSON(t, "/v1/batch", "%s",
            batch(t, key, 2,
                at(t,
                    "{'type':'track','event':'Viewed','anonymousId':'browser-%%d','timestamp':"
                    "'%s'}",
                    at_text)));
        expect(t, 200, "stored", "2");
    }
    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 2, "{'type':'identify','anonymousId':'browser-%d','userId':'1'}"));
    expect(t, 200, "stored", "2");
    assert_string_equal(links(t), "browser-1>1 browser-2>1");
}

/* Every report of the nine days before that midnight. */
static const char *past(struct t *t, struct org *org, struct instant midnight)
{
    static const char *const reports[] = { "events?", "days?", "days?event=Viewed&",
        "days?event=Purchase&", "active?period=day&", "active?period=week&", "active?period=month&",
        "funnel?steps=Viewed,Purchase&", "funnel?steps=Viewed,Viewed,Purchase&within_days=1&" };
    char from[INSTANT_TEXT_SIZE], to[INSTANT_TEXT_SIZE];
    const char *all = "";

    instant_format(instant_add(midnight, -DAYS(9)), from);
    instant_format(midnight, to);
    as_owner_of(t, org);
    for (size_t i = 0; i < COUNT(reports); i++)
        all = at(t, "%s\n%s", all, report(t, at(t, "%sfrom=%s&to=%s", reports[i], from, to)));
    as_nobody(t);
    return all;
}

static const char *const ids[] = { "1", "2", "20", "browser-1", "fresh", "undefined", "0",
    "mallory", NULL };

static void add_id(struct buf *b, const char *field, const char *id)
{
    if (id)
        buf_printf(b, ",'%s':'%s'", field, id);
}

/* By each path: the message alone where it is one, in a list where it is a batch. */
static void send_everywhere(
    struct t *t, const char *key, const char *user, const char *other, const char *when)
{
    static const struct {
        const char *path, *type;
    } paths[] = { { "track", "track" }, { "t", "track" }, { "identify", "identify" },
        { "i", "identify" }, { "page", "page" }, { "p", "page" }, { "screen", "screen" },
        { "s", "screen" }, { "group", "group" }, { "g", "group" }, { "alias", "alias" },
        { "a", "alias" } };
    struct buf one, all;

    buf_init(&all, arena_of(t), 65536);
    for (size_t i = 0; i < COUNT(paths); i++) {
        buf_init(&one, arena_of(t), 65536);
        buf_printf(&one, "{'writeKey':'%s','type':'%s','event':'Noise','groupId':'g'%s", key,
            paths[i].type, when);
        add_id(&one, "userId", user);
        add_id(&one, "anonymousId", other);
        add_id(&one, "previousId", other);
        buf_char(&one, '}');
        POST_JSON(t, at(t, "/v1/%s", paths[i].path), "%s", one.data);
        assert_true(status_of(t) == 200 || status_of(t) == 400);
        buf_printf(&all, "%s%s", i ? "," : "", one.data);
    }
    for (size_t i = 0; i < 3; i++) {
        static const char *const batches[] = { "batch", "b", "import" };
        POST_JSON(t, at(t, "/v1/%s", batches[i]), "{'writeKey':'%s','batch':[%s]}", key, all.data);
        expect(t, 200);
    }
}

static void who_has_the_public_key_changes_nothing_of_the_past(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org), *before;
    const int64_t now = clock_now().us;
    struct instant midnight = { now - now % DAYS(1) };

    fill(t, key);
    before = past(t, org, midnight);
    for (size_t i = 0; i < COUNT(ids); i++) {
        for (size_t j = 0; j < COUNT(ids); j++) {
            /* To say of a browser's id that it is a user's takes it from the user: see below. */
            if (!text_equal(ids[i], "browser-1"))
                send_everywhere(t, key, ids[i], ids[j], "");
        }
    }
    assert_string_equal(past(t, org, midnight), before);
    assert_string_equal(links(t), "browser-1>1 browser-2>1");
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/1", org->id_text);
    expect_problem(t, 401, "unauthenticated");
    as_owner_of(t, org);
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/mallory", org_of(t));
    expect(t, 202);
    drain_jobs(t);
    assert_string_equal(past(t, org, midnight), before);
}

/* Events of another day are added to that day, as somebody's own and under names of their own. */
static void what_is_sent_for_a_day_that_is_over_only_adds_to_it(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org), *days, *funnel;
    char at_text[INSTANT_TEXT_SIZE];

    fill(t, key);
    as_owner_of(t, org);
    days = report(t, "days?event=Purchase");
    funnel = report(t, "funnel?steps=Viewed,Purchase");
    as_nobody(t);
    instant_format(instant_add(clock_now(), -DAYS(3)), at_text);
    for (size_t i = 0; i < COUNT(ids); i++) {
        if (!text_equal(ids[i], "browser-1"))
            send_everywhere(t, key, ids[i], "1", at(t, ",'timestamp':'%s'", at_text));
    }
    as_owner_of(t, org);
    assert_string_equal(report(t, "days?event=Purchase"), days);
    assert_string_equal(report(t, "funnel?steps=Viewed,Purchase"), funnel);
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200);
    for (size_t i = 0; i < count_of(t, "data"); i++) {
        const char *name = member_of(t, at(t, "data.%zu.name", i));
        if (text_equal(name, "Viewed")) {
            expect(t, 200, at(t, "data.%zu.events", i), "72", at(t, "data.%zu.visitors", i), "20");
        }
    }
}

/* --- Forgetting --- */

static void forgetting_says_what_was_joined(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);

    send_ids(t, key, "ann", "laptop");
    send_ids(t, key, "ann", "phone");
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','anonymousId':'phone','event':'E'}", key);
    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/visitors/phone", org_of(t));
    expect(t, 200, "visitor", "phone", "is_user", "false", "joined_to", "ann", "joined.0", NULL);
    GET_AT(t, "/v1/orgs/%s/analytics/visitors/nobody-came", org_of(t));
    expect(t, 200, "is_user", "false", "joined_to", "null", "joined.0", NULL);
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/ann", org_of(t));
    expect(t, 202, "visitor", "ann", "is_user", "true", "joined.0", "laptop", "joined.1", "phone",
        "joined.2", NULL);
    drain_jobs(t);
    assert_string_equal(
        sql_text(t, "SELECT string_agg(visitor, ' ') FROM analytics.event"), "phone");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.known_user"), 0);
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors/phone", org_of(t));
    expect(t, 202, "joined.0", NULL);
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event"), 0);
    as_admin_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/visitors/phone", org_of(t));
    expect(t, 200);
    as_viewer_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/visitors/phone", org_of(t));
    expect_problem(t, 403, "forbidden");
}

static void an_erased_person_is_gone_in_every_organisation_and_nobody_else(void **state)
{
    struct t *t = *state;
    struct person *person = make_person(t);
    struct org *orgs[3];

    for (int i = 0; i < 3; i++) {
        const char *key = write_key(t, orgs[i] = make_org(t));
        send_ids(t, key, person->id_text, "browser");
        POST_JSON(t, "/v1/track", "{'writeKey':'%s','anonymousId':'browser','event':'E'}", key);
        send_ids(t, key, "ann", "laptop");
    }
    /* And where only a join names them. */
    sql_run(t, "DELETE FROM analytics.known_user WHERE org_id = '%s'",
        sql_text(t, "SELECT id FROM users.org ORDER BY id DESC LIMIT 1"));
    send_ids(t, write_key(t, make_org(t)), "bob", person->id_text);
    as_person(t, person);
    DELETE_AT(t, "/v1/me");
    expect(t, 204);
    drain_jobs(t);
    assert_int_equal(
        sql_int(t,
            "SELECT (SELECT count(*) FROM analytics.event WHERE visitor = '%1$s') + (SELECT "
            "count(*) FROM analytics.day_visitor WHERE visitor = '%1$s') + (SELECT count(*) FROM "
            "analytics.known_user WHERE visitor = '%1$s')",
            person->id_text),
        0);
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM analytics.event WHERE visitor = 'browser'"), 3);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event WHERE visitor = 'ann'"), 3);
    assert_string_equal(links(t), "laptop>ann laptop>ann laptop>ann");
}

int main(void)
{
    return run_db_tests(a_stranger_who_joins_users_and_leaves_deletes_nothing,
        forgetting_somebody_a_stranger_was_joined_to_takes_only_that_id,
        ids_of_broken_callers_join_nobody, who_has_the_public_key_changes_nothing_of_the_past,
        what_is_sent_for_a_day_that_is_over_only_adds_to_it, forgetting_says_what_was_joined,
        an_erased_person_is_gone_in_every_organisation_and_nobody_else);
}
