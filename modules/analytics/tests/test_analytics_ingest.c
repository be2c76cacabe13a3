/* Messages as SDKs send them, through the real router against a real database. */
#include "testkit.h"
#include <users.h>

/* The current organisation's write key, made by its owner; from then on nobody is signed in. */
static const char *write_key(struct t *t, struct org *org)
{
    const char *key;

    as_owner_of(t, org);
    POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", org_of(t)),
        "{'name':'Shop','traits':['plan']}");
    expect(t, 201, "name", "Shop", "traits.0", "plan");
    key = member_of(t, "key");
    as_nobody(t);
    return key;
}

static void send(struct t *t, const char *path, const char *key, const char *body)
{
    struct arena *a = arena_of(t);
    const char *plain = arena_printf(a, "%s:", key);
    char *text = arena_strdup(a, body);

    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    with_header(t, "Authorization",
        arena_printf(a, "Basic %s", base64_from_bytes(a, plain, strlen(plain))));
    SEND(t, "POST", path, "text/plain", text, strlen(text));
}

static int64_t stored(struct t *t)
{
    return sql_int(t, "SELECT count(*) FROM analytics.event");
}

static void every_path_of_the_protocol_takes_its_message(void **state)
{
    static const struct {
        const char *path, *body, *name;
    } calls[] = {
        { "/v1/track", "{'userId':'u1','event':'Bought'}", "Bought" },
        { "/v1/identify", "{'userId':'u1','traits':{'plan':'pro','ssn':'1'}}", "$identify" },
        { "/v1/page", "{'anonymousId':'a1','name':'Home'}", "$page" },
        { "/v1/screen", "{'anonymousId':'a1','name':'Start'}", "$screen" },
        { "/v1/group", "{'userId':'u1','groupId':'acme'}", "$group" },
        { "/v1/alias", "{'userId':'u1','previousId':'old'}", "$alias" },
        { "/v1/t", "{'userId':'u1','event':'Sold'}", "Sold" },
        { "/v1/i", "{'userId':'u1'}", "$identify" },
        { "/v1/p", "{'userId':'u1'}", "$page" },
        { "/v1/s", "{'userId':'u1'}", "$screen" },
        { "/v1/g", "{'userId':'u1','groupId':7}", "$group" },
        { "/v1/a", "{'userId':'u1','previousId':'older'}", "$alias" },
        { "/v1/batch", "{'batch':[{'type':'track','userId':7,'event':'Batched'}]}", "Batched" },
        { "/v1/b", "{'batch':[{'type':'track','userId':'7','event':'B'}]}", "B" },
        { "/v1/import", "{'batch':[{'type':'track','userId':'7','event':'I'}]}", "I" },
    };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(calls); i++) {
        sql_run(t, "DELETE FROM analytics.event");
        send(t, calls[i].path, key, calls[i].body);
        expect(t, 200, "success", "true", "stored", "1", "rejected", "0", "reason", "null");
        assert_string_equal(header_of(t, "Access-Control-Allow-Origin"), "*");
        assert_string_equal(sql_text(t, "SELECT name FROM analytics.event"), calls[i].name);
    }
    send(t, "/v1/m", key, "{'series':[]}");
    expect(t, 202);
}

static void the_key_may_stand_in_the_body(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'u','event':'A'}", key);
    expect(t, 200, "stored", "1");
    POST_JSON(t, "/v1/batch", "{'writeKey':'%s','batch':[]}", key);
    expect(t, 200, "stored", "0");
    POST_JSON(t, "/v1/batch",
        "{'batch':[{'writeKey':'%s','type':'track','userId':'u','event':'B'}]}", key);
    expect(t, 200, "stored", "1");
}

