/* Rows into structs, and values into statements. */
#include "db_factory.h"
#include "base/log_start.h"
#include "base/problem.h"
#include "module/registry.h"

#define Q(n, text) static const struct query n = { #n, "shop", text }
Q(every_type, "SELECT $1::text AS text, $2::bigint AS number, $3::double precision AS fraction, "
              "$4::boolean AS yes, $5::uuid AS id, $6::timestamptz AS at, $7::jsonb AS extra, "
              "array['a', 'b, c'] AS words");
Q(bytes_back, "SELECT encode($1::bytea, 'hex') AS text");
Q(is_null, "SELECT $1::text IS NULL AND $2::uuid IS NULL AND $3::timestamptz IS NULL");
Q(too_few_columns, "SELECT 'x' AS name");
Q(too_many_columns, "SELECT 'x' AS name, $1::uuid AS id, 1 AS surplus");
Q(null_name, "SELECT NULL::text AS name, $1::uuid AS id");
Q(bad_number, "SELECT 'x' AS n");
Q(no_rows, "SELECT 1::bigint WHERE false");
Q(two_values, "SELECT generate_series(1, 2)");
Q(many_rows, "SELECT 'n' || g AS name, gen_random_uuid() AS id FROM generate_series(1, $1) g");
Q(insert_item, "INSERT INTO shop.item (org_id, id, name) VALUES ($1, $2, $3)");
Q(page_items, "SELECT id, name FROM shop.item WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2) "
              "ORDER BY id LIMIT $3");
Q(touch_items, "UPDATE shop.item SET stock = 1 WHERE name = $1");
Q(bad_syntax, "SELEKT 1");

struct every {
    const char *text;
    int64_t number;
    double fraction;
    bool yes;
    struct uuid id;
    struct instant at;
    const char *extra;
    const char *const *words;
    size_t n_words;
};
static const struct field every_fields[] = {
    TEXT(every, text, .optional = true),
    INT(every, number),
    NUMBER(every, fraction),
    BOOL(every, yes),
    ID(every, id, "x", .optional = true),
    TIME(every, at, .optional = true),
    OPEN_JSON(every, extra, .optional = true),
    TEXTS(every, words),
};
static SHAPE(every);

struct one_text {
    const char *text;
};
static const struct field one_text_fields[] = { TEXT(one_text, text) };
static SHAPE(one_text);

struct item {
    struct uuid id;
    const char *name;
};
static const struct field item_fields[] = { ID(item, id, "item"), TEXT(item, name) };
static SHAPE(item);
LIST_OF(item);
LIST_SHAPE(item);

static struct testdb db;

static int start(void **state)
{
    (void)state;
    testdb_make(&db);
    testdb_make_shop(&db);
    pool_start();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pool_stop();
    testdb_drop(&db);
    return 0;
}

/* Each test has a transaction of its own, rolled back at the end. */
static int open_tx(void **state)
{
    struct ctx *c = testdb_ctx();
    c->org = uuid_new();
    *state = c;
    return tx_begin(c, TX_WRITE, DB_APP) == NULL ? 0 : -1;
}

static int close_tx(void **state)
{
    tx_rollback(*state);
    testdb_close_ctx(*state);
    return 0;
}

static void every_type_arrives_as_it_was_sent(void **state)
{
    struct ctx *c = *state;
    struct every e = { 0 };
    struct uuid id = uuid_new();
    struct instant at = { SECONDS(1700000000) + 123456 };

    assert_null(db_one(c, &every_type, every, &e,
        ARGS(ARG("käse '\"\\"), ARG(INT64_C(9007199254740991)), ARG(0.1), ARG(true), ARG(id),
            ARG(at), ARG("{\"a\": [1]}"))));
    assert_string_equal(e.text, "käse '\"\\");
    assert_int_equal(e.number, 9007199254740991);
    assert_true(e.fraction > 0.0999999 && e.fraction < 0.1000001);
    assert_true(e.yes);
    assert_true(uuid_equal(e.id, id));
    assert_int_equal(e.at.us, at.us);
    assert_string_equal(e.extra, "{\"a\": [1]}");
    assert_int_equal(e.n_words, 2);
    assert_string_equal(e.words[1], "b, c");
}

