/* Reading .sql files. */
#include "migrate/sql_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

struct reader {
    const char *at, *end, *problem;
    int line;
    struct sql_piece piece;
};

static struct reader reader(const char *text)
{
    return (struct reader){ .at = text, .end = text + strlen(text), .line = 1 };
}

static bool next_query(struct reader *r)
{
    return sql_file_next_query(&r->at, r->end, &r->line, &r->piece, &r->problem);
}

static bool next_statement(struct reader *r)
{
    return sql_file_next_statement(&r->at, r->end, &r->line, &r->piece, &r->problem);
}

static void assert_text(const char *at, size_t size, const char *expected)
{
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(at, expected, size);
}

#define assert_sql(r, expected) assert_text((r).piece.sql, (r).piece.sql_size, expected)

static void a_file_of_named_queries_is_read_one_by_one(void **state)
{
    struct reader r = reader("-- about this file\n\n-- name: first_one\nSELECT 1;\n\n"
                             "-- name: second\n-- why\nSELECT 2\n  FROM x\n");
    (void)state;
    assert_true(next_query(&r));
    assert_text(r.piece.name, r.piece.name_size, "first_one");
    assert_sql(r, "SELECT 1");
    assert_int_equal(r.piece.line, 3);
    assert_true(next_query(&r));
    assert_text(r.piece.name, r.piece.name_size, "second");
    assert_sql(r, "SELECT 2\n  FROM x");
    assert_int_equal(r.piece.line, 6);
    assert_false(next_query(&r));
    assert_null(r.problem);
}

static void an_empty_file_holds_no_query(void **state)
{
    struct reader r = reader("  \n-- nothing here\n/* nor /* here */ */\n");
    (void)state;
    assert_false(next_query(&r));
    assert_null(r.problem);
}

static void bad_files_are_refused_with_the_line(void **state)
{
    static const struct {
        const char *text;
        int line;
    } bad[] = {
        { "SELECT 1;\n-- name: x\nSELECT 2;", 1 },
        { "\n-- name: Upper\nSELECT 1;", 2 },
        { "-- name: two words\nSELECT 1;", 1 },
        { "-- name:\nSELECT 1;", 1 },
        { "-- name: x\n-- name: y\nSELECT 1;", 1 },
        { "-- name: x\n", 1 },
        { "-- name: x\nSELECT 1; SELECT 2;", 1 },
        { "-- name: x\nSELECT 'open;", 1 },
        { "-- name: x\nSELECT 1; SELECT 'open;", 1 },
        { "/* never closed", 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct reader r = reader(bad[i].text);
        assert_false(next_query(&r));
        assert_non_null(r.problem);
        assert_int_equal(r.piece.line, bad[i].line);
    }
}

static void semicolons_inside_quotes_and_comments_end_nothing(void **state)
{
    static const char *const whole[] = {
        "SELECT 'a;b'",
        "SELECT 'it''s; fine'",
        "SELECT E'it\\'s; fine'",
        "SELECT \"odd;name\"",
        "SELECT $$ body; $ more; $$",
        "SELECT $tag$ a; $$ b; $tag$",
        "SELECT 1 -- no; end\n + 1",
        "SELECT 1 /* no; /* end; */ yet; */ + 1",
        "SELECT $1, a$b$c FROM x",
        "SELECT 'C:\\', ';'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        struct reader r = reader(whole[i]);
        assert_true(next_statement(&r));
        assert_sql(r, whole[i]);
        assert_false(next_statement(&r));
        assert_null(r.problem);
    }
}

static void a_script_is_cut_at_its_semicolons(void **state)
{
    struct reader r = reader("-- head\nCREATE TABLE a (b int);\n;;\n  DROP TABLE a ; \n-- tail\n");
    (void)state;
    assert_true(next_statement(&r));
    assert_sql(r, "CREATE TABLE a (b int)");
    assert_int_equal(r.piece.line, 2);
    assert_true(next_statement(&r));
    assert_sql(r, "DROP TABLE a");
    assert_int_equal(r.piece.line, 4);
    assert_false(next_statement(&r));
    assert_null(r.problem);
}

static void an_unquoted_function_body_stays_whole(void **state)
{
    struct reader r = reader("CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC\n"
                             "  SELECT 1; SELECT CASE WHEN true THEN 2 END;\nEND;\nSELECT 3;");
    (void)state;
    assert_true(next_statement(&r));
    assert_int_equal(r.piece.sql[r.piece.sql_size - 1], 'D');
    assert_true(next_statement(&r));
    assert_sql(r, "SELECT 3");
    assert_false(next_statement(&r));
}

static void begin_and_end_elsewhere_are_statements(void **state)
{
    struct reader r = reader("BEGIN; SELECT 1; END;");
    (void)state;
    assert_true(next_statement(&r));
    assert_sql(r, "BEGIN");
    assert_true(next_statement(&r));
    assert_true(next_statement(&r));
    assert_sql(r, "END");
}

static void tokens_are_words_quoted_things_and_characters(void **state)
{
    static const char text[] = "SELECT /* x */ platform.now('it''s'), \"Odd name\" -- end";
    static const char *const expected[] = { "SELECT", "platform", ".", "now", "(", "'it''s'", ")",
        ",", "\"Odd name\"" };
    const char *at = text;
    struct sql_token t;
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(sql_file_next_token(&at, text + sizeof(text) - 1, &t));
        assert_text(t.at, t.size, expected[i]);
    }
    assert_false(sql_file_next_token(&at, text + sizeof(text) - 1, &t));
}

static void parameters_are_counted_where_they_are_parameters(void **state)
{
    static const struct {
        const char *sql;
        int most;
    } rows[] = {
        { "SELECT 1", 0 },
        { "SELECT $1", 1 },
        { "SELECT $2::text, $1, $2", 2 },
        { "SELECT $10, $9", 10 },
        { "SELECT '$1', \"$2\", E'\\'$3' -- $4\n /* $5 */", 0 },
        { "DO $$ SELECT $1 $$", 0 },
        { "SELECT $f$ $1 $f$, $1", 1 },
        { "SELECT a$1 FROM t", 0 },
        { "SELECT $", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(sql_file_count_parameters(rows[i].sql, strlen(rows[i].sql)), rows[i].most);
    assert_true(sql_file_count_parameters("SELECT $99999999999", 19) > 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_counted_where_they_are_parameters),
        cmocka_unit_test(a_file_of_named_queries_is_read_one_by_one),
        cmocka_unit_test(an_empty_file_holds_no_query),
        cmocka_unit_test(bad_files_are_refused_with_the_line),
        cmocka_unit_test(semicolons_inside_quotes_and_comments_end_nothing),
        cmocka_unit_test(a_script_is_cut_at_its_semicolons),
        cmocka_unit_test(an_unquoted_function_body_stays_whole),
        cmocka_unit_test(begin_and_end_elsewhere_are_statements),
        cmocka_unit_test(tokens_are_words_quoted_things_and_characters),
    };
    return cmocka_run_group_tests_name("sql_file", tests, NULL, NULL);
}