static void a_key_that_is_unknown_or_revoked_is_refused(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org), *id;

    send(t, "/v1/track", "wk_nobody", "{'userId':'u','event':'A'}");
    expect_problem(t, 401, "analytics/unknown-write-key");
    POST_JSON(t, "/v1/track", "{'userId':'u','event':'A'}");
    expect_problem(t, 401, "analytics/unknown-write-key");
    GET_AT(t, "/v1/projects/wk_nobody/settings");
    expect_problem(t, 404, "not-found");

    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/write-keys", org_of(t));
    expect(t, 200, "data.0.key", key);
    id = member_of(t, "data.0.id");
    DELETE_AT(t, "/v1/orgs/%s/analytics/write-keys/%s", org_of(t), id);
    expect(t, 204);
    DELETE_AT(t, "/v1/orgs/%s/analytics/write-keys/%s", org_of(t), id);
    expect_problem(t, 404, "not-found");
    send(t, "/v1/track", key, "{'userId':'u','event':'A'}");
    expect_problem(t, 401, "analytics/unknown-write-key");
}

static void every_path_refuses_who_is_unknown_and_what_is_no_message(void **state)
{
    static const char *const paths[] = { "track", "identify", "page", "screen", "group", "alias",
        "batch" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(paths); i++) {
        const char *path = at(t, "/v1/%s", paths[i]);
        send(t, path, "wk_nobody", "{'userId':'u'}");
        expect_problem(t, 401, "analytics/unknown-write-key");
        send(t, path, key, "[]");
        expect_problem(t, 400, "analytics/message-refused");
    }
}

static void a_single_message_that_is_not_acceptable_is_told_why(void **state)
{
    static const char *const bad[] = { "{'event':'A'}", "{'userId':'u'}",
        "{'userId':'','event':'A'}", "[]", "{'userId':'u','event':7}", "{'userId':'u','event':'A'",
        "nothing", "" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(bad); i++) {
        send(t, "/v1/track", key, bad[i]);
        expect_problem(t, 400, "analytics/message-refused");
    }
    send(t, "/v1/group", key, "{'userId':'u'}");
    expect_problem(t, 400, "analytics/message-refused", .detail = "groupId");
    send(t, "/v1/alias", key, "{'userId':'u'}");
    expect_problem(t, 400, "analytics/message-refused", .detail = "previousId");
    send(t, "/v1/batch", key, "{'batch':{}}");
    expect_problem(t, 400, "analytics/message-refused");
    assert_int_equal(stored(t), 0);
}

static void one_bad_message_does_not_spoil_its_batch(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    send(t, "/v1/batch", key,
        "{'batch':[{'type':'track','userId':'u','event':'A'},{'type':'nonsense','userId':'u'},7,"
        "{'type':'track','event':'nobody'},{'type':'track','userId':'u','event':'B'}]}");
    expect(t, 200, "stored", "2", "rejected", "3");
    assert_non_null(strstr(member_of(t, "reason"), "type"));
}

static void what_is_too_large_is_refused(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));
    char *text = arena_alloc(arena_of(t), 40001);
    struct buf b;

    memset(text, 'x', 33000);
    send(t, "/v1/track", key, at(t, "{'userId':'u','event':'A','properties':{'x':'%s'}}", text));
    expect_problem(t, 400, "analytics/message-refused", .detail = "32 KB");
    send(t, "/v1/track", key, at(t, "{'messageId':'%.101s','userId':'u','event':'A'}", text));
    expect_problem(t, 400, "analytics/message-refused", .detail = "messageId");
    send(t, "/v1/track", key, at(t, "{'userId':'%.201s','event':'A'}", text));
    expect_problem(t, 400, "analytics/message-refused", .detail = "200 characters");
    send(t, "/v1/track", key, at(t, "{'userId':'u','event':'%.201s'}", text));
    expect_problem(t, 400, "analytics/message-refused", .detail = "200 characters");

    buf_init(&b, arena_of(t), 1 << 20);
    buf_text(&b, "{'batch':[");
    for (int i = 0; i < 2502; i++)
        buf_printf(&b, "%s{'type':'track','userId':'u','event':'A'}", i ? "," : "");
    buf_text(&b, "]}");
    send(t, "/v1/batch", key, b.data);
    expect(t, 200, "stored", "2500", "rejected", "2");

    while (b.size <= 512000)
        buf_char(&b, ' ');
    send(t, "/v1/batch", key, b.data);
    expect_problem(t, 413, "content-too-large");
}

