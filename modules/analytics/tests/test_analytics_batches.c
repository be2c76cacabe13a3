/* Batches in which some of the messages are not as they should be, packed and unpacked. */
#include "sender_factory.h"

/* As its bytes are: quotes are not replaced. */
static void send_raw(struct t *t, const char *path, const char *body)
{
    SEND(t, "POST", path, "text/plain", body, strlen(body));
}

/* `bad` between two messages that are well. */
static void send_around(struct t *t, const char *key, const char *bad)
{
    send_raw(t, "/v1/batch",
        at(t,
            "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"First\"},%s,"
            "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Last\"}],\"writeKey\":\"%s\"}",
            bad, key));
}

#define TRACK(rest) "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Bad\"" rest "}"

static void one_message_that_is_not_json_leaves_its_neighbours_alone(void **state)
{
    static const char *const bad[] = {
        TRACK(",\"title\":\"hi \\ud83d\""),
        TRACK(",\"title\":\"\\udc00\\ud800\""),
        TRACK(",\"title\":\"a\\u0000b\""),
        TRACK(",\"a\\u0000b\":1"),
        TRACK(",\"title\":\"\xff\xfe\""),
        TRACK(",\"title\":\"\xed\xa0\x80\""),
        TRACK(",\"title\":\"cut \xf0\x9f\x98\""),
        TRACK(",\"event\":\"Twice\""),
        TRACK(",\"properties\":{\"a\":1,\"a\":2}"),
        TRACK(",\"title\":\"new\nline\""),
        TRACK(",\"value\":NaN"),
        TRACK(",\"value\":-Infinity"),
        TRACK(",\"value\":undefined"),
        TRACK(",\"value\":1e999"),
        TRACK(",\"value\":01"),
        TRACK(",\"value\":99999999999999999999999"),
        TRACK(",\"list\":[1,2,]"),
        TRACK(",\"list\":[1"),
        TRACK(",\"list\":1]"),
        TRACK(",\"list\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
        TRACK(","),
        "{'type':'track'}",
        "}",
        "",
        "nonsense",
        "\"text\"",
        "null",
        "[]",
        "[[1,2],[3]]",
        "7 8",
        "{\"type\":\"track\",\"title\":\"} ] , {\",\"userId\":\"u\"}",
    };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(bad); i++) {
        sql_run(t, "DELETE FROM analytics.event");
        send_around(t, key, bad[i]);
        expect(t, 200, "stored", "2", "rejected", "1");
        assert_string_equal(sql_text(t, "SELECT string_agg(name, ' ' ORDER BY name) FROM "
                                        "analytics.event"),
            "First Last");
        assert_non_null(member_of(t, "reason"));
    }
    send_around(t, key, TRACK("}") "}"); /* it is whole, and behind it stands what is none */
    expect(t, 200, "stored", "3", "rejected", "1");
    send_around(t, key, TRACK(",\"title\":\"hi \\ud83d\""));
    assert_non_null(strstr(member_of(t, "reason"), "Message 2 of the batch is not JSON: line 1"));
}

static void what_stands_before_a_break_is_stored(void **state)
{
    static const char *const broken[] = {
        "{\"writeKey\":\"%s\",\"batch\":[" TRACK("") "," TRACK("") ",{\"type\":\"track\",",
        "{\"writeKey\":\"%s\",\"batch\":[" TRACK("") "," TRACK("") ",{\"type\":\"track]}",
        "{\"writeKey\":\"%s\",\"batch\":[" TRACK("") "," TRACK(""),
        "{\"writeKey\":\"%s\",\"batch\":[" TRACK("") "," TRACK("") "]",
        "{\"writeKey\":\"%s\",\"batch\":[" TRACK("") "," TRACK("") "]} and more",
        "{\"writeKey\":\"%s\",\"batch\":[" TRACK("") "," TRACK("") "] \"x\"}",
    };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(broken); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        send_raw(t, "/v1/batch", at(t, broken[i], key));
#pragma GCC diagnostic pop
        expect(t, 200, "stored", "2", "rejected", "1");
    }
}

