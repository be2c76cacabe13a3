/* Which ids are joined, which are not, and how long they are known. Through the real router against
 * a real database. */
#include "sender_factory.h"
#include "analytics_internal.h"
#include "metrics/metrics_start.h"

/* --- One rule after the other --- */

/* What the operator sees of what became of pairs of ids. */
static int64_t counted(struct t *t, const char *outcome)
{
    const char *name = at(t, "\nashlar_analytics_joins_total{outcome=\"%s\"} ", outcome), *found;
    struct buf b;

    buf_init(&b, arena_of(t), 4 * 1024 * 1024);
    metrics_render(&b);
    found = strstr(b.data, name);
    assert_non_null(found);
    return strtoll(found + strlen(name), NULL, 10);
}

static void who_is_joined_first_stays(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    send_ids(t, key, "ann", "browser");
    send_ids(t, key, "mallory", "browser");
    POST_JSON(t, "/v1/alias", "{'writeKey':'%s','userId':'mallory','previousId':'browser'}", key);
    assert_string_equal(links(t), "browser>ann");
    POST_JSON(t, "/v1/alias", "{'writeKey':'%s','userId':'ann','previousId':'before'}", key);
    assert_string_equal(links(t), "before>ann browser>ann");
    /* Nor is a user's id another's by alias. */
    POST_JSON(t, "/v1/alias", "{'writeKey':'%s','userId':'mallory','previousId':'ann'}", key);
    expect(t, 200, "stored", "1");
    assert_string_equal(links(t), "before>ann browser>ann");
}

static void an_id_that_turns_out_to_be_a_users_is_nobody_elses(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);

    /* Somebody joins to themselves the numbers that the next users will have. */
    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 9, "{'type':'identify','anonymousId':'%d','userId':'mallory'}"));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 9);
    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 9, "{'type':'track','event':'Purchase','userId':'%d'}"));
    assert_string_equal(links(t), "");
    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/events", org_of(t));
    expect(t, 200, "data.0.visitors", "1", "data.1.name", "Purchase", "data.1.visitors", "9");
}

static void what_becomes_of_ids_is_counted_and_not_told_to_strangers(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));
    static const struct {
        const char *user, *anonymous, *outcome;
    } steps[] = {
        { "ann", "browser", "made" },
        { "mallory", "browser", "other_user" },
        { "mallory", "ann", "known_user" },
        { "ann", "null", "placeholder" },
        { "0", "browser", "placeholder" },
        { "browser", "phone", "cut" },
    };
    int64_t made = counted(t, "made"), other = counted(t, "other_user");

    for (size_t i = 0; i < COUNT(steps); i++) {
        int64_t before = counted(t, steps[i].outcome);
        send_ids(t, key, steps[i].user, steps[i].anonymous);
        expect(t, 200, "success", "true", "duplicates", "0", "rejected", "0", "reason", "null");
        assert_int_equal(counted(t, steps[i].outcome) - before, 1);
    }
    /* As it is joined: nothing that is worth counting. */
    send_ids(t, key, "browser", "phone");
    assert_int_equal(counted(t, "made") - made, 2);
    assert_int_equal(counted(t, "other_user") - other, 1);
}

struct race {
    const char *key;
};

static void join_or_show(struct t *one, int i, void *arg)
{
    const struct race *race = arg;

    if (i % 2)
        POST_JSON(one, "/v1/batch", "%s",
            batch(one, race->key, 40, "{'type':'track','event':'E','userId':'%d'}"));
    else
        POST_JSON(one, "/v1/batch", "%s",
            batch(one, race->key, 40,
                at(one, "{'type':'identify','anonymousId':'%%d','userId':'mallory-%d'}", i % 3)));
    expect(one, 200, "stored", "40");
}

static void of_two_that_come_at_once_the_user_wins(void **state)
{
    struct t *t = *state;
    struct race race = { .key = write_key(t, make_org(t)) };

    for (int round = 0; round < 4; round++) {
        run_parallel(t, 16, join_or_show, &race);
        assert_string_equal(links(t), "");
        sql_run(t, "DELETE FROM analytics.known_user");
    }
}

