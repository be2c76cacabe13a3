/* A PostgreSQL that is killed, stopped or frozen, on a cluster of this program's own. */
#include "db_factory.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "crypto/keys.h"
#include "db/conn.h"
#include "module/registry.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define PORT       "21280"
#define Q(n, text) static const struct query n = { #n, "platform", text }
Q(one, "SELECT 1::bigint");
Q(own_pid, "SELECT pg_backend_pid()::bigint");

extern char **environ;
static char folder[] = P_tmpdir "/ashlar-faults-XXXXXX";
static struct testdb db;

/* The cluster's own output goes to a file: what pg_ctl leaves running must not hold our stdout. */
static void cluster(const char *verb)
{
    struct arena *a = arena_new(0);
    char *argv[] = { arena_strdup(a, "tests/db/cluster.sh"), arena_strdup(a, verb), folder,
        arena_strdup(a, PORT), NULL };
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status = -1;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(
        &files, 1, arena_printf(a, "%s/out", folder), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    assert_int_equal(posix_spawn(&pid, argv[0], &files, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    arena_free(a);
}

static int start(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    cluster("start");
    db.arena = arena_new(0);
    db.url = arena_printf(
        db.arena, "postgresql:///postgres?host=%s&port=%s&user=postgres", folder, PORT);
    testdb_use(&db, db.url, NULL);
    assert_true(crypto_start());
    db.admin = PQconnectdb(db.url);
    testdb_make_shop(&db);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    PQfinish(db.admin);
    arena_free(db.arena);
    cluster("destroy");
    return 0;
}

static int open_pool(void **state)
{
    (void)state;
    PQreset(db.admin);
    config_override(&ASHLAR_DB_CONNECTIONS, "4");
    config_override(&ASHLAR_DB_WAIT_MS, "1000");
    config_override(&ASHLAR_DB_STATEMENT_MS, "1000");
    pool_start();
    return 0;
}

static int close_pool(void **state)
{
    (void)state;
    pool_stop();
    return 0;
}

static err read_one(struct ctx *c, void *arg)
{
    int64_t n;

    (void)arg;
    return db_int(c, &one, &n, NO_ARGS);
}

/* One small transaction; how long it took. */
static err try_once(int deadline_ms, int64_t *took_us)
{
    struct ctx *c = testdb_ctx();
    int64_t before = clock_monotonic_us();
    err e;

    c->deadline_us = deadline_ms > 0 ? before + (int64_t)deadline_ms * 1000 : 0;
    e = tx_read(c, read_one, NULL);
    *took_us = clock_monotonic_us() - before;
    testdb_close_ctx(c);
    return e;
}

static void a_killed_server_is_used_again_within_a_second_of_its_return(void **state)
{
    int64_t took, back;
    err e = &ERR_UNAVAILABLE;

    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_null(try_once(0, &took));
        cluster("crash");
        for (int i = 0; i < 20; i++) {
            assert_ptr_equal(try_once(0, &took), &ERR_UNAVAILABLE);
            assert_true(took < 500000);
        }
        usleep(700000);
        cluster("start");
        back = clock_monotonic_us();
        while ((e = try_once(0, &took)) != NULL && clock_monotonic_us() - back < 5000000)
            usleep(5000);
        assert_null(e);
        assert_true(clock_monotonic_us() - back < 1000000);
    }
}

static err note_pid(struct ctx *c, void *arg)
{
    return db_int(c, &own_pid, arg, NO_ARGS);
}

static void a_frozen_backend_costs_no_more_than_the_deadline(void **state)
{
    struct ctx *c = testdb_ctx();
    struct pool_stats stats;
    int64_t pid = 0, took;

    (void)state;
    assert_null(tx_read(c, note_pid, &pid));
    assert_int_equal(kill((pid_t)pid, SIGSTOP), 0);
    assert_ptr_equal(try_once(300, &took), &ERR_TIMEOUT);
    assert_true(took < 600000);
    pool_stats(&stats);
    assert_int_equal(stats.in_use, 0);
    assert_int_equal(stats.open, 0);
    assert_null(try_once(1000, &took));
    kill((pid_t)pid, SIGCONT);
    testdb_close_ctx(c);
}

static err freeze_before_commit(struct ctx *c, void *arg)
{
    TRY(db_int(c, &own_pid, arg, NO_ARGS));
    kill((pid_t) * (int64_t *)arg, SIGSTOP);
    return NULL;
}

static void a_commit_without_an_answer_is_not_success_and_ends(void **state)
{
    struct ctx *c = testdb_ctx();
    int64_t pid = 0, before = clock_monotonic_us();

    (void)state;
    assert_ptr_equal(tx_run(c, freeze_before_commit, &pid), &ERR_UNAVAILABLE);
    assert_in_range(clock_monotonic_us() - before, 1000000, 6000000);
    kill((pid_t)pid, SIGCONT);
    testdb_close_ctx(c);
}

static pid_t postmaster(void)
{
    int64_t pid = 0;
    struct arena *a = arena_new(0);
    FILE *f = fopen(arena_printf(a, "%s/data/postmaster.pid", folder), "r");
    char line[32] = "";

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof(line), f));
    fclose(f);
    assert_true(text_to_int(text_trim(a, line), &pid));
    arena_free(a);
    return (pid_t)pid;
}

