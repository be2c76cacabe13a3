/* Running a program of database tests: one struct t, one database for each. */
#include "http/own/http_start.h"
#include "kit.h"
#include <errno.h>

enum { TESTS_MAX = 64, TEST_ARENA = 1 << 30 };

static const char *server_url;
static char program[64];

/* "a_seat_is_sold_once, another" → the i-th name as a sentence. */
static char *sentence(struct arena *a, const char **names)
{
    const char *from = *names + strspn(*names, " ,\n");
    size_t size = strcspn(from, " ,\n");
    char *text = arena_strndup(a, from, size);

    *names = from + size;
    for (char *p = text; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    return text;
}

static void program_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;

    snprintf(program, sizeof program, "%.*s", (int)strcspn(name, "."), name);
}

/* Unique on a cluster that outlives several runs. */
static const char *database_name(struct arena *a)
{
    static int n;

    return arena_printf(
        a, "%.40s_%d_%d_%lld", program, (int)getpid(), ++n, (long long)clock_now().us / 1000000);
}

static int begin_test(void **state)
{
    struct arena *a = arena_new(TEST_ARENA);
    struct t *t = arena_alloc(a, sizeof *t);
    const char *url;

    clock_fake(INSTANT_NONE);
    t->database = database_name(a);
    url = kit_clone_database(a, server_url, t->database);
    if (url == NULL) {
        arena_free(a);
        return -1;
    }
    kit_use_database(url);
    t->arena = a;
    t->database_url = url;
    t->address = "127.0.0.1";
    t->sent = "(no request yet)";
    as_nobody(t);
    *state = t;
    return 0;
}

static int end_test(void **state)
{
    struct t *t = *state;

    kit_close_sql(t);
    kit_use_database(NULL);
    kit_drop_database(t->arena, server_url, t->database);
    kit_forget_event_mails();
    clock_fake(INSTANT_NONE);
    json_decref(t->json);
    arena_free(t->arena);
    return 0;
}

static bool boot(const char *file)
{
    program_name(file);
    server_url = getenv("ASHLAR_TEST_DATABASE_URL");
    if (server_url == NULL) {
        print_error("ASHLAR_TEST_DATABASE_URL is not set: run the suite with tests/run, or name a "
                    "throw-away cluster's superuser.\n");
        return false;
    }
    if (!kit_boot(server_url))
        return false;
    kit_record(program);
    return true;
}

int testkit_run(
    const char *file, void (*const *tests)(void **state), const char *names, size_t n_tests)
{
    struct arena *a = arena_new(0);
    struct CMUnitTest list[TESTS_MAX];
    int failed;

    if (n_tests > TESTS_MAX)
        print_error("%s: %zu tests; a program has at most %d\n", file, n_tests, TESTS_MAX);
    if (n_tests > TESTS_MAX || !boot(file)) {
        arena_free(a);
        return 1;
    }
    for (size_t i = 0; i < n_tests; i++)
        list[i] = (struct CMUnitTest){ .name = sentence(a, &names),
            .test_func = tests[i],
            .setup_func = begin_test,
            .teardown_func = end_test };
    failed = _cmocka_run_group_tests(program, list, n_tests, NULL, NULL);
    if (failed) { /* a failed test jumped out of where it was: what it held is no leak of ours */
        fflush(NULL);
        _exit(1);
    }
    http_stop();
    arena_free(a);
    return 0;
}