static void a_user_has_a_most_of_joined_ids(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);
    int64_t before = counted(t, "too_many");

    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 499, "{'type':'identify','anonymousId':'browser-%d','userId':'u'}"));
    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 3, "{'type':'identify','anonymousId':'later-%d','userId':'u'}"));
    expect(t, 200, "stored", "3", "rejected", "0", "reason", "null");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 500);
    assert_int_equal(counted(t, "too_many") - before, 2);
    send_ids(t, key, "other", "later-3");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), 501);
    as_owner_of(t, org);
    GET_AT(t, "/v1/orgs/%s/analytics/visitors/u", org_of(t));
    expect(t, 200, "is_user", "true");
    assert_int_equal(count_of(t, "joined"), 500);
}

/* --- Ids that identify nobody --- */

static const char *const nobodies[] = { "null", "NULL", "  null ", "\\\"null\\\"", "(null)",
    "<nil>", "undefined", "Undefined", "None", "NaN", "0", "00", "0.0", "-0", "-1", "false", "TRUE",
    "[object Object]", "[object Promise]", "anonymous", "Anon", "guest", "unknown", "N/A",
    "(not set)", "{}", "[]", "-", "...", "????", "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "{{ user.id }}", "${userId}", "userId", "\u00a0null" };

static void placeholders_join_nothing_and_are_no_users(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(nobodies); i++) {
        const char *id = nobodies[i];
        send_ids(t, key, "ann", id);
        send_ids(t, key, id, at(t, "browser-%zu", i));
        send_ids(t, key, id, "undefined");
        POST_JSON(t, "/v1/alias", "{'writeKey':'%s','userId':'ann','previousId':'%s'}", key, id);
        expect(t, 200, "stored", "1");
        POST_JSON(t, "/v1/alias", "{'writeKey':'%s','userId':'%s','previousId':'x'}", key, id);
        expect(t, 200, "stored", "1");
    }
    POST_JSON(t, "/v1/identify", "{'writeKey':'%s','userId':0,'anonymousId':'zero'}", key);
    POST_JSON(t, "/v1/identify", "{'writeKey':'%s','userId':'ann','anonymousId':-1}", key);
    assert_string_equal(links(t), "");
    assert_string_equal(
        sql_text(t, "SELECT string_agg(visitor, ' ') FROM analytics.known_user"), "ann");
    /* Whose the message is, the other id says. */
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event WHERE name = 'E' AND visitor "
                                "LIKE 'browser-%%'"),
        COUNT(nobodies));
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.event WHERE visitor = 'zero'"), 1);
    POST_JSON(t, "/v1/track", "{'writeKey':'%s','event':'E','userId':' \\t'}", key);
    expect_problem(t, 400, "analytics/message-refused", .detail = "userId");
}

static void ids_that_look_like_placeholders_are_ids(void **state)
{
    static const char *const somebodies[] = { "1", "11", "7", "a", "nullable", "Anne", "annon",
        "user", "10", "0x1", "e0", "test", "\u540d", "f", "00000000-0000-0000-0000-000000000001" };
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    for (size_t i = 0; i < COUNT(somebodies); i++)
        send_ids(t, key, "u", somebodies[i]);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link"), COUNT(somebodies));
}