static void a_frozen_server_keeps_nobody_longer_than_the_wait_for_a_connection(void **state)
{
    pid_t server = postmaster();
    int64_t took;

    (void)state;
    assert_int_equal(kill(server, SIGSTOP), 0);
    assert_ptr_equal(try_once(0, &took), &ERR_UNAVAILABLE);
    assert_in_range(took, 900000, 2000000);
    assert_int_equal(kill(server, SIGCONT), 0);
    for (int i = 0; i < 200 && try_once(0, &took) != NULL; i++)
        usleep(20000);
    assert_null(try_once(0, &took));
}

static void readiness_refuses_a_role_that_row_security_does_not_hold(void **state)
{
    struct arena *a = arena_new(0);

    (void)state;
    assert_null(pool_check(a, 2000, NULL));
    testdb_sql(&db, "ALTER ROLE ashlar_app BYPASSRLS");
    assert_non_null(strstr(pool_check(a, 2000, NULL), "row security"));
    testdb_sql(&db, "ALTER ROLE ashlar_app NOBYPASSRLS");
    assert_null(pool_check(a, 2000, NULL));
    arena_free(a);
}

static void a_login_without_rights_is_told_what_an_administrator_must_run(void **state)
{
    struct buf report;

    (void)state;
    testdb_sql(&db, "CREATE ROLE weak LOGIN");
    testdb_sql(&db, "CREATE DATABASE bare TEMPLATE template0");
    testdb_use(&db,
        arena_printf(db.arena, "postgresql:///bare?host=%s&port=%s&user=weak", folder, PORT), NULL);
    buf_init(&report, db.arena, 65536);
    assert_int_equal(migrate_up(&report), 1);
    assert_non_null(strstr(report.data, "GRANT ashlar_owner TO weak;"));
    assert_non_null(strstr(report.data, "GRANT CREATE ON DATABASE bare TO ashlar_owner;"));
    assert_non_null(strstr(report.data, "REVOKE TEMP ON DATABASE bare FROM PUBLIC;"));
    assert_non_null(strstr(report.data, "GRANT CONNECT ON DATABASE bare TO ashlar_app;"));
    assert_non_null(strstr(report.data, "REVOKE CONNECT ON DATABASE bare FROM PUBLIC;"));
    testdb_use(&db, db.url, NULL);
}

static void no_superuser_is_needed_to_migrate_and_to_serve(void **state)
{
    struct buf report;
    struct arena *a = arena_new(0);

    (void)state;
    testdb_sql(&db, "CREATE ROLE cloud LOGIN CREATEROLE");
    testdb_sql(&db, "CREATE DATABASE managed TEMPLATE template0 OWNER cloud");
    testdb_use(&db,
        arena_printf(db.arena, "postgresql:///managed?host=%s&port=%s&user=cloud", folder, PORT),
        NULL);
    buf_init(&report, db.arena, 65536);
    if (migrate_up(&report) != 0)
        print_error("%s", report.data);
    assert_non_null(strstr(report.data, "up to date"));
    pool_start();
    assert_null(pool_check(a, 2000, NULL));
    pool_stop();
    testdb_use(&db, db.url, NULL);
    arena_free(a);
}

int main(void)
{
#define WITH_POOL(test) cmocka_unit_test_setup_teardown(test, open_pool, close_pool)
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_killed_server_is_used_again_within_a_second_of_its_return),
        WITH_POOL(a_frozen_backend_costs_no_more_than_the_deadline),
        WITH_POOL(a_commit_without_an_answer_is_not_success_and_ends),
        WITH_POOL(a_frozen_server_keeps_nobody_longer_than_the_wait_for_a_connection),
        WITH_POOL(readiness_refuses_a_role_that_row_security_does_not_hold),
        cmocka_unit_test(a_login_without_rights_is_told_what_an_administrator_must_run),
        cmocka_unit_test(no_superuser_is_needed_to_migrate_and_to_serve),
    };
    return cmocka_run_group_tests_name("db_faults", tests, start, stop);
}