static void what_has_no_batch_or_two_is_refused(void **state)
{
    static const char *const bad[] = { "", "nothing", "[]", "7", "{", "{}", "{\"batch\":7}",
        "{\"batch\":{}}", "{\"batch\":[],\"batch\":[]}", "{\"sentAt\":1,\"sentAt\":2,\"batch\":[]}",
        "{\"a\":1 \"batch\":[]}", "{batch:[]}" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));
    const char *plain = at(t, "%s:", key);

    for (size_t i = 0; i < COUNT(bad); i++) {
        with_header(t, "Authorization",
            at(t, "Basic %s", base64_from_bytes(arena_of(t), plain, strlen(plain))));
        send_raw(t, "/v1/batch", bad[i]);
        expect_problem(t, 400, "analytics/message-refused");
    }
}

static void what_has_no_batch_and_no_key_is_refused(void **state)
{
    static const char *const bad[] = { "{}", "{\"batch\":7}", "{\"batch\":null}", "{\"sentAt\":1}",
        "{\"writeKey\":7}", "{\"writeKey\":\"\\ud800\"}" };
    struct t *t = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        send_raw(t, "/v1/batch", bad[i]);
        expect_problem(t, 401, "analytics/unknown-write-key");
    }
}

static void members_that_do_not_count_are_not_looked_at(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    send_raw(t, "/v1/batch",
        at(t,
            " { \"context\" : {\"t\":\"\\ud83d ] } , \"} , "
            "\"integrations\":[{\"a\":[1]}],\"n\":nope,"
            "\"batch\" : [ " TRACK("") " ] , \"sentAt\":null, \"writeKey\" :\"%s\" } ",
            key));
    expect(t, 200, "stored", "1", "rejected", "0");
}

static void the_key_may_stand_in_any_message_that_can_be_read(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    send_raw(t, "/v1/batch",
        at(t,
            "{\"batch\":[" TRACK(",\"writeKey\":\"wk\\ud800\"") ",7," TRACK(
                ",\"writeKey\":\"%s\"") "]}",
            key));
    expect(t, 200, "stored", "1", "rejected", "2");
}

static void a_hog_is_rejected_and_its_neighbours_are_not(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));
    struct buf b;

    buf_init(&b, arena_of(t), 1 << 20);
    buf_text(&b, "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Hog\",\"properties\":{\"l\":[0");
    for (int i = 0; i < 200000; i++)
        buf_text(&b, ",0");
    buf_text(&b, "]}}");
    send_around(t, key, b.data);
    expect(t, 200, "stored", "2", "rejected", "1");

    buf_clear(&b);
    for (int i = 0; i < 60; i++) {
        buf_text(&b, i ? "," : "");
        buf_text(&b, "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"Hog\",\"context\":[0");
        for (int n = 0; n < 4000; n++)
            buf_text(&b, ",0");
        buf_text(&b, "]}");
    }
    send_around(t, key, b.data);
    assert_int_equal(status_of(t), 200);
    assert_non_null(strstr(member_of(t, "reason"), "too many values"));
}

/* --- As libraries send it --- */

static struct bytes pack(struct t *t, const char *text)
{
    return gzip_of(t, text, strlen(text));
}

static void packed_batches_are_taken_on_every_path(void **state)
{
    static const char *const paths[] = { "/v1/b", "/v1/batch", "/v1/import", "/v1/import/",
        "/v1/batch/", "/v1/b/" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(paths); i++) {
        struct bytes packed =
            pack(t, at(t,
                        "{\"batch\":[" TRACK("") "],\"sentAt\":\"2026-01-01T00:00:00.000Z\","
                                                 "\"writeKey\":\"%s\"}",
                        key));
        with_header(t, "Content-Encoding", "gzip");
        SEND(t, "POST", paths[i], "text/plain", packed.data, packed.size);
        expect(t, 200, "stored", "1", "rejected", "0");
    }
    with_header(t, "Content-Encoding", "gzip");
    SEND(t, "POST", "/v1/m", "text/plain", pack(t, "{}").data, pack(t, "{}").size);
    expect(t, 202);
}