static const char *file_text(struct t *t, const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = arena_alloc(arena_of(t), 65536);
    size_t n;

    assert_non_null(f);
    n = fread(text, 1, 65535, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static void the_words_are_the_same_in_code_page_and_migration(void **state)
{
    struct t *t = *state;
    const char *page = file_text(t, "docs/analytics.md");
    const char *migration = file_text(t, "migrations/analytics/0008_judge_links.sql");

    for (size_t i = 0; analytics__placeholders[i]; i++) {
        const char *word = analytics__placeholders[i];
        if (strstr(page, at(t, "`%s`", word)) == NULL)
            fail_msg("docs/analytics.md does not name `%s`", word);
        if (strstr(migration, at(t, "'%s'", word)) == NULL)
            fail_msg("the migration does not name '%s'", word);
    }
}

/* --- Time --- */

static void ids_are_known_as_long_as_events_are_kept(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    send_ids(t, key, "ann", "laptop");
    send_ids(t, key, "bob", "phone");
    for (int i = 0; i < 10; i++) {
        advance(t, DAYS(46));
        POST_JSON(t, "/v1/track", "{'writeKey':'%s','userId':'ann','event':'E'}", key);
        drain_jobs(t);
    }
    assert_string_equal(links(t), "laptop>ann");
    assert_string_equal(
        sql_text(t, "SELECT string_agg(visitor, ' ') FROM analytics.known_user"), "ann");
    sql_run(t, "INSERT INTO analytics.known_user SELECT id, n, now() FROM users.org, "
               "generate_series(1, 2500) n");
    advance(t, DAYS(395 + 31));
    drain_jobs(t);
    assert_string_equal(links(t), "");
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.known_user"), 0);
}

/* --- What was joined before there were rules --- */

static void migrate_again(struct t *t)
{
    char *up = arena_strdup(arena_of(t), file_text(t, "migrations/analytics/0008_judge_links.sql"));

    *strstr(up, "\n-- down\n") = '\0';
    sql_run(t, "DELETE FROM analytics.known_user");
    sql_run(t,
        "INSERT INTO analytics.visitor_link SELECT id, x.* FROM users.org, (VALUES "
        "('20', 'mallory'), ('null', 'ann'), ('a0a0a0a0-0000-4000-8000-000000000001', 'ann'), "
        "('a0a0a0a0-0000-4000-8000-000000000002', 'undefined'), "
        "('00000000-0000-0000-0000-000000000000', 'ann'), "
        "('b0b0b0b0-0000-4000-8000-000000000001', 'ann'), "
        "('b0b0b0b0-0000-4000-8000-000000000002', 'b0b0b0b0-0000-4000-8000-000000000001')) AS x");
    sql_run(t, "INSERT INTO analytics.visitor_link SELECT o.id, 'c0c0c0c0-0000-4000-8000-' || "
               "lpad(n::text, 12, '0'), 'many' FROM users.org o, generate_series(1, 502) n");
    sql_run(t, "%s", up);
}

static void joins_of_before_that_break_the_rules_are_cut(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t));

    POST_JSON(
        t, "/v1/batch", "%s", batch(t, key, 20, "{'type':'track','event':'E','userId':'%d'}"));
    POST_JSON(t, "/v1/track",
        "{'writeKey':'%s','event':'E','anonymousId':'a0a0a0a0-0000-4000-8000-000000000009'}", key);
    migrate_again(t);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM analytics.visitor_link WHERE joined_to = "
                                "'many'"),
        500);
    sql_run(t, "DELETE FROM analytics.visitor_link WHERE joined_to = 'many'");
    assert_string_equal(links(t), "a0a0a0a0-0000-4000-8000-000000000001>ann "
                                  "b0b0b0b0-0000-4000-8000-000000000002>"
                                  "b0b0b0b0-0000-4000-8000-000000000001");
    /* Whose ids they are is known from now on: those in no browser's form, and who was joined to.
     */
    POST_JSON(t, "/v1/batch", "%s",
        batch(t, key, 20, "{'type':'identify','anonymousId':'%d','userId':'mallory'}"));
    send_ids(t, key, "mallory", "b0b0b0b0-0000-4000-8000-000000000001");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM analytics.visitor_link WHERE joined_to = 'mallory'"), 0);
    send_ids(t, key, "ann", "a0a0a0a0-0000-4000-8000-000000000009");
    assert_int_equal(
        sql_int(t, "SELECT count(*) FROM analytics.visitor_link WHERE joined_to = 'ann'"), 2);
}

