/* The loop of writing a migration: linted before it is applied, taken back and applied as it is. */
#include "db_factory.h"
#include "config/load.h"
#include "module/registry.h"
#include <unistd.h>

#define FIRST "-- phase: expand\n"
static const char create_thing[] =
    FIRST "SELECT platform.declare_schema('shop');\n"
          "CREATE TABLE shop.thing (org_id uuid NOT NULL, id uuid NOT NULL, name text,\n"
          "    PRIMARY KEY (org_id, id));\n"
          "SELECT platform.declare_tenant('shop.thing');\n"
          "-- down\n"
          "DROP SCHEMA shop CASCADE;\n";
static const char add_size[] = FIRST "ALTER TABLE shop.thing ADD COLUMN size bigint;\n"
                                     "-- down\n"
                                     "ALTER TABLE shop.thing DROP COLUMN size;\n";
static const char add_weight[] = FIRST "ALTER TABLE shop.thing ADD COLUMN weight bigint;\n"
                                       "-- down\n"
                                       "ALTER TABLE shop.thing DROP COLUMN weight;\n";
static const char add_no_way_back[] =
    FIRST "ALTER TABLE shop.thing ADD COLUMN size bigint;\n-- down\n-- nothing\n";
static const char broken_down[] = FIRST "ALTER TABLE shop.thing ADD COLUMN size bigint;\n"
                                        "-- down\n"
                                        "ALTER TABLE shop.thing DROP COLUMN size;\n"
                                        "DROP TABLE shop.nothing;\n";
static const char without_phase[] = "ALTER TABLE shop.thing ADD COLUMN size bigint;\n";

static const char columns[] =
    "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
    "'shop.thing'::regclass AND attnum > 3 AND NOT attisdropped";

static const struct module shop = { .name = "shop" };
static const struct module *const modules[] = { &shop, NULL };

static struct testdb db;
static struct migration *files;
static char *said; /* what the last command printed */

/* The platform's record and its place for down texts, then these of module shop. */
static void use_files(const char *one, const char *two, const char *three)
{
    static const char *const names[] = { "0001_create_thing", "0002_change", "0003_change" };
    static const char *const platform[] = { "0001_create_platform", "0016_keep_down", NULL };

    files = testdb_use_files(platform, names, (const char *const[]){ one, two, three, NULL });
}

static int setup(void **state)
{
    (void)state;
    testdb_make(&db);
    registry_set(modules);
    testdb_use(&db, db.url, "ASHLAR_ENV=development");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    migrate_use_files(NULL);
    testdb_drop(&db);
    free(said);
    said = NULL;
    return 0;
}

/* `ashlar migrate VERB [OPTION]`: its code; what it printed is in `said`. */
static int command(const char *verb, const char *option)
{
    char *argv[] = { arena_strdup(db.arena, "migrate"), arena_strdup(db.arena, verb),
        arena_strdup(db.arena, option), NULL };
    FILE *sink = tmpfile();
    int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO), code;
    size_t size;

    assert_non_null(sink);
    fflush(NULL);
    dup2(fileno(sink), STDOUT_FILENO);
    dup2(fileno(sink), STDERR_FILENO);
    code = migrate_command(option != NULL ? 3 : 2, argv);
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    close(out);
    close(errors);
    fseek(sink, 0, SEEK_END);
    size = (size_t)ftell(sink);
    rewind(sink);
    free(said);
    said = calloc(1, size + 1);
    assert_non_null(said);
    assert_int_equal(fread(said, 1, size, sink), size);
    fclose(sink);
    return code;
}

/* Ends with the code, and says this. */
static void must(const char *verb, const char *option, int code, const char *words)
{
    int is = command(verb, option);

    if (is != code || strstr(said, words) == NULL)
        print_error("%s ended with %d and said\n%s", verb, is, said);
    assert_int_equal(is, code);
    assert_non_null(strstr(said, words));
}

static void shop_has(const char *wanted)
{
    assert_string_equal(testdb_sql(&db, columns), wanted);
}

/* --- The linter, before anything --- */

static void a_file_with_findings_is_refused_before_anything_is_applied(void **state)
{
    (void)state;
    use_files(create_thing, without_phase, NULL);
    must("up", NULL, 1, "shop/0002_change.sql:1: missing-phase");
    assert_string_equal(testdb_sql(&db, "SELECT to_regnamespace('platform') IS NULL"), "t");
    use_files(create_thing,
        FIRST "SELECT 1;\n\nCREATE INDEX thing_name_idx ON shop.thing (name);\n", NULL);
    must("up", NULL, 1, "shop/0002_change.sql:4: require-concurrent-index-creation");
    use_files(create_thing,
        FIRST "-- allow: require-concurrent-index-creation it is empty\n"
              "CREATE INDEX thing_name_idx ON shop.thing (name);\n",
        NULL);
    must("up", NULL, 0, "up to date");
}

