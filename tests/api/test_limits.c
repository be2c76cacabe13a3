/* Stored data and greedy handlers: what is too much ends one request and nothing else; what may be
 * stored can be read to its end. */
#include "testkit.h"
#include "db/pool.h"

extern const struct module users_module, auth_module, notifications_module, integrations_module;

#define Q(n, text) static const struct query n = { #n, "test", text }
Q(count_notes, "SELECT count(*) FROM test.note");
Q(write_note, "INSERT INTO test.note (text) VALUES ($1)");
Q(many_texts, "SELECT repeat('x', $1::int) AS text FROM generate_series(1, $2::int)");
Q(page_of_texts, "SELECT id, text FROM test.large WHERE $1::uuid IS NULL OR id > $1 ORDER BY id "
                 "LIMIT $2");

struct text_out {
    const char *text;
};
static const struct field text_out_fields[] = {
    TEXT(text_out, text, .max = 100000, .doc = "Text"),
};
static SHAPE(text_out);

static size_t asked; /* bytes the next greedy request takes; 0: for ever */
static int for_row, rows;

static void take(struct arena *a)
{
    size_t taken = 0;

    while (asked == 0 || taken < asked)
        taken += strlen(arena_printf(a, "%0100000d", 1));
}

HANDLER(only_compute, nothing, text_out)
{
    (void)in;
    take(c->arena);
    out->text = "done";
    return NULL;
}

HANDLER(compute_and_ask, nothing, text_out)
{
    int64_t n;

    (void)in;
    take(c->arena);
    (void)!db_int(c, &count_notes, &n, NO_ARGS); /* its failure is overlooked */
    out->text = "done";
    return NULL;
}

static err note_and_compute(struct ctx *c, void *arg)
{
    (void)arg;
    TRY(db_exec(c, &write_note, ARGS(ARG("never kept"))));
    take(c->arena);
    return NULL;
}

HANDLER(compute_in_transaction, nothing, text_out)
{
    (void)in;
    out->text = "done";
    return tx_run(c, note_and_compute, NULL);
}

static err note(struct ctx *c, void *arg)
{
    (void)arg;
    return db_exec(c, &write_note, ARGS(ARG("kept")));
}

HANDLER(register_and_compute, nothing, text_out)
{
    (void)in;
    tx_apart(c, note, NULL);
    take(c->arena);
    out->text = "done";
    return NULL;
}

HANDLER(list_much, nothing, text_out)
{
    const struct text_out *found;
    size_t n;

    (void)in;
    TRY(db_list(c, &many_texts, text_out, &found, &n, ARGS(ARG(for_row), ARG(rows))));
    out->text = arena_printf(c->arena, "%zu", n);
    return NULL;
}

HANDLER(read_one, nothing, text_out)
{
    (void)in;
    return db_one(c, &many_texts, text_out, out, ARGS(ARG(for_row), ARG(1)));
}

struct large {
    struct uuid id;
    const char *text;
};
static const struct field large_fields[] = {
    ID(large, id, "large", .doc = "Which"),
    TEXT(large, text, .max = 1000000, .doc = "Text"),
};
static SHAPE(large);
LIST_OF(large);
LIST_SHAPE(large);

HANDLER(page_texts, page_in, large_list)
{
    return db_page(c, &page_of_texts, large, out, in, NO_ARGS);
}

#define ROW(p, i, kind, fn)                                                                        \
    .method = GET, .path = "/v1/test/" p, .id = i, .summary = "s", .auth = AUTH_PUBLIC,            \
    .scope = SCOPE_NONE, .rate = RATE_NONE, .tx = kind, .status = 200, .errors = NO_ERRORS,        \
    .handler = BY(fn)