static void none_is_null_both_ways(void **state)
{
    struct ctx *c = *state;
    struct every e = { .text = "before" };
    bool all_null = false;

    assert_null(db_bool(
        c, &is_null, &all_null, ARGS(ARG((const char *)NULL), ARG(UUID_NIL), ARG(INSTANT_NONE))));
    assert_true(all_null);
    assert_null(db_one(c, &every_type, every, &e,
        ARGS(ARG((const char *)NULL), ARG(0), ARG(0.0), ARG(false), ARG(UUID_NIL),
            ARG(INSTANT_NONE), ARG((const char *)NULL))));
    assert_null(e.text);
    assert_true(uuid_is_nil(e.id));
    assert_int_equal(e.at.us, 0);
    assert_null(e.extra);
}

static void bytes_travel_with_every_value_they_can_have(void **state)
{
    struct ctx *c = *state;
    struct one_text t = { 0 };

    assert_null(
        db_one(c, &bytes_back, one_text, &t, ARGS(ARG(((struct bytes){ "\0\xff'\\", 4 })))));
    assert_string_equal(t.text, "00ff275c");
}

static void a_field_without_a_column_is_an_error(void **state)
{
    struct item out = { .name = "before" };
    assert_ptr_equal(db_one(*state, &too_few_columns, item, &out, NO_ARGS), &ERR_INTERNAL);
    assert_string_equal(out.name, "before");
}

static void a_column_without_a_field_is_an_error(void **state)
{
    struct item out = { .name = "before" };
    assert_ptr_equal(
        db_one(*state, &too_many_columns, item, &out, ARGS(ARG(uuid_new()))), &ERR_INTERNAL);
    assert_string_equal(out.name, "before");
}

static void null_where_the_field_is_not_optional_is_an_error(void **state)
{
    struct item out = { .name = "before" };
    assert_ptr_equal(db_one(*state, &null_name, item, &out, ARGS(ARG(uuid_new()))), &ERR_INTERNAL);
    assert_string_equal(out.name, "before");
}

static void a_value_that_does_not_convert_is_an_error(void **state)
{
    int64_t n = 7;
    assert_ptr_equal(db_int(*state, &bad_number, &n, NO_ARGS), &ERR_INTERNAL);
    assert_int_equal(n, 7);
}

static void one_row_means_exactly_one(void **state)
{
    struct ctx *c = *state;
    struct item out = { .name = "before" };
    bool found = true;
    int64_t n = 7;

    assert_ptr_equal(db_int(c, &no_rows, &n, NO_ARGS), &ERR_NOT_FOUND);
    assert_ptr_equal(db_one(c, &many_rows, item, &out, ARGS(ARG(0))), &ERR_NOT_FOUND);
    assert_null(db_maybe(c, &many_rows, item, &out, &found, ARGS(ARG(0))));
    assert_false(found);
    assert_null(db_maybe(c, &many_rows, item, &out, &found, ARGS(ARG(1))));
    assert_true(found);
    assert_string_equal(out.name, "n1");
    assert_ptr_equal(db_int(c, &two_values, &n, NO_ARGS), &ERR_INTERNAL);
    assert_int_equal(n, 7);
}

static void a_list_holds_all_rows_and_refuses_more_than_a_thousand(void **state)
{
    struct ctx *c = *state;
    const struct item *rows = NULL;
    size_t n = 0;

    assert_null(db_list(c, &many_rows, item, &rows, &n, ARGS(ARG(1000))));
    assert_int_equal(n, 1000);
    assert_string_equal(rows[999].name, "n1000");
    assert_null(db_list(c, &many_rows, item, &rows, &n, ARGS(ARG(0))));
    assert_int_equal(n, 0);
    assert_ptr_equal(db_list(c, &many_rows, item, &rows, &n, ARGS(ARG(1001))), &ERR_INTERNAL);
    assert_int_equal(n, 0);
}