static void what_was_applied_elsewhere_can_be_let_through(void **state)
{
    (void)state;
    use_files(create_thing, without_phase, NULL);
    must("up", "--no-lint", 0, "up to date");
    must("up", NULL, 0, "nothing to do"); /* it does not wait any more */
}

static void outside_development_the_linter_is_asked_by_hand(void **state)
{
    (void)state;
    testdb_use(&db, db.url, NULL); /* test */
    use_files(create_thing, without_phase, NULL);
    must("up", NULL, 0, "up to date");
}

/* --- redo --- */

static void an_edited_newest_file_is_taken_back_by_its_old_words_and_applied_anew(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    shop_has("size");
    use_files(create_thing, add_weight, NULL);
    must("up", NULL, 4, "deploy/dev redo");
    must("down", NULL, 4, "deploy/dev redo");
    shop_has("size");
    must("redo", NULL, 0, "rolled back shop/0002_change");
    shop_has("weight");
    must("status", NULL, 0, "applied");
    must("up", NULL, 0, "nothing to do");
    must("down", NULL, 0, "rolled back shop/0002_change"); /* by the new words */
    shop_has("");
}

static void a_renamed_file_of_the_same_number_is_edited_too(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    files[3].name = "0002_add_size";
    must("up", NULL, 4, "deploy/dev redo");
    must("redo", NULL, 0, "rolled back shop/0002_add_size");
    must("status", NULL, 0, "shop/0002_add_size");
}

static void an_unchanged_newest_one_can_be_done_again(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    testdb_sql(&db, "INSERT INTO shop.thing VALUES (gen_random_uuid(), gen_random_uuid(), 'a', 7)");
    must("redo", NULL, 0, "applied  shop/0002_change");
    assert_string_equal(testdb_sql(&db, "SELECT count(size) FROM shop.thing"), "0");
}

static void what_was_applied_before_words_were_kept_is_kept_by_the_next_up(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    testdb_sql(&db, "UPDATE platform.migration SET down = NULL");
    use_files(create_thing, add_weight, NULL);
    must("redo", NULL, 1, "no \"-- down\" text was stored");
    shop_has("size");
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "nothing to do");
    use_files(create_thing, add_weight, NULL);
    must("redo", NULL, 0, "rolled back shop/0002_change");
    shop_has("weight");
}

/* Older rows are read and written as they were. */
static void a_record_without_a_place_for_words_is_kept_too(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    must("down", NULL, 0, "rolled back shop/0002_change");
    testdb_sql(&db, "DELETE FROM platform.migration WHERE number = 16");
    testdb_sql(&db, "ALTER TABLE platform.migration DROP COLUMN down");
    files[1] = files[2]; /* without 0016 */
    files[2] = files[3];
    files[3] = (struct migration){ NULL, NULL, NULL };
    must("up", NULL, 0, "1 applied");
    must("redo", NULL, 0, "rolled back shop/0002_change");
    must("status", NULL, 0, "applied");
}

static void nothing_is_redone_while_findings_are_left(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    use_files(create_thing, without_phase, NULL);
    must("redo", NULL, 1, "shop/0002_change.sql:1: missing-phase");
    shop_has("size");
    use_files(create_thing, add_weight, without_phase); /* one that waits behind it */
    must("redo", NULL, 1, "shop/0003_change.sql:1: missing-phase");
    shop_has("size");
}

static void without_words_of_a_way_back_the_file_is_to_be_restored(void **state)
{
    (void)state;
    use_files(create_thing, add_no_way_back, NULL);
    must("up", NULL, 0, "applied");
    must("redo", NULL, 1, "no \"-- down\" section");
    use_files(create_thing, add_weight, NULL);
    must("up", NULL, 4, "no \"-- down\" text was stored");
    assert_null(strstr(said, "redo"));
    must("redo", NULL, 1, "deploy/dev reset");
    shop_has("size");
}

static void words_that_fail_half_way_leave_all_as_it_was(void **state)
{
    (void)state;
    use_files(create_thing, broken_down, NULL);
    must("up", NULL, 0, "applied");
    use_files(create_thing, add_weight, NULL);
    must("redo", NULL, 1, "nothing was rolled back");
    assert_non_null(strstr(said, "DROP TABLE shop.nothing;"));
    shop_has("size");
    must("status", NULL, 4, "drifted");
}