/* A plan made when there was nothing is used when there is much, and no statistics say so. */
static void ids_are_found_by_index_however_few_there_were(void **state)
{
    struct t *t = *state;
    const char *key = write_key(t, make_org(t)), *users, *pairs;
    int64_t from;

    for (int i = 0; i < 12; i++)
        send_ids(t, key, at(t, "first-%d", i), at(t, "browser-%d", i));
    sql_run(t, "INSERT INTO analytics.known_user SELECT id, 'user-' || n, now() FROM users.org, "
               "generate_series(1, 100000) n");
    sql_run(t, "INSERT INTO analytics.visitor_link SELECT id, 'link-' || n, 'user-' || n / 400 "
               "FROM users.org, generate_series(400, 100400) n");
    users = batch(t, key, 2500, "{'type':'track','userId':'new-%d','event':'E'}");
    pairs = batch(t, key, 2500, "{'type':'identify','anonymousId':'link-1%d','userId':'user-%d'}");
    from = clock_monotonic_us();
    POST_JSON(t, "/v1/batch", "%s", users);
    expect(t, 200, "stored", "2500");
    POST_JSON(t, "/v1/batch", "%s", pairs);
    expect(t, 200, "stored", "2500");
    assert_in_range(clock_monotonic_us() - from, 0, 8000000);
}

/* --- Whoever is let in can be found and forgotten --- */

/* JSON of ids, a line for each class of characters: of paths, of queries, blanks around and in
 * between, controls, other scripts, what turns and joins letters; and of numbers. */
static const char *const any_ids[] = { "\"a/b\"", "\"/\"", "\".\"", "\"..\"", "\"../../v1/me\"",
    "\"https://example.org/u/1?a=b&c=d#e\"", "\"ann+news@example.org\"", "\"a\\\\b\"", "\"\\\\\"",
    "\"?\"", "\"#\"", "\"%\"", "\"%2F\"", "\"%00\"", "\"%zz\"", "\"+\"", "\"&visitor=b\"",
    "\"a=b\"", "\"a;b,c\"", "\"a|b\"", "\"[a]{b}<c>\"", "\"'\"", "\"\\\"quoted\\\"\"", "\"`$(a)\"",
    "\" before\"", "\"behind \"", "\"in between\"", "\"\\tb\\nc\\r\"", "\"a\\u0001b\"",
    "\"\\u001fa\"", "\"a\\u007f\"", "\"a\\u0085\"", "\"\\u00a0a\"", "\"j\\u00f6rg\"",
    "\"jo\\u0308rg\"", "\"\\u65e5\\u672c\"", "\"\\ud83d\\ude00\"", "\"\\u202ea\"", "\"\\ufeffa\"",
    "\"\\uffff\"", "\"\\u0130\"", "\"visitors\"", "\"null\"", "\"a:b\"", "\"~a\"", "7", "-7", "0.5",
    "1e21", "12345678901234567" };

static const char *longest_id(struct t *t)
{
    struct buf b;

    buf_init(&b, arena_of(t), 4096);
    buf_char(&b, '"');
    for (int i = 0; i < 200; i++)
        buf_text(&b, "\U0001f600");
    buf_char(&b, '"');
    return b.data;
}

/* Every byte of it in the form that any client's library may choose. */
static const char *escaped(struct t *t, const char *text)
{
    struct buf b;

    buf_init(&b, arena_of(t), 4096);
    for (; *text; text++)
        buf_printf(&b, "%%%02X", (unsigned char)*text);
    return b.data;
}

static int64_t rows_of_anybody(struct t *t)
{
    return sql_int(t, "SELECT (SELECT count(*) FROM analytics.event) + "
                      "(SELECT count(*) FROM analytics.day_visitor) + "
                      "(SELECT count(*) FROM analytics.known_user) + "
                      "(SELECT count(*) FROM analytics.visitor_link)");
}