static void counts_and_absences_of_touched_rows_are_told(void **state)
{
    struct ctx *c = *state;
    int64_t n = 7;

    assert_null(db_exec_count(c, &touch_items, &n, ARGS(ARG("a"))));
    assert_int_equal(n, 0);
    assert_ptr_equal(db_exec_one(c, &touch_items, ARGS(ARG("a"))), &ERR_NOT_FOUND);
    assert_null(db_exec(c, &insert_item, ARGS(ARG(c->org), ARG(uuid_new()), ARG("a"))));
    assert_null(db_exec_one(c, &touch_items, ARGS(ARG("a"))));
    assert_null(db_exec_count(c, &touch_items, &n, ARGS(ARG("a"))));
    assert_int_equal(n, 1);
}

static void a_statement_that_does_not_parse_is_an_error_and_poisons(void **state)
{
    int64_t n = 7;
    assert_ptr_equal(db_exec(*state, &bad_syntax, NO_ARGS), &ERR_INTERNAL);
    assert_ptr_equal(db_int(*state, &no_rows, &n, NO_ARGS), &ERR_INTERNAL);
}

#define RAISES(state)                                                                              \
    {                                                                                              \
        "raise_" state, "shop", "DO $$ BEGIN RAISE 'x' USING ERRCODE = '" state "'; END $$"        \
    }

static err exec_alone(const struct query *q, size_t n_args)
{
    const struct arg args[3] = { ARG("1"), ARG("2"), ARG("3") };
    struct ctx *c = testdb_ctx();
    err e;

    assert_null(tx_begin(c, TX_WRITE, DB_APP));
    e = db_exec(c, q, args, n_args);
    tx_rollback(c);
    testdb_close_ctx(c);
    return e;
}