static void a_packed_batch_may_be_as_large_as_one_that_is_not(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));
    struct bytes packed;
    struct buf b;

    buf_init(&b, arena_of(t), 1 << 20);
    buf_printf(&b, "{\"writeKey\":\"%s\",\"batch\":[" TRACK(""), key);
    for (unsigned i = 1; b.size < 500000; i++)
        buf_printf(&b,
            ",{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":"
            "\"%08x%08x\",\"properties\":{\"n\":%u}}",
            i * 2654435761u, i * 40503u, i);
    buf_text(&b, "]}");
    packed = pack(t, b.data);
    with_header(t, "Content-Encoding", "gzip");
    SEND(t, "POST", "/v1/b", "text/plain", packed.data, packed.size);
    expect(t, 200, "stored", "2500");

    while (b.size <= 512000)
        buf_char(&b, ' ');
    packed = pack(t, b.data);
    with_header(t, "Content-Encoding", "gzip");
    SEND(t, "POST", "/v1/b", "text/plain", packed.data, packed.size);
    expect_problem(t, 413, "content-too-large");
    with_header(t, "Content-Encoding", "gzip");
    SEND(t, "POST", "/v1/b", "text/plain", "{\"batch\":[]}", 12);
    expect_problem(t, 400, "bad-request");
    with_header(t, "Content-Encoding", "br");
    SEND(t, "POST", "/v1/b", "text/plain", "{\"batch\":[]}", 12);
    expect_problem(t, 415, "unsupported-media-type");
}

/* --- Times --- */

static void times_as_libraries_and_people_write_them_are_read(void **state)
{
    static const char *const noon[] = { "\"2025-11-20T12:00:00Z\"", "\"2025-11-20T14:00:00+0200\"",
        "\"2025-11-20T14:00:00+02\"", "\"2025-11-20T14:00:00.000+02:00\"",
        "\"2025-11-20T12:00:00.0000000Z\"", "\"2025-11-20T12:00:00.000000000Z\"",
        "\"2025-11-20t12:00:00z\"", "\"2025-11-20 12:00:00 UTC\"", "\"2025-11-20 14:00:00 +0200\"",
        "\"2025-11-20 12:00:00\"", "\"2025-11-20T12:00:00\"", "\"2025-11-20T12:00\"",
        "\"2025-11-20T12:00:00,000Z\"", "\"20251120T120000Z\"", "\"20251120T140000+0200\"",
        "\" 2025-11-20T12:00:00Z \"", "\"2025-11-20T14:00:00+02:00[Europe/Berlin]\"", "1763640000",
        "1763640000000", "1763640000.0", "1763640000000000", "\"1763640000\"", "\"1763640000000\"",
        "\"1763640000.000\"", "1763640000000000000", "\"Thu, 20 Nov 2025 12:00:00 GMT\"",
        "\"Thu, 20 Nov 2025 14:00:00 +0200\"", "\"20 Nov 2025 12:00:00 GMT\"",
        "\"Thu Nov 20 2025 14:00:00 GMT+0200 (Eastern European Standard Time)\"",
        "\"Thursday, 20-Nov-2025 12:00:00 UTC\"" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(noon); i++) {
        sql_run(t, "DELETE FROM analytics.event");
        send_raw(t, "/v1/batch",
            at(t, "{\"batch\":[" TRACK(",\"timestamp\":%s") "],\"writeKey\":\"%s\"}", noon[i],
                key));
        expect(t, 200, "stored", "1", "unread_times", "0", "unread_time", "null");
        if (sql_int(t, "SELECT extract(epoch FROM occurred_at)::bigint FROM analytics.event") !=
            1763640000)
            fail_msg("%s was read as %s", noon[i],
                sql_text(t, "SELECT occurred_at::text FROM analytics.event"));
    }
    send_raw(t, "/v1/batch",
        at(t, "{\"batch\":[" TRACK(",\"timestamp\":\"2025-11-20\"") "],\"writeKey\":\"%s\"}", key));
    expect(t, 200, "unread_times", "0");
}

