/* `ashlar migrate` against a real database. */
#include "db_factory.h"
#include "db/pipeline.h"
#include "module/registry.h"
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#define FIRST "-- phase: expand\n"
static const char create_thing[] =
    FIRST "SELECT platform.declare_schema('shop');\n"
          "CREATE TABLE shop.thing (org_id uuid NOT NULL, id uuid NOT NULL, name text,\n"
          "    PRIMARY KEY (org_id, id));\n"
          "SELECT platform.declare_tenant('shop.thing');\n"
          "-- down\n"
          "DROP SCHEMA shop CASCADE;\n";
static const char index_thing[] =
    FIRST "-- transaction: none\n"
          "CREATE UNIQUE INDEX CONCURRENTLY thing_name_key ON shop.thing (org_id, name);\n";
static const char add_column[] = FIRST "ALTER TABLE shop.thing ADD COLUMN size bigint;\n";
static const char half_broken[] = FIRST "CREATE TABLE shop.half (id uuid);\n\nSELEKT 1;\n";

static const struct module shop = { .name = "shop" };
static const struct module *const modules[] = { &shop, NULL };

static struct testdb db;

/* The platform's first file, then these of module shop, ended by NULL. */
static void use_files(const char *one, const char *two, const char *three)
{
    static const char *const names[] = { "0001_create_thing", "0002_index_thing", "0003_change" };
    static const char *const platform[] = { "0001_create_platform", NULL };

    (void)testdb_use_files(platform, names, (const char *const[]){ one, two, three, NULL });
}

