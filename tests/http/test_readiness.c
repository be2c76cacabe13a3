/* Who is told why the server is not ready. Its PostgreSQL is a port nobody listens on. */
#include "../unit/http_world.h"
#include "db/pool.h"
#include "http/server/listener.h"
#include "sockets.h"

static const struct route no_routes[] = { { .id = NULL } };
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(no_routes)
};

static int begin(void **state)
{
    char url[100], folder[] = "ASHLAR_STORAGE_FOLDER=/nowhere/private";

    (void)state;
    snprintf(
        url, sizeof url, "DATABASE_URL=postgresql://secret_role@127.0.0.1:%u/kept", free_port());
    world_start(&test_module, (const char *const[]){ url, folder, NULL });
    pool_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    pool_stop();
    world_end();
    return 0;
}

static void readyz(bool ops, const char *peer)
{
    struct http_request q = { .method = "GET", .target = "/readyz", .ops = ops, .peer = peer };

    http_handle(world_arena, &q, &response);
    assert_int_equal(response.status, 503);
}

static void strangers_are_told_what_and_not_why(void **state)
{
    static const char *const peers[] = { "192.0.2.7", "127.0.0.1" }; /* a proxy's, perhaps */
    (void)state;
    for (size_t i = 0; i < COUNT(peers); i++) {
        readyz(false, peers[i]);
        assert_told("Not ready: the database does not respond.");
        assert_false(told("refused"));
        assert_false(told("127.0.0.1"));
        assert_false(told("secret_role"));
        assert_false(told("ashlar_app"));
    }
}

static void operators_are_told_postgresqls_words(void **state)
{
    (void)state;
    readyz(true, "127.0.0.1");
    assert_told("ashlar_app");
    assert_told("127.0.0.1");
    assert_told("refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strangers_are_told_what_and_not_why, begin, end),
        cmocka_unit_test_setup_teardown(operators_are_told_postgresqls_words, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
