/* What the linter of migrations finds, and what it lets pass. */
#include "migrate/migrate_lint.h"
#include <ashlar/ashlar.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define EXPAND   "-- phase: expand\n"
#define CONTRACT "-- phase: contract\n-- oldest-binary: 0.2.0\n"
#define ALONE    "-- phase: expand\n-- transaction: none\n"

/* The findings of one file, as text that lives until the next call. */
static const char *findings(const char *sql, int *n)
{
    static struct arena *a;
    struct migration m = { "shop", "0002_change", sql };
    struct buf out;

    arena_free(a);
    a = arena_new(0);
    buf_init(&out, a, 65536);
    *n = migrate_lint(a, &m, &out);
    return out.data;
}

static void must_find(const char *sql, const char *rule)
{
    int n;
    const char *text = findings(sql, &n);

    if (n != 1 || strstr(text, rule) == NULL)
        print_error("%s\n→ %d: %s", sql, n, text);
    assert_int_equal(n, 1);
    assert_non_null(strstr(text, rule));
}

static void must_pass(const char *sql)
{
    int n;
    const char *text = findings(sql, &n);

    if (n != 0)
        print_error("%s\n→ %s", sql, text);
    assert_int_equal(n, 0);
}

static void statements_that_stop_traffic_are_found(void **state)
{
    static const char *const bad[][2] = {
        { "CREATE INDEX ON shop.item (name)", "require-concurrent-index-creation" },
        { "CREATE UNIQUE INDEX item_x ON ONLY shop.item (name)",
            "require-concurrent-index-creation" },
        { "CREATE INDEX CONCURRENTLY x ON shop.item (name)", "concurrently-in-transaction" },
        { "DROP INDEX shop.item_x", "require-concurrent-index-deletion" },
        { "DROP INDEX CONCURRENTLY shop.item_x", "concurrently-in-transaction" },
        { "ALTER TABLE shop.item ADD COLUMN a int NOT NULL", "adding-required-field" },
        { "ALTER TABLE shop.item ADD a uuid DEFAULT gen_random_uuid()",
            "adding-field-with-volatile-default" },
        { "ALTER TABLE shop.item ADD COLUMN a int GENERATED ALWAYS AS (b + 1) STORED",
            "adding-generated-column" },
        { "ALTER TABLE shop.item ADD COLUMN a uuid REFERENCES users.org(id)",
            "constraint-missing-not-valid" },
        { "ALTER TABLE shop.item ADD CONSTRAINT c CHECK (a > 0)", "constraint-missing-not-valid" },
        { "ALTER TABLE ONLY shop.item ADD FOREIGN KEY (a) REFERENCES users.org(id)",
            "constraint-missing-not-valid" },
        { "ALTER TABLE shop.item ADD CONSTRAINT c UNIQUE (a)", "disallowed-unique-constraint" },
        { "ALTER TABLE shop.item ADD PRIMARY KEY (a)", "disallowed-unique-constraint" },
        { "ALTER TABLE shop.item ALTER COLUMN a SET NOT NULL", "adding-not-nullable-field" },
        { "ALTER TABLE shop.item ALTER a TYPE bigint", "changing-column-type" },
        { "ALTER TABLE shop.item ALTER COLUMN a SET DATA TYPE bigint", "changing-column-type" },
        { "ALTER TABLE shop.item ADD COLUMN fine int, ALTER a TYPE bigint",
            "changing-column-type" },
        { "TRUNCATE shop.item", "ban-truncate" },
        { "COMMIT", "transaction-nesting" },
        { "ALTER TABLE IF EXISTS shop.item RENAME TO thing", "renaming-table" },
        { "ALTER TABLE shop.item RENAME COLUMN a TO b", "renaming-column" },
        { "ALTER TABLE shop.item DROP COLUMN a", "ban-drop-column" },
        { "DROP TABLE shop.item", "ban-drop-table" },
        { "CREATE TABLE shop.thing (id uuid PRIMARY KEY)", "undeclared-table" },
        { "SELECT 'never closed", "bad-syntax" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct arena *a = arena_new(0);
        must_find(arena_printf(a, EXPAND "%s;\n", bad[i][0]), bad[i][1]);
        arena_free(a);
    }
}

static void harmless_statements_pass(void **state)
{
    static const char *const good[] = {
        "ALTER TABLE shop.item ADD COLUMN a int",
        "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS a int NOT NULL DEFAULT 7",
        "ALTER TABLE shop.item ADD COLUMN a timestamptz NOT NULL DEFAULT platform.now()",
        "ALTER TABLE shop.item ADD COLUMN a text DEFAULT 'gen_random_uuid()'",
        "ALTER TABLE shop.item ADD COLUMN a numeric(10, 2)",
        "ALTER TABLE shop.item ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE shop.item VALIDATE CONSTRAINT c",
        "ALTER TABLE shop.item ADD CONSTRAINT c UNIQUE USING INDEX item_c",
        "ALTER TABLE shop.item ALTER COLUMN type SET DEFAULT 'x'",
        "ALTER TABLE shop.item DROP CONSTRAINT c",
        "CREATE TABLE shop.part PARTITION OF shop.item FOR VALUES IN (1)",
        "INSERT INTO shop.note VALUES ('DROP TABLE shop.item; TRUNCATE x')",
        "CREATE FUNCTION shop.f() RETURNS void LANGUAGE sql AS $$ TRUNCATE shop.item; $$",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct arena *a = arena_new(0);
        must_pass(arena_printf(a, EXPAND "%s;\n", good[i]));
        arena_free(a);
    }
}

static void what_touches_only_tables_of_the_same_file_passes(void **state)
{
    (void)state;
    must_pass(
        EXPAND "SELECT platform.declare_schema('shop');\n"
               "CREATE TABLE IF NOT EXISTS shop.Item (id uuid NOT NULL, a int);\n"
               "SELECT platform.declare_tenant('shop.item', 'id');\n"
               "CREATE INDEX ON shop.item (a);\n"
               "ALTER TABLE shop.item ADD CONSTRAINT c CHECK (a > 0), ALTER a TYPE bigint;\n");
}

static void a_file_says_its_phase(void **state)
{
    (void)state;
    must_find("SELECT 1;", "missing-phase");
    must_find("-- phase: explode\nSELECT 1;", "bad-header");
    must_find("-- phase: expand\n-- phase: expand\nSELECT 1;", "bad-header");
    must_find("-- phase: contract\nSELECT 1;", "missing-oldest-binary");
    must_find("-- phase: contract\n-- oldest-binary: new\nSELECT 1;", "bad-header");
}

static void a_contract_migration_may_drop_and_rename(void **state)
{
    (void)state;
    must_pass(CONTRACT "DROP TABLE shop.item; ALTER TABLE shop.b DROP COLUMN a;"
                       "ALTER TABLE shop.b RENAME COLUMN c TO d;");
}

static void a_file_without_a_transaction_holds_one_statement(void **state)
{
    (void)state;
    must_pass(ALONE "CREATE INDEX CONCURRENTLY item_x ON shop.item (name);\n");
    must_pass(ALONE "DROP INDEX CONCURRENTLY shop.item_x;\n");
    must_find(ALONE "SELECT 1; SELECT 2;", "one-statement-without-transaction");
    must_find(ALONE, "one-statement-without-transaction");
}

static void a_rule_is_waived_with_a_reason_only(void **state)
{
    (void)state;
    must_pass(EXPAND "-- allow: ban-truncate the table is a cache\nTRUNCATE shop.cache;");
    must_find(EXPAND "-- allow: ban-truncate\nTRUNCATE shop.cache;", "ban-truncate");
    must_find(
        EXPAND "-- allow: ban-trunc the table is a cache\nTRUNCATE shop.cache;", "ban-truncate");
}

static void the_way_back_may_do_anything(void **state)
{
    (void)state;
    must_pass(EXPAND "SELECT 1;\n-- down\nDROP TABLE shop.item;\n");
}

static void findings_name_file_and_line(void **state)
{
    int n;
    (void)state;
    assert_non_null(strstr(findings(EXPAND "\nSELECT 1;\n\nTRUNCATE shop.item;\n", &n),
        "shop/0002_change.sql:5: ban-truncate: "));
}

static void all_migrations_of_this_binary_pass(void **state)
{
    (void)state;
    for (const struct migration *m = migrations_embedded; m->module != NULL; m++) {
        struct arena *a = arena_new(0);
        struct buf out;
        buf_init(&out, a, 65536);
        if (migrate_lint(a, m, &out) != 0)
            print_error("%s", out.data);
        assert_int_equal(out.size, 0);
        arena_free(a);
    }
}

static void a_header_is_read_up_to_the_way_back(void **state)
{
    struct arena *a = arena_new(0);
    struct migration m = { "shop", "0012_do_it",
        CONTRACT "SELECT 1;\n-- down\nSELECT 2;\n-- transaction: none\n" };
    struct migration_file f;
    const char *problem;
    (void)state;
    assert_true(migration_file_parse(a, &m, &f, &problem));
    assert_int_equal(f.number, 12);
    assert_string_equal(f.phase, "contract");
    assert_string_equal(f.oldest_binary, "0.2.0");
    assert_true(f.in_transaction);
    assert_int_equal(f.down_line, 5);
    assert_memory_equal(f.down, "SELECT 2;", 9);
    assert_memory_equal(f.up_end, "-- down", 7);
    assert_int_equal(strlen(f.checksum), 64);
    m.name = "12_do_it";
    assert_false(migration_file_parse(a, &m, &f, &problem));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_that_stop_traffic_are_found),
        cmocka_unit_test(harmless_statements_pass),
        cmocka_unit_test(what_touches_only_tables_of_the_same_file_passes),
        cmocka_unit_test(a_file_says_its_phase),
        cmocka_unit_test(a_contract_migration_may_drop_and_rename),
        cmocka_unit_test(a_file_without_a_transaction_holds_one_statement),
        cmocka_unit_test(a_rule_is_waived_with_a_reason_only),
        cmocka_unit_test(the_way_back_may_do_anything),
        cmocka_unit_test(findings_name_file_and_line),
        cmocka_unit_test(all_migrations_of_this_binary_pass),
        cmocka_unit_test(a_header_is_read_up_to_the_way_back),
    };
    return cmocka_run_group_tests_name("migrate_lint", tests, NULL, NULL);
}