static int setup(void **state)
{
    (void)state;
    testdb_make(&db);
    registry_set(modules);
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

static void must_go_up(void)
{
    struct buf report;
    int code = up(&report);

    if (code != 0)
        print_error("%s", report.data);
    assert_int_equal(code, 0);
}

static int command(const char *verb, const char *option, const char *value)
{
    char *argv[] = { arena_strdup(db.arena, "migrate"), arena_strdup(db.arena, verb),
        arena_strdup(db.arena, option), arena_strdup(db.arena, value), NULL };
    return migrate_command(value != NULL ? 4 : option != NULL ? 3 : 2, argv);
}

static void an_empty_database_is_migrated_and_a_second_run_does_nothing(void **state)
{
    struct buf report;

    (void)state;
    migrate_use_files(NULL);
    assert_int_equal(command("status", NULL, NULL), 3);
    assert_int_equal(up(&report), 0);
    assert_non_null(strstr(report.data, "platform/0001_create_platform"));
    assert_int_equal(command("status", "--json", NULL), 0);
    assert_int_equal(up(&report), 0);
    assert_non_null(strstr(report.data, "nothing to do"));
}

static void the_public_schema_and_temporary_tables_are_closed(void **state)
{
    (void)state;
    use_files(NULL, NULL, NULL);
    must_go_up();
    assert_string_equal(
        testdb_sql(&db, "SELECT has_schema_privilege('ashlar_app', 'public', 'USAGE')"), "f");
    assert_string_equal(
        testdb_sql(&db, "SELECT has_database_privilege('ashlar_app', current_database(), 'TEMP')"),
        "f");
    assert_string_equal(testdb_sql(&db, "SELECT string_agg(rolname, ',') FROM pg_roles WHERE "
                                        "rolname LIKE 'ashlar%' AND (rolcanlogin OR rolsuper OR "
                                        "rolbypassrls OR rolcreaterole OR rolcreatedb)"),
        "");
}

static void who_may_connect_is_one_of_ours(void **state)
{
    static const char connects[] =
        "SELECT string_agg(coalesce(r.rolname, 'PUBLIC'), ' ' ORDER BY r.rolname) FROM pg_database "
        "d, aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE datname = current_database() AND privilege_type = 'CONNECT' AND NOT rolsuper "
        "IS TRUE";

    (void)state;
    use_files(NULL, NULL, NULL);
    must_go_up();
    assert_string_equal(testdb_sql(&db, connects), "ashlar_app ashlar_owner ashlar_system");
    testdb_sql(&db, "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO PUBLIC', "
                    "current_database()); END $$");
    must_go_up(); /* one that was migrated long ago, or given back */
    assert_string_equal(testdb_sql(&db, connects), "ashlar_app ashlar_owner ashlar_system");
}

/* A member by a role that hands nothing down has a grant of its own. */
static void a_login_that_serves_is_not_shut_out(void **state)
{
    (void)state;
    use_files(NULL, NULL, NULL);
    must_go_up();
    testdb_sql(&db, "DROP ROLE IF EXISTS serves; CREATE ROLE serves LOGIN NOINHERIT IN ROLE "
                    "ashlar_app");
    must_go_up();
    assert_string_equal(
        testdb_sql(&db, "SELECT has_database_privilege('serves', current_database(), 'CONNECT')"),
        "t");
    testdb_sql(&db, "DROP OWNED BY serves; DROP ROLE serves");
}

static const char named_thing[] =
    FIRST "SELECT platform.declare_schema('shop');\n"
          "CREATE TABLE shop.thing (org_id uuid NOT NULL, id uuid NOT NULL, note text DEFAULT\n"
          "    'ashlar_application my_ashlar_app', PRIMARY KEY (org_id, id));\n"
          "SELECT platform.declare_tenant('shop.thing');\n"
          "GRANT SELECT ON shop.thing TO ashlar_system, ashlar_app;\n"
          "CREATE FUNCTION shop.who() RETURNS text LANGUAGE sql AS $$ SELECT 'ashlar_owner' $$;\n"
          "SELECT platform.declare_definer('shop.who()');\n";

/* Under other names: in rights, policies, owners and bodies; and no word that only looks like one.
 */
static void roles_have_the_names_that_are_set(void **state)
{
    struct buf report;

    (void)state;
    use_files(named_thing, NULL, NULL);
    testdb_use(&db, db.url, "ASHLAR_DB_ROLE_PREFIX=green_");
    must_go_up();
    assert_string_equal(testdb_sql(&db, "SELECT string_agg(DISTINCT nspowner::regrole::text, ' ') "
                                        "FROM pg_namespace WHERE nspname IN ('platform', 'shop')"),
        "green_owner");
    assert_string_equal(
        testdb_sql(&db, "SELECT proowner::regrole || prosrc FROM pg_proc WHERE proname = 'who'"),
        "green_system SELECT 'green_owner' ");
    assert_string_equal(
        testdb_sql(&db, "SELECT count(*) FROM pg_proc WHERE pronamespace::regnamespace "
                        "::text IN ('platform', 'shop') AND prosrc ~ "
                        "'\\mashlar_(owner|app|system)\\M'"),
        "0");
    assert_string_equal(testdb_sql(&db, "SELECT string_agg(DISTINCT r::regrole::text, ' ') FROM "
                                        "pg_policy, unnest(polroles) AS r"),
        "green_app green_system");
    assert_string_equal(testdb_sql(&db, "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE "
                                        "adrelid = 'shop.thing'::regclass"),
        "'ashlar_application my_ashlar_app'::text");
    assert_string_equal(
        testdb_sql(&db, "SELECT count(*) FROM pg_shdepend WHERE dbid = (SELECT oid FROM "
                        "pg_database WHERE datname = current_database()) AND "
                        "refobjid = to_regrole('ashlar_owner')"),
        "0");
    /* The file is what was applied. */
    assert_int_equal(up(&report), 0);
    assert_non_null(strstr(report.data, "nothing to do"));
    assert_int_equal(command("status", NULL, NULL), 0);
}

static void other_names_than_the_databases_are_refused(void **state)
{
    struct buf report;

    (void)state;
    use_files(NULL, NULL, NULL);
    must_go_up();
    testdb_use(&db, db.url, "ASHLAR_DB_ROLE_PREFIX=blue_");
    assert_int_equal(up(&report), 1);
    assert_non_null(strstr(report.data, "belongs to ashlar_owner"));
    assert_int_equal(command("status", NULL, NULL), 1);
    assert_string_equal(
        testdb_sql(&db, "SELECT coalesce(to_regrole('blue_app')::text, 'none')"), "none");
}

static void roles_alone_can_be_made(void **state)
{
    (void)state;
    testdb_use(&db, db.url, "ASHLAR_DB_ROLE_PREFIX=red_");
    assert_int_equal(command("roles", NULL, NULL), 0);
    assert_int_equal(command("roles", NULL, NULL), 0);
    assert_string_equal(
        testdb_sql(&db, "SELECT count(*) FROM pg_roles WHERE rolname IN ('red_owner', "
                        "'red_app', 'red_system')"),
        "3");
    assert_string_equal(
        testdb_sql(&db, "SELECT coalesce(to_regnamespace('platform')::text, 'none')"), "none");
}

static void what_was_applied_is_recorded(void **state)
{
    unsigned char hash[32];
    char hex[65];

    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    crypto_generichash(
        hash, sizeof(hash), (const unsigned char *)create_thing, strlen(create_thing), NULL, 0);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    assert_string_equal(testdb_sql(&db, "SELECT checksum FROM platform.migration WHERE module = "
                                        "'shop' AND number = 1 AND phase = 'expand'"),
        hex);
}

static void a_changed_file_is_drift_and_nothing_more_is_applied(void **state)
{
    struct buf report;

    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    use_files(FIRST "SELECT 1;", index_thing, NULL);
    assert_int_equal(up(&report), 4);
    assert_non_null(strstr(report.data, "shop/0001_create_thing was changed"));
    assert_int_equal(command("status", NULL, NULL), 4);
    assert_string_equal(testdb_sql(&db, "SELECT to_regclass('shop.thing_name_key') IS NULL"), "t");
}

static void a_broken_file_leaves_nothing_and_says_which_line(void **state)
{
    struct buf report;

    (void)state;
    use_files(create_thing, index_thing, half_broken);
    assert_int_equal(up(&report), 1);
    assert_non_null(strstr(report.data, "shop/0003_change.sql:4: syntax error"));
    assert_string_equal(testdb_sql(&db, "SELECT to_regclass('shop.half') IS NULL"), "t");
    assert_int_equal(command("status", NULL, NULL), 3);
    use_files(create_thing, index_thing, add_column);
    must_go_up();
}

static const char drop_name[] = "-- phase: contract\n-- oldest-binary: 0.0.1\n"
                                "ALTER TABLE shop.thing DROP COLUMN name;\n";

static void a_first_release_applies_what_contracts_too(void **state)
{
    (void)state;
    use_files(create_thing, drop_name, add_column);
    assert_int_equal(command("up", "--expand-only", NULL), 0);
    assert_int_equal(command("status", NULL, NULL), 0);
}

static void before_a_release_only_what_expands_is_applied(void **state)
{
    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    use_files(create_thing, drop_name, add_column);
    assert_int_equal(command("up", "--expand-only", NULL), 0);
    assert_int_equal(command("status", NULL, NULL), 3);
    assert_string_equal(testdb_sql(&db, "SELECT count(name) FROM shop.thing"), "0");
    assert_string_equal(testdb_sql(&db, "SELECT count(*) FROM platform.migration"), "2");
    must_go_up();
    assert_int_equal(command("status", NULL, NULL), 0);
}

/* --- CONCURRENTLY --- */

static void fill_with_duplicates(void)
{
    testdb_sql(&db, "INSERT INTO shop.thing SELECT '00000000-0000-7000-8000-000000000001', "
                    "gen_random_uuid(), 'same' FROM generate_series(1, 2)");
}

static void a_failed_concurrent_index_leaves_nothing_behind(void **state)
{
    struct buf report;

    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    fill_with_duplicates();
    use_files(create_thing, index_thing, NULL);
    assert_int_equal(up(&report), 1);
    assert_non_null(strstr(report.data, "could not create unique index"));
    assert_string_equal(testdb_sql(&db, "SELECT to_regclass('shop.thing_name_key') IS NULL"), "t");
    testdb_sql(&db, "DELETE FROM shop.thing");
    must_go_up();
    assert_string_equal(testdb_sql(&db, "SELECT indisvalid FROM pg_index WHERE indexrelid = "
                                        "'shop.thing_name_key'::regclass"),
        "t");
}

static void an_index_left_invalid_is_dropped_and_built_again(void **state)
{
    struct buf report;

    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    testdb_sql(&db, "CREATE UNIQUE INDEX thing_name_key ON shop.thing (org_id, name)");
    testdb_sql(&db, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = "
                    "'shop.thing_name_key'::regclass");
    use_files(create_thing, index_thing, NULL);
    assert_int_equal(up(&report), 0);
    assert_non_null(strstr(report.data, "was left invalid"));
    assert_string_equal(testdb_sql(&db, "SELECT indisvalid FROM pg_index WHERE indexrelid = "
                                        "'shop.thing_name_key'::regclass"),
        "t");
}

static void an_index_that_was_built_but_not_recorded_is_recorded(void **state)
{
    (void)state;
    use_files(create_thing, index_thing, NULL);
    must_go_up();
    testdb_sql(&db, "DELETE FROM platform.migration WHERE module = 'shop' AND number = 2");
    must_go_up();
    assert_int_equal(command("status", NULL, NULL), 0);
}

/* --- Two at once, and other people's locks --- */

struct run {
    pthread_t thread;
    struct arena *arena;
    struct buf report;
    int code;
};

static void *run_up(void *arg)
{
    struct run *r = arg;

    r->arena = arena_new(0);
    buf_init(&r->report, r->arena, 65536);
    r->code = migrate_up(&r->report);
    return NULL;
}

static void two_runs_at_once_apply_everything_exactly_once(void **state)
{
    struct run runs[2];
    int said_nothing = 0;

    (void)state;
    use_files(create_thing, index_thing, add_column);
    for (int i = 0; i < 2; i++)
        pthread_create(&runs[i].thread, NULL, run_up, &runs[i]);
    for (int i = 0; i < 2; i++) {
        pthread_join(runs[i].thread, NULL);
        if (runs[i].code != 0)
            print_error("%s", runs[i].report.data);
        assert_int_equal(runs[i].code, 0);
        said_nothing += strstr(runs[i].report.data, "nothing to do") != NULL;
        arena_free(runs[i].arena);
    }
    assert_int_equal(said_nothing, 1);
    assert_string_equal(testdb_sql(&db, "SELECT count(*) FROM platform.migration"), "4");
}

static void a_held_lock_is_waited_for_and_its_holder_named(void **state)
{
    struct buf report;

    (void)state;
    use_files(NULL, NULL, NULL);
    must_go_up();
    testdb_sql(&db, "SELECT pg_advisory_lock(1634953324, 1835624306)");
    assert_int_equal(command("up", "--lock-wait", "0"), 5);
    testdb_sql(&db, "SELECT pg_advisory_unlock_all()");
    assert_int_equal(up(&report), 0);
}

static void *end_transaction_later(void *arg)
{
    PGresult *r;

    usleep(2600000);
    r = PQexec(arg, "ROLLBACK");
    PQclear(r);
    return NULL;
}

/* Somebody's open transaction holds the table for 2.6 seconds while `text` is applied. */
static void apply_against_a_lock(const char *text, struct buf *report)
{
    PGconn *other = PQconnectdb(db.url);
    pthread_t thread;

    use_files(create_thing, NULL, NULL);
    must_go_up();
    PQclear(PQexec(other, "BEGIN"));
    PQclear(PQexec(other, "INSERT INTO shop.thing VALUES (gen_random_uuid(), gen_random_uuid())"));
    pthread_create(&thread, NULL, end_transaction_later, other);
    use_files(create_thing, text, NULL);
    assert_int_equal(up(report), 0);
    pthread_join(thread, NULL);
    PQfinish(other);
}

static void a_locked_table_is_tried_again_instead_of_blocking_everybody(void **state)
{
    struct buf report;

    (void)state;
    apply_against_a_lock(add_column, &report);
    assert_non_null(strstr(report.data, "waits for a lock"));
    assert_string_equal(testdb_sql(&db, "SELECT count(size) FROM shop.thing"), "0");
}

struct reader {
    PGconn *link;
    atomic_bool over;
    int64_t longest_us;
};

static void *read_all_the_time(void *arg)
{
    struct reader *r = arg;

    while (!atomic_load(&r->over)) {
        int64_t began_us = clock_monotonic_us(), took_us;
        PQclear(PQexec(r->link, "SELECT count(*) FROM shop.thing"));
        took_us = clock_monotonic_us() - began_us;
        r->longest_us = took_us > r->longest_us ? took_us : r->longest_us;
        usleep(1000);
    }
    return NULL;
}

/* A read on a shared connection has PIPELINE_STATEMENT_LEAST_MS or more. */
static void reads_are_answered_while_this_waits_for_its_lock(const char *text)
{
    struct reader r = { .link = PQconnectdb(db.url) };
    struct buf report;
    pthread_t thread;

    pthread_create(&thread, NULL, read_all_the_time, &r);
    apply_against_a_lock(text, &report);
    atomic_store(&r.over, true);
    pthread_join(thread, NULL);
    PQfinish(r.link);
    assert_in_range(r.longest_us / 1000, 0, PIPELINE_STATEMENT_LEAST_MS / 2);
}

static void reads_of_a_table_that_is_to_be_changed_are_answered_in_time(void **state)
{
    (void)state;
    reads_are_answered_while_this_waits_for_its_lock(add_column);
}

static void reads_are_answered_in_time_where_the_change_needs_no_transaction(void **state)
{
    (void)state;
    reads_are_answered_while_this_waits_for_its_lock(
        FIRST "-- transaction: none\nALTER TABLE shop.thing ADD COLUMN size bigint;\n");
}

static void a_concurrent_index_waits_for_old_transactions(void **state)
{
    struct buf report;

    (void)state;
    apply_against_a_lock(index_thing, &report);
    assert_null(strstr(report.data, "waits for a lock"));
}

/* --- down --- */

static void down_takes_back_the_last_one(void **state)
{
    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    assert_int_equal(command("down", NULL, NULL), 0);
    assert_string_equal(testdb_sql(&db, "SELECT to_regnamespace('shop') IS NULL"), "t");
    assert_int_equal(command("status", NULL, NULL), 3);
    must_go_up();
}

static void without_a_down_section_nothing_is_taken_back(void **state)
{
    (void)state;
    use_files(create_thing, index_thing, NULL);
    must_go_up();
    assert_int_equal(command("down", NULL, NULL), 1);
    assert_int_equal(command("status", NULL, NULL), 0);
}

/* --- Declarations --- */

static void a_table_cannot_be_fenced_by_a_column_that_may_be_null(void **state)
{
    struct buf report;

    (void)state;
    use_files(FIRST "SELECT platform.declare_schema('shop');\n"
                    "CREATE TABLE shop.thing (org_id uuid, id uuid PRIMARY KEY);\n"
                    "SELECT platform.declare_tenant('shop.thing');\n",
        NULL, NULL);
    assert_int_equal(up(&report), 1);
    assert_non_null(strstr(report.data, "must be a column uuid NOT NULL"));
}

static void a_fence_holds_against_a_later_permissive_policy(void **state)
{
    (void)state;
    use_files(create_thing, NULL, NULL);
    must_go_up();
    fill_with_duplicates();
    testdb_sql(&db, "CREATE POLICY opening ON shop.thing TO ashlar_app USING (true)");
    assert_string_equal(
        testdb_sql(&db, "SET ROLE ashlar_app; SELECT count(*) FROM shop.thing"), "0");
    assert_string_equal(
        testdb_sql(&db, "SET ROLE ashlar_system; SELECT count(*) FROM shop.thing"), "2");
    assert_string_equal(testdb_sql(&db, "SET ROLE ashlar_app; SELECT set_config('ashlar.org', "
                                        "'00000000-0000-7000-8000-000000000001', false); "
                                        "SELECT count(*) FROM shop.thing"),
        "2");
}

int main(void)
{
#define ALONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ALONE(an_empty_database_is_migrated_and_a_second_run_does_nothing),
        ALONE(the_public_schema_and_temporary_tables_are_closed),
        ALONE(who_may_connect_is_one_of_ours),
        ALONE(a_login_that_serves_is_not_shut_out),
        ALONE(roles_have_the_names_that_are_set),
        ALONE(other_names_than_the_databases_are_refused),
        ALONE(roles_alone_can_be_made),
        ALONE(what_was_applied_is_recorded),
        ALONE(a_changed_file_is_drift_and_nothing_more_is_applied),
        ALONE(a_broken_file_leaves_nothing_and_says_which_line),
        ALONE(a_first_release_applies_what_contracts_too),
        ALONE(before_a_release_only_what_expands_is_applied),
        ALONE(a_failed_concurrent_index_leaves_nothing_behind),
        ALONE(an_index_left_invalid_is_dropped_and_built_again),
        ALONE(an_index_that_was_built_but_not_recorded_is_recorded),
        ALONE(two_runs_at_once_apply_everything_exactly_once),
        ALONE(a_held_lock_is_waited_for_and_its_holder_named),
        ALONE(reads_of_a_table_that_is_to_be_changed_are_answered_in_time),
        ALONE(reads_are_answered_in_time_where_the_change_needs_no_transaction),
        ALONE(a_locked_table_is_tried_again_instead_of_blocking_everybody),
        ALONE(a_concurrent_index_waits_for_old_transactions),
        ALONE(down_takes_back_the_last_one),
        ALONE(without_a_down_section_nothing_is_taken_back),
        ALONE(a_table_cannot_be_fenced_by_a_column_that_may_be_null),
        ALONE(a_fence_holds_against_a_later_permissive_policy),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