static void find_and_forget(struct t *t, struct org *org, const char *json)
{
    const char *visitor = sql_text(t, "SELECT visitor FROM analytics.event"), *path;

    assert_non_null(visitor);
    as_owner_of(t, org);
    path = at(t, "/v1/orgs/%s/analytics/visitors?visitor=%s", org_of(t), escaped(t, visitor));
    GET_AT(t, "%s", path);
    if (status_of(t) != 200)
        print_error("looking up %s\n", json);
    expect(t, 200, "visitor", visitor);
    DELETE_AT(t, "%s", path);
    expect(t, 202, "visitor", visitor);
    drain_jobs(t);
    if (rows_of_anybody(t) != 0)
        print_error("forgetting %s\n", json);
    assert_int_equal(rows_of_anybody(t), 0);
    as_nobody(t);
}

static void every_id_that_is_let_in_can_be_found_and_forgotten(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);

    for (size_t i = 0; i <= 2 * COUNT(any_ids); i++) {
        const char *json = i < 2 * COUNT(any_ids) ? any_ids[i / 2] : longest_id(t);
        const char *body = at(t, "{\"writeKey\":\"%s\",\"%s\":%s,\"event\":\"Buy\"}", key,
            i % 2 ? "anonymousId" : "userId", json);
        SEND(t, "POST", "/v1/track", "application/json", body, strlen(body));
        expect(t, 200, "stored", "1");
        find_and_forget(t, org, json);
    }
}

static void nobody_is_named_by_nothing(void **state)
{
    struct t *t = *state;
    as_owner_of(t, make_org(t));

    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors", org_of(t));
    expect_problem(t, 422, "invalid-fields", .field = "visitor");
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors?visitor=", org_of(t));
    expect_problem(t, 422, "invalid-fields", .field = "visitor");
    DELETE_AT(t, "/v1/orgs/%s/analytics/visitors?visitor=a&visitor=b", org_of(t));
    expect_problem(t, 422, "invalid-fields", .field = "visitor");
}

static void every_name_of_an_event_can_be_counted(void **state)
{
    static const char *const names[] = { "a/b", "..", " a", "a\\u0001b", "a\\u007f", "%", "&", "+",
        "a\\tb", "\\u65e5" };
    struct t *t = *state;
    struct org *org = make_org(t);
    const char *key = write_key(t, org);

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *body = at(t, "{\"writeKey\":\"%s\",\"userId\":\"u%zu\",\"event\":\"%s\"}", key,
                       i, names[i]),
                   *name;
        SEND(t, "POST", "/v1/track", "application/json", body, strlen(body));
        expect(t, 200, "stored", "1");
        name =
            escaped(t, sql_text(t, "SELECT name FROM analytics.event WHERE visitor = 'u%zu'", i));
        as_owner_of(t, org);
        GET_AT(t, "/v1/orgs/%s/analytics/days?event=%s", org_of(t), name);
        expect(t, 200);
        assert_non_null(strstr(body_of(t), "\"events\":1"));
        GET_AT(t, "/v1/orgs/%s/analytics/funnel?steps=%s", org_of(t), name);
        expect(t, 200, "data.0.visitors", "1");
        as_nobody(t);
    }
}

int main(void)
{
    return run_db_tests(who_is_joined_first_stays,
        an_id_that_turns_out_to_be_a_users_is_nobody_elses,
        what_becomes_of_ids_is_counted_and_not_told_to_strangers,
        of_two_that_come_at_once_the_user_wins, a_user_has_a_most_of_joined_ids,
        placeholders_join_nothing_and_are_no_users, ids_that_look_like_placeholders_are_ids,
        the_words_are_the_same_in_code_page_and_migration, ids_are_known_as_long_as_events_are_kept,
        joins_of_before_that_break_the_rules_are_cut, ids_are_found_by_index_however_few_there_were,
        every_id_that_is_let_in_can_be_found_and_forgotten, nobody_is_named_by_nothing,
        every_name_of_an_event_can_be_counted);
}
