/* `ashlar migrate` against a real database. */
#include "db_factory.h"
#include "registry.h"
#include <sys/wait.h>

static struct testdb db;

static int setup(void **state)
{
    (void)state;
    testdb_make(&db);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    migrate_use_files(NULL);
    testdb_drop(&db);
    return 0;
}

static int up(struct buf *report)
{
    buf_init(report, db.arena, 65536);
    return migrate_up(report);
}

static int command(const char *verb, const char *option)
{
    char *argv[] = { arena_strdup(db.arena, verb), arena_strdup(db.arena, option), NULL };
    return migrate_command(option != NULL ? 2 : 1, argv);
}

static const char platform_sql[] = "-- phase: expand\nCREATE SCHEMA IF NOT EXISTS platform;";

static void an_empty_database_is_migrated_and_a_second_run_does_nothing(void **state)
{
    struct buf report;

    (void)state;
    assert_int_equal(command("status", NULL), 3);
    assert_int_equal(up(&report), 0);
    assert_non_null(strstr(report.data, "platform/0001_create_platform"));
    assert_int_equal(command("status", "--json"), 0);
    assert_int_equal(up(&report), 0);
    assert_non_null(strstr(report.data, "nothing to do"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_empty_database_is_migrated_and_a_second_run_does_nothing, setup, teardown),
    };
    (void)platform_sql;
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