static const struct route routes[] = {
    { ROW("compute", "onlyCompute", TX_READ, only_compute) },
    { ROW("ask", "computeAndAsk", TX_WRITE, compute_and_ask) },
    { ROW("transaction", "computeInTransaction", TX_MANUAL, compute_in_transaction) },
    { ROW("register", "registerAndCompute", TX_WRITE, register_and_compute) },
    { ROW("list", "listMuch", TX_READ, list_much) },
    { ROW("one", "readOne", TX_READ, read_one) },
    { ROW("page", "pageTexts", TX_READ, page_texts) },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

/* --- One that outgrows its memory --- */

static void begin(struct t *t)
{
    sql_run(t, "CREATE SCHEMA test; CREATE TABLE test.note (text text); GRANT USAGE ON SCHEMA test "
               "TO ashlar_app, ashlar_system; GRANT ALL ON test.note TO ashlar_app, ashlar_system");
    as_nobody(t);
}

static void expect_too_much(struct t *t, const char *path)
{
    struct pool_stats stats;

    on_purpose(t);
    GET_AT(t, "%s", path);
    expect_problem(t, 500, "too-much-at-once");
    pool_stats(&stats);
    assert_int_equal(stats.in_use, 0);
    GET_AT(t, "/livez");
    expect(t, 200);
}

static void one_request_ends_whatever_it_does_and_the_next_is_served(void **state)
{
    static const char *const greedy[] = { "compute", "ask", "transaction", "register" };
    static const size_t sizes[] = { 50 << 20, 0 }; /* past the soft ceiling, for ever */
    struct t *t = *state;

    begin(t);
    for (size_t size = 0; size < COUNT(sizes); size++)
        for (size_t i = 0; i < COUNT(greedy); i++) {
            asked = sizes[size];
            expect_too_much(t, at(t, "/v1/test/%s", greedy[i]));
        }
    assert_int_equal(sql_int(t, "SELECT count(*) FROM test.note WHERE text = 'never kept'"), 0);
    assert_int_equal(sql_int(t, "SELECT count(*) FROM test.note WHERE text = 'kept'"), 2);
    asked = 40 << 20;
    for (size_t i = 0; i < COUNT(greedy); i++) {
        GET_AT(t, "/v1/test/%s", greedy[i]);
        expect(t, 200, "text", "done");
    }
}

static void rows_past_the_ceiling_of_a_list_end_the_request(void **state)
{
    struct t *t = *state;

    begin(t);
    for_row = 40 << 10;
    rows = 1000;
    expect_too_much(t, "/v1/test/list");
    rows = 700;
    GET_AT(t, "/v1/test/list");
    expect(t, 200, "text", "700");
    for_row = 50 << 20;
    expect_too_much(t, "/v1/test/one");
    for_row = 9 << 20; /* longer than a response */
    expect_too_much(t, "/v1/test/one");
    for_row = 7 << 20;
    GET_AT(t, "/v1/test/one");
    expect(t, 200);
}

/* --- What is stored is read to its end --- */

static void make_large(struct t *t, const char *text, int n)
{
    begin(t);
    sql_run(t,
        "CREATE TABLE test.large (id uuid, text text); GRANT ALL ON test.large TO ashlar_app; "
        "INSERT INTO test.large SELECT lpad(to_hex(n), 32, '0')::uuid, %s FROM "
        "generate_series(1, %d) n",
        text, n);
}

/* How many items of `data` all pages have together; `next` names the member to go on from. */
static size_t read_all(struct t *t, const char *path, const char *next, void (*as)(struct t *t))
{
    const char *cursor = NULL;
    size_t seen = 0;

    for (int pages = 0; pages < 300; pages++) {
        size_t n;
        if (as)
            as(t);
        GET_AT(t, "%s%s%s%s", path, cursor ? (strchr(path, '?') ? "&" : "?") : "",
            cursor ? next : "", cursor ? cursor : "");
        expect(t, 200);
        assert_true(strlen(body_of(t)) <= LIMIT_REPLY);
        n = count_of(t, "data");
        seen += n;
        cursor = member_of(t, "next_cursor");
        if (text_equal(cursor, "null") || n == 0)
            break;
    }
    return seen;
}

static void a_page_ends_early_where_its_items_are_large(void **state)
{
    struct t *t = *state;

    make_large(t, "repeat('x', 100000)", 200);
    assert_int_equal(read_all(t, "/v1/test/page?limit=200", "cursor=", NULL), 200);
    assert_int_equal(read_all(t, "/v1/test/page?limit=200", "cursor=", NULL), 200);
    GET_AT(t, "/v1/test/page?limit=200");
    expect(t, 200);
    assert_in_range(count_of(t, "data"), 30, 50);
    GET_AT(t, "/v1/test/page?limit=20");
    expect(t, 200);
    assert_int_equal(count_of(t, "data"), 20);
}

static void what_grows_by_its_escapes_counts_as_it_is_sent(void **state)
{
    struct t *t = *state;

    make_large(t, "repeat(E'\\x01', 100000)", 100);
    assert_int_equal(read_all(t, "/v1/test/page?limit=200", "cursor=", NULL), 100);
}

static void items_of_the_largest_size_are_read(void **state)
{
    struct t *t = *state;

    make_large(t, "repeat('x', 1048000)", 20);
    assert_int_equal(read_all(t, "/v1/test/page?limit=200", "cursor=", NULL), 20);
}

static const char *key;

static void by_key(struct t *t)
{
    with_header(t, "Cookie", NULL);
    with_header(t, "Authorization", at(t, "Bearer %s", key));
}

static const char *uuid_text(struct t *t, struct uuid id)
{
    char *text = arena_alloc(arena_of(t), UUID_TEXT_SIZE + 1);

    uuid_format(id, text);
    return text;
}

static void a_feed_of_the_largest_events_is_read_to_its_end(void **state)
{
    static const char *const limits[] = { "", "?limit=50", "?limit=100", "?limit=200" };
    struct t *t = *state;
    struct org *org = make_org(t);

    as_owner_of(t, org);
    drain_jobs(t);
    POST_JSON(t, at(t, "/v1/orgs/%s/api-keys", org_of(t)),
        "{'name':'Sync','scopes':['integrations.read']}");
    expect(t, 201);
    key = member_of(t, "token");
    sql_run(t,
        "INSERT INTO integrations.feed (org_id, last) VALUES ('%s', 0) ON CONFLICT DO NOTHING;"
        "DELETE FROM integrations.event; "
        "INSERT INTO integrations.event (org_id, id, seq, name, payload, occurred_at) "
        "SELECT '%s', gen_random_uuid(), n, 'test.happened', "
        "jsonb_build_object('text', repeat('x', 254 * 1024)), now() FROM generate_series(1, 200) n",
        uuid_text(t, org->id), uuid_text(t, org->id));
    for (size_t i = 0; i < COUNT(limits); i++) {
        const char *path = at(t, "/v1/orgs/%s/events%s", org_of(t), limits[i]);
        assert_int_equal(read_all(t, path, "after=", i % 2 ? by_key : NULL), 200);
    }
}

static void a_trail_of_the_largest_states_is_read_to_its_end(void **state)
{
    struct t *t = *state;
    struct org *org = make_org(t);

    as_owner_of(t, org);
    sql_run(t,
        "INSERT INTO platform.audit (id, org_id, actor_kind, action, target_type, before, after) "
        "SELECT lpad(to_hex(n), 32, '0')::uuid, '%s', 'system', 'test.changed', 'thing', s, s "
        "FROM generate_series(1, 300) n, "
        "LATERAL (SELECT jsonb_build_object('text', repeat('\"', 60 * 1024)) AS s) AS s",
        uuid_text(t, org->id));
    assert_int_equal(
        read_all(t, at(t, "/v1/orgs/%s/audit?limit=200&action=test.changed", org_of(t)),
            "cursor=", NULL),
        300);
    assert_int_equal(
        read_all(t, at(t, "/v1/orgs/%s/audit?action=test.changed", org_of(t)), "cursor=", NULL),
        300);
}

int main(void)
{
    static const struct module *const modules[] = { &users_module, &auth_module,
        &notifications_module, &integrations_module, &test_module, NULL };

    testkit_modules = modules;
    return run_db_tests(one_request_ends_whatever_it_does_and_the_next_is_served,
        rows_past_the_ceiling_of_a_list_end_the_request,
        a_page_ends_early_where_its_items_are_large, what_grows_by_its_escapes_counts_as_it_is_sent,
        items_of_the_largest_size_are_read, a_feed_of_the_largest_events_is_read_to_its_end,
        a_trail_of_the_largest_states_is_read_to_its_end);
}