static void a_mistake_in_a_statement_is_internal(void **state)
{
    static const struct {
        struct query query;
        size_t n_args;
    } rows[] = {
        { { "no_value", "shop", "SELECT $1::text" }, 0 },
        { { "a_value_too_few", "shop", "SELECT $1::text || $2::text" }, 1 },
        { { "a_value_too_many", "shop", "SELECT $1::text || $2::text" }, 3 },
        { { "no_table", "shop", "SELECT 1 FROM shop.items" }, 0 },
        { { "no_column", "shop", "SELECT nmae FROM shop.item" }, 0 },
        { { "no_function", "shop", "SELECT shop.nothing()" }, 0 },
        { { "another_type", "shop", "SELECT 1 FROM shop.item WHERE name = 1" }, 0 },
        { { "no_division", "shop", "SELECT 1 / 0" }, 0 },
        { { "no_number", "shop", "SELECT 'x'::int" }, 0 },
        { { "many_rows", "shop", "SELECT (SELECT generate_series(1, 2))" }, 0 },
        { { "not_supported", "shop", "SELECT count(*) FROM shop.item FOR UPDATE" }, 0 },
        { { "not_inside", "shop", "VACUUM shop.item" }, 0 },
        { RAISES("08P01"), 0 },
        { RAISES("0A000"), 0 },
        { RAISES("21000"), 0 },
        { RAISES("22P02"), 0 },
        { RAISES("26000"), 0 },
        { RAISES("2200H"), 0 },
        { RAISES("25001"), 0 },
        { RAISES("34000"), 0 },
        { RAISES("3D000"), 0 },
        { RAISES("40002"), 0 },
        { RAISES("42P01"), 0 },
        { RAISES("54000"), 0 },
        { RAISES("P0001"), 0 },
        { RAISES("XX000"), 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (exec_alone(&rows[i].query, rows[i].n_args) != &ERR_INTERNAL)
            fail_msg("%s is no mistake", rows[i].query.name);
}

static void what_passes_is_unavailable(void **state)
{
    static const struct query rows[] = { RAISES("08000"), RAISES("08006"), RAISES("40001"),
        RAISES("40P01"), RAISES("53100"), RAISES("53200"), RAISES("53300"), RAISES("55P03"),
        RAISES("57P01"), RAISES("57P03") };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (exec_alone(&rows[i], 0) != &ERR_UNAVAILABLE)
            fail_msg("%s does not pass", rows[i].name);
}

static void another_number_of_values_than_were_counted_is_told_before_anything_is_sent(void **state)
{
    static const struct query counted = { .name = "counted",
        .module = "shop",
        .sql = "SELECT $1::text || $2::text",
        .takes = 1 + 2,
        .file = "modules/shop/shop.sql",
        .line = 7 };

    (void)state;
    assert_null(exec_alone(&counted, 2));
    for (size_t n = 0; n <= 3; n++) {
        FILE *file = n != 2 ? tmpfile() : NULL;
        char told[2048] = "";
        if (n == 2)
            continue;
        assert_non_null(file);
        log_redirect(fileno(file));
        assert_ptr_equal(exec_alone(&counted, n), &ERR_INTERNAL);
        log_redirect(-1);
        rewind(file);
        (void)!fread(told, 1, sizeof told - 1, file);
        fclose(file);
        assert_non_null(strstr(told, "db.arguments_mismatched"));
        assert_non_null(strstr(told, "modules/shop/shop.sql"));
        assert_null(strstr(told, "db.batch_failed"));
    }
}

static void pages_follow_each_other_without_gap_or_repetition(void **state)
{
    struct ctx *c = *state;
    struct page_in page = { .limit = 3 };
    int seen = 0, pages = 0;

    for (int i = 0; i < 7; i++)
        assert_null(db_exec(c, &insert_item,
            ARGS(
                ARG(c->org), ARG(uuid_new()), ARG((const char *)arena_printf(c->arena, "%d", i)))));
    do {
        struct item_list list = { 0 };
        assert_null(db_page(c, &page_items, item, &list, &page, ARGS(ARG(c->org))));
        for (size_t i = 0; i < list.n_data; i++, seen++)
            assert_string_equal(list.data[i].name, arena_printf(c->arena, "%d", seen));
        page.cursor = list.next_cursor;
        pages++;
    } while (page.cursor != NULL && pages < 10);
    assert_int_equal(seen, 7);
    assert_int_equal(pages, 3);
}

static void a_full_last_page_has_no_next(void **state)
{
    struct ctx *c = *state;
    struct page_in page = { .limit = 2 };
    struct item_list list = { 0 };

    for (int i = 0; i < 2; i++)
        assert_null(db_exec(c, &insert_item,
            ARGS(
                ARG(c->org), ARG(uuid_new()), ARG((const char *)arena_printf(c->arena, "%d", i)))));
    assert_null(db_page(c, &page_items, item, &list, &page, ARGS(ARG(c->org))));
    assert_int_equal(list.n_data, 2);
    assert_null(list.next_cursor);
}

static void a_forged_cursor_is_an_invalid_field(void **state)
{
    struct ctx *c = *state;
    struct page_in page = { .limit = 2, .cursor = "AAAAAAAA" };
    struct item_list list = { 0 };

    assert_ptr_equal(db_page(c, &page_items, item, &list, &page, ARGS(ARG(c->org))), &ERR_INVALID);
    assert_null(db_exec(c, &insert_item, ARGS(ARG(c->org), ARG(uuid_new()), ARG("still fine"))));
}

int main(void)
{
#define IN_UNIT(test) cmocka_unit_test_setup_teardown(test, open_tx, close_tx)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_in_a_statement_is_internal),
        cmocka_unit_test(what_passes_is_unavailable),
        cmocka_unit_test(
            another_number_of_values_than_were_counted_is_told_before_anything_is_sent),
        IN_UNIT(every_type_arrives_as_it_was_sent),
        IN_UNIT(none_is_null_both_ways),
        IN_UNIT(bytes_travel_with_every_value_they_can_have),
        IN_UNIT(a_field_without_a_column_is_an_error),
        IN_UNIT(a_column_without_a_field_is_an_error),
        IN_UNIT(null_where_the_field_is_not_optional_is_an_error),
        IN_UNIT(a_value_that_does_not_convert_is_an_error),
        IN_UNIT(one_row_means_exactly_one),
        IN_UNIT(a_list_holds_all_rows_and_refuses_more_than_a_thousand),
        IN_UNIT(counts_and_absences_of_touched_rows_are_told),
        IN_UNIT(a_statement_that_does_not_parse_is_an_error_and_poisons),
        IN_UNIT(pages_follow_each_other_without_gap_or_repetition),
        IN_UNIT(a_full_last_page_has_no_next),
        IN_UNIT(a_forged_cursor_is_an_invalid_field),
    };
    return cmocka_run_group_tests_name("rows", tests, start, stop);
}