static void new_words_that_fail_are_mended_and_applied(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    use_files(create_thing, FIRST "ALTER TABLE shop.thing ADD COLUMN weight no_type;\n", NULL);
    must("redo", NULL, 1, "shop/0002_change is rolled back");
    shop_has("");
    use_files(create_thing, add_weight, NULL);
    must("up", NULL, 0, "applied");
    shop_has("weight");
}

static void what_was_applied_after_the_edited_one_goes_first(void **state)
{
    (void)state;
    use_files(create_thing, add_size, add_weight);
    must("up", NULL, 0, "applied");
    use_files(create_thing, add_no_way_back, add_weight);
    must("redo", NULL, 4, "applied after it (1), newest first");
    shop_has("size weight");
    must("down", NULL, 0, "rolled back shop/0003_change");
    must("redo", NULL, 0, "rolled back shop/0002_change");
    shop_has("size weight");
}

static void a_newest_one_that_is_not_carried_is_named(void **state)
{
    (void)state;
    use_files(create_thing, NULL, NULL);
    must("redo", NULL, 1, "nothing was applied yet");
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    use_files(create_thing, NULL, NULL);
    must("redo", NULL, 1, "shop/0002_change was applied last, and this binary does not contain it");
    shop_has("size");
}

static void a_database_in_use_is_left_alone(void **state)
{
    const char *url = strchr(db.url, '?') != NULL
                          ? arena_printf(db.arena, "%s&application_name=ashlar", db.url)
                          : arena_printf(db.arena, "%s?application_name=ashlar", db.url);
    PGconn *server;

    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    server = PQconnectdb(url);
    assert_int_equal(PQstatus(server), CONNECTION_OK);
    must("redo", NULL, 1, "this database is in use by\nprocess ");
    shop_has("size");
    PQfinish(server);
}

static void use_environment(const char *name)
{
    char *list[] = {
        arena_printf(db.arena, "ASHLAR_ENV=%s", name),
        arena_printf(db.arena, "DATABASE_URL=%s", db.url),
        arena_strdup(db.arena, "ASHLAR_PUBLIC_URL=https://api.acme.example"),
        arena_strdup(db.arena, "ASHLAR_APP_URL=https://app.acme.example"),
        arena_strdup(db.arena, "ASHLAR_MAIL_FROM=Acme <hello@acme.example>"),
        arena_strdup(db.arena, "ASHLAR_SMTP_URL=smtp://127.0.0.1:1"),
        arena_strdup(db.arena, "ASHLAR_LOG_LEVEL=error"),
        arena_strdup(db.arena, "ASHLAR_SECRET_KEY=9f2b1cd4e5a6978812345678deadbeef0c1d2e3f405162738"
                               "495a6b7c8d9eafb"),
        NULL,
    };
    struct buf problems;

    buf_init(&problems, db.arena, 65536);
    if (!config_load(registry_modules(), list, &problems))
        print_error("%s", problems.data);
    assert_int_equal(problems.size, 0);
}

static void outside_development_nothing_is_redone(void **state)
{
    (void)state;
    use_files(create_thing, add_size, NULL);
    must("up", NULL, 0, "applied");
    use_files(create_thing, add_weight, NULL);
    use_environment("staging");
    must("redo", NULL, 1, "development and test only");
    must("up", NULL, 4, "into a new one.\n");
    must("down", "--yes", 4, "into a new one.\n");
    use_environment("production");
    must("redo", NULL, 1, "development and test only");
    shop_has("size");
}

int main(void)
{
#define ALONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ALONE(a_file_with_findings_is_refused_before_anything_is_applied),
        ALONE(what_was_applied_elsewhere_can_be_let_through),
        ALONE(outside_development_the_linter_is_asked_by_hand),
        ALONE(an_edited_newest_file_is_taken_back_by_its_old_words_and_applied_anew),
        ALONE(a_renamed_file_of_the_same_number_is_edited_too),
        ALONE(an_unchanged_newest_one_can_be_done_again),
        ALONE(what_was_applied_before_words_were_kept_is_kept_by_the_next_up),
        ALONE(a_record_without_a_place_for_words_is_kept_too),
        ALONE(nothing_is_redone_while_findings_are_left),
        ALONE(without_words_of_a_way_back_the_file_is_to_be_restored),
        ALONE(words_that_fail_half_way_leave_all_as_it_was),
        ALONE(new_words_that_fail_are_mended_and_applied),
        ALONE(what_was_applied_after_the_edited_one_goes_first),
        ALONE(a_newest_one_that_is_not_carried_is_named),
        ALONE(a_database_in_use_is_left_alone),
        ALONE(outside_development_nothing_is_redone),
    };
    return cmocka_run_group_tests_name("migrate redo", tests, NULL, NULL);
}