static void a_message_counts_once_however_often_it_is_sent(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t)), *other = write_key(t, make_org(t));
    const char *body = "{'batch':[{'type':'track','messageId':'m1','userId':'u','event':'A'},"
                       "{'type':'track','messageId':'m1','userId':'u','event':'A'},"
                       "{'type':'track','messageId':'m2','userId':'u','event':'A'}]}";

    send(t, "/v1/batch", key, body);
    expect(t, 200, "stored", "2", "duplicates", "1");
    send(t, "/v1/batch", key, body);
    expect(t, 200, "stored", "0", "duplicates", "3");
    send(t, "/v1/t", key, "{'messageId':'m2','userId':'u','event':'A'}");
    expect(t, 200, "stored", "0", "duplicates", "1");
    /* Another organisation's m1 is another message. */
    send(t, "/v1/batch", other, body);
    expect(t, 200, "stored", "2");

    advance(t, HOURS(47));
    drain_jobs(t);
    send(t, "/v1/batch", key, body);
    expect(t, 200, "stored", "0");
    advance(t, HOURS(2));
    drain_jobs(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.message"), 0);
}

struct burst {
    const char *key, *body;
};

static void send_one(struct t *one, int i, void *arg)
{
    const struct burst *burst = arg;

    (void)i;
    send(one, "/v1/batch", burst->key, burst->body);
    expect(one, 200, "rejected", "0");
}

static void duplicates_sent_at_once_count_once(void **state)
{
    struct t *t = *state;
    struct burst burst = { .key = write_key(t, make_org(t)) };
    struct buf b;

    buf_init(&b, arena_of(t), 1 << 20);
    buf_text(&b, "{'batch':[");
    for (int i = 0; i < 100; i++)
        buf_printf(&b,
            "%s{'type':'track','messageId':'m%d','userId':'u','anonymousId':'a%d',"
            "'event':'A'}",
            i ? "," : "", i, i % 5);
    buf_text(&b, "]}");
    burst.body = b.data;
    run_parallel(t, 16, send_one, &burst);
    assert_int_equal(stored(t), 100);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 5);
}

static void a_wrong_clock_is_corrected_by_when_it_was_sent(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    /* The sender is a year behind; it happened an hour before it was sent. */
    send(t, "/v1/batch", key,
        "{'sentAt':'2020-01-01T12:00:00Z','batch':[{'type':'track','userId':'u','event':'A',"
        "'timestamp':'2020-01-01T11:00:00.000Z'}]}");
    expect(t, 200, "stored", "1");
    assert_int_equal(sql_int(t, "SELECT extract(epoch FROM received_at - occurred_at)::int "
                                "FROM analytics.event"),
        3600);
    sql_run(t, "DELETE FROM analytics.event");
    send(t, "/v1/t", key,
        "{'sentAt':'2020-01-01T12:00:00Z','userId':'u','event':'A',"
        "'timestamp':'2020-01-01T11:59:00+00:00'}");
    assert_int_equal(sql_int(t, "SELECT extract(epoch FROM received_at - occurred_at)::int "
                                "FROM analytics.event"),
        60);
    sql_run(t, "DELETE FROM analytics.event");
    /* In the future, or no time at all: when it arrived. */
    send(t, "/v1/t", key, "{'userId':'u','event':'A','timestamp':'2999-01-01T00:00:00Z'}");
    send(t, "/v1/t", key, "{'userId':'u','event':'A','timestamp':'yesterday'}");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM analytics.event WHERE occurred_at = received_at"), 2);
}

static void what_was_not_declared_is_not_kept(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    send(t, "/v1/identify", key,
        "{'userId':'u','traits':{'email':'ann@example.org','plan':'pro'},"
        "'context':{'ip':'192.0.2.7','userAgent':'x'}}");
    assert_string_equal(
        sql_text(t, "SELECT properties FROM analytics.event"), "{\"plan\": \"pro\"}");
    sql_run(t, "DELETE FROM analytics.event");
    send(t, "/v1/page", key,
        "{'userId':'u','name':'Home','properties':{'url':'https://x.test/a?token=1#b','search':"
        "'?token=1','referrer':'https://y.test/?q=me','path':'/a'},"
        "'context':{'ip':'192.0.2.7','campaign':{'source':'mail'}}}");
    assert_string_equal(sql_text(t, "SELECT properties FROM analytics.event"),
        "{\"url\": \"https://x.test/a\", \"name\": \"Home\", \"path\": \"/a\", "
        "\"campaign\": {\"source\": \"mail\"}, \"referrer\": \"https://y.test/\"}");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event e "
                                "WHERE e::text LIKE '%%192.0.2.7%%'"),
        0);
}