static void times_that_are_not_understood_are_counted_and_named(void **state)
{
    static const char *const bad[] = { "\"yesterday\"", "\"2025-13-20T12:00:00Z\"",
        "\"2025-02-30T12:00:00Z\"", "\"12:00\"", "true", "{}", "[1]", "0", "\"0\"", "-5", "1e30",
        "\"1970-01-01T00:00:00Z\"", "\"2025-11-20T12:00:00+99:00\"", "\"20/11/2025\"",
        "\"2025-11-20T12:00:00Zzz\"", "\"2025-11-20T25:00:00Z\"",
        "\"Thu, 20 Foo 2025 12:00:00 GMT\"", "\"2025-W47-4\"" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(bad); i++) {
        send_raw(t, "/v1/batch",
            at(t, "{\"batch\":[" TRACK(",\"timestamp\":%s") "],\"writeKey\":\"%s\"}", bad[i], key));
        expect(t, 200, "stored", "1", "unread_times", "1");
        assert_true(text_starts_with(member_of(t, "unread_time"), "timestamp: "));
    }
    send_raw(t, "/v1/batch",
        at(t,
            "{\"batch\":[" TRACK(
                ",\"timestamp\":\"yesterday\",\"sentAt\":\"now\"") "],"
                                                                   "\"sentAt\":\"then\","
                                                                   "\"writeKey\":\"%s\"}",
            key));
    expect(t, 200, "stored", "1", "unread_times", "3", "unread_time", "sentAt: then");
    send_raw(t, "/v1/batch",
        at(t, "{\"batch\":[" TRACK(",\"timestamp\":null,\"sentAt\":\"\"") "],\"writeKey\":\"%s\"}",
            key));
    expect(t, 200, "stored", "1", "unread_times", "0");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event WHERE occurred_at <> "
                                "received_at"),
        0);
}

static void a_sender_without_a_zone_moves_no_time_that_has_one(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t)), *an_hour_ago, *local;

    an_hour_ago =
        sql_text(t, "SELECT to_char(platform.now() AT TIME ZONE 'UTC' - interval '1 hour', "
                    "'YYYY-MM-DD\"T\"HH24:MI:SS')");
    local = sql_text(t, "SELECT to_char(platform.now() AT TIME ZONE 'UTC' + interval '9 hours', "
                        "'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
    send_raw(t, "/v1/batch",
        at(t,
            "{\"batch\":[" TRACK(
                ",\"timestamp\":\"%sZ\"") "],\"sentAt\":\"%s\",\"writeKey\":\"%s\"}",
            an_hour_ago, local, key));
    expect(t, 200, "stored", "1");
    assert_in_range(sql_int(t, "SELECT extract(epoch FROM received_at - occurred_at)::int FROM "
                               "analytics.event"),
        3590, 3610);
}

int main(void)
{
    return run_db_tests(one_message_that_is_not_json_leaves_its_neighbours_alone,
        what_stands_before_a_break_is_stored, what_has_no_batch_or_two_is_refused,
        what_has_no_batch_and_no_key_is_refused, members_that_do_not_count_are_not_looked_at,
        the_key_may_stand_in_any_message_that_can_be_read,
        a_hog_is_rejected_and_its_neighbours_are_not, packed_batches_are_taken_on_every_path,
        a_packed_batch_may_be_as_large_as_one_that_is_not,
        times_as_libraries_and_people_write_them_are_read,
        times_that_are_not_understood_are_counted_and_named,
        a_sender_without_a_zone_moves_no_time_that_has_one);
}