static void who_does_not_want_to_be_tracked_is_not(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    with_header(t, "DNT", "1");
    send(t, "/v1/t", key, "{'userId':'u','event':'A'}");
    expect(t, 200, "success", "true", "stored", "0");
    with_header(t, "Sec-GPC", "1");
    send(t, "/v1/t", key, "{'userId':'u','anonymousId':'a','event':'A'}");
    expect(t, 200, "stored", "0");
    assert_int_equal(stored(t), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 0);
}

static void the_browser_library_learns_where_to_send(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    GET_AT(t, "/v1/projects/%s/settings", key);
    assert_int_equal(status_of(t), 200);
    assert_non_null(strstr(body_of(t), key));
    assert_non_null(strstr(body_of(t), "/v1\",\"protocol\":\"http\""));
    assert_string_equal(header_of(t, "Access-Control-Allow-Origin"), "*");
}

static void an_organisation_has_a_most_of_write_keys(void **state)
{
    struct t *t = *state;

    as_owner_of(t, make_org(t));
    for (int i = 0; i < 50; i++) {
        POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", org_of(t)), "{'name':'K'}");
        expect(t, 201);
    }
    POST_JSON(t, at(t, "/v1/orgs/%s/analytics/write-keys", org_of(t)), "{'name':'K'}");
    expect_problem(t, 409, "analytics/too-many-write-keys");
}

static err suspend(struct ctx *c, void *arg)
{
    return users_suspend_org(c, *(const struct uuid *)arg, "spam");
}

/* The key is public and asks no route of the organisation: the door of its own is closed as well.
 */
static void nothing_comes_into_a_suspended_organisation(void **state)
{
    static const char *const messages[][2] = {
        { "/v1/identify", "{'userId':'u1'}" },
        { "/v1/page", "{'userId':'u1'}" },
        { "/v1/screen", "{'userId':'u1'}" },
        { "/v1/group", "{'userId':'u1','groupId':'g'}" },
        { "/v1/alias", "{'userId':'u1','previousId':'u0'}" },
    };
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);

    send(t, "/v1/track", key, "{'userId':'u1','event':'Before'}");
    expect(t, 200);
    expect_ok(tx_run(make_ctx(t, NULL, NULL), suspend, &org->id));
    send(t, "/v1/track", key, "{'userId':'u1','event':'Meanwhile'}");
    expect_problem(t, 403, "users/org-suspended");
    send(t, "/v1/batch", key, "{'batch':[{'type':'track','userId':'u1','event':'Meanwhile'}]}");
    expect_problem(t, 403, "users/org-suspended");
    for (size_t i = 0; i < COUNT(messages); i++) {
        send(t, messages[i][0], key, messages[i][1]);
        expect_problem(t, 403, "users/org-suspended");
    }
    GET_AT(t, "/v1/projects/%s/settings", key);
    expect_problem(t, 403, "users/org-suspended");
    assert_int_equal(stored(t), 1);
}

int main(void)
{
    return run_db_tests(every_path_of_the_protocol_takes_its_message, the_key_may_stand_in_the_body,
        a_key_that_is_unknown_or_revoked_is_refused,
        every_path_refuses_who_is_unknown_and_what_is_no_message,
        a_single_message_that_is_not_acceptable_is_told_why,
        one_bad_message_does_not_spoil_its_batch, what_is_too_large_is_refused,
        a_message_counts_once_however_often_it_is_sent, duplicates_sent_at_once_count_once,
        a_wrong_clock_is_corrected_by_when_it_was_sent, what_was_not_declared_is_not_kept,
        who_does_not_want_to_be_tracked_is_not, the_browser_library_learns_where_to_send,
        an_organisation_has_a_most_of_write_keys, nothing_comes_into_a_suspended_organisation);
}
