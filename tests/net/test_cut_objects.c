/* Objects of the largest size from a bucket whose connection breaks on the way: the next try
 * succeeds, or the call fails; what was received in vain is given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/ctx_open.h"
#include "base/log_start.h"
#include "config/load.h"
#include "config/platform_settings.h"
#include "storage/storage_start.h"
#include <arpa/inet.h>
#include <ashlar/ashlar.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static int listening, port;
static pthread_t server;
static atomic_int cuts; /* how many of the next answers break off a mebibyte before their end */
static atomic_size_t object_size;
static struct arena *a;
static struct ctx c;

/* --- A bucket --- */

static void say_much(int fd, size_t size)
{
    char block[4096];

    memset(block, 'x', sizeof block);
    while (size > 0) {
        size_t part = size < sizeof block ? size : sizeof block;
        if (write(fd, block, part) <= 0)
            return;
        size -= part;
    }
}

static void answer(int fd)
{
    size_t size = atomic_load(&object_size);
    bool whole = atomic_load(&cuts) == 0;
    char head[200], request[8192];

    (void)!read(fd, request, sizeof request);
    (void)!write(fd, head,
        (size_t)snprintf(head, sizeof head,
            "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %zu\r\n\r\n", size));
    if (!whole)
        atomic_fetch_sub(&cuts, 1);
    say_much(fd, whole ? size : size - (1 << 20));
}

static void *serve(void *arg)
{
    int fd;

    (void)arg;
    while ((fd = accept(listening, NULL, NULL)) >= 0) {
        answer(fd);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return NULL;
}

static int start_server(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listening, (struct sockaddr *)&at, sizeof at) != 0 || listen(listening, 16) != 0 ||
        getsockname(listening, (struct sockaddr *)&at, &size) != 0)
        return -1;
    port = ntohs(at.sin_port);
    return pthread_create(&server, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(listening, SHUT_RDWR);
    close(listening);
    return pthread_join(server, NULL);
}

static int begin(void **state)
{
    static const struct module *const none[] = { NULL };
    char *environment[] = { (char[]){ "ASHLAR_ENV=test" }, NULL };
    struct buf problems;

    (void)state;
    a = arena_new(0);
    buf_init(&problems, a, 65536);
    if (!config_load(none, environment, &problems))
        fail_msg("%s", problems.data);
    config_override(&ASHLAR_STORAGE, "s3");
    config_override(&ASHLAR_STORAGE_S3_URL, arena_printf(a, "http://127.0.0.1:%d", port));
    config_override(&ASHLAR_STORAGE_S3_PATH_STYLE, "true");
    config_override(&ASHLAR_STORAGE_S3_BUCKET, "bucket");
    config_override(&ASHLAR_STORAGE_S3_KEY_ID, "key");
    config_override(&ASHLAR_STORAGE_S3_SECRET, "secret-secret");
    ctx_open_system(&c, a, "test.cut", 60000);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

/* --- Reading from it --- */

static err get(size_t size, int broken)
{
    struct storage_object o;
    err failed;

    atomic_store(&object_size, size);
    atomic_store(&cuts, broken);
    failed = storage_get(&c, "a/object", 0, &o);
    if (failed == NULL) {
        assert_int_equal(o.body.size, size);
        assert_int_equal(((const char *)o.body.data)[size - 1], 'x');
    }
    return failed;
}

static void what_breaks_twice_comes_with_the_third_try(void **state)
{
    (void)state;
    assert_null(get(12 << 20, 2));
    assert_false(arena_is_outgrown(a));
}

static void so_does_an_object_of_the_largest_size(void **state)
{
    (void)state;
    assert_null(get(LIMIT_OBJECT, 2));
    assert_true(arena_used(a) < LIMIT_OBJECT + (1 << 20));
}

static void what_breaks_three_times_fails_and_leaves_its_memory(void **state)
{
    (void)state;
    assert_ptr_equal(get(LIMIT_OBJECT, 3), &ERR_UNAVAILABLE);
    assert_true(arena_used(a) < 1 << 20);
}

static void a_loop_that_keeps_all_it_reads_ends_as_outgrown(void **state)
{
    err failed = NULL;
    int n = 0;

    (void)state;
    for (; failed == NULL && n < 10; n++)
        failed = get(12 << 20, 0);
    assert_ptr_equal(failed, &ERR_OUTGROWN);
    assert_int_equal(n, 4); /* three of 12 MiB below 48 */
    assert_ptr_equal(get(1000, 0), &ERR_OUTGROWN);
}

static void the_folder_counts_as_well(void **state)
{
    static char large[12 << 20];
    char folder[] = "/tmp/ashlar-cut-XXXXXX";
    const struct storage_object in = { .body = { large, sizeof large } };
    struct storage_object o;
    err failed = NULL;
    int n = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    config_override(&ASHLAR_STORAGE, "folder");
    config_override(&ASHLAR_STORAGE_FOLDER, folder);
    assert_null(storage_put(&c, "object", &in));
    for (; failed == NULL && n < 10; n++)
        failed = storage_get(&c, "object", 0, &o);
    assert_ptr_equal(failed, &ERR_OUTGROWN);
    assert_int_equal(n, 4);
    unlink(arena_printf(a, "%s/object", folder));
    rmdir(folder);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_breaks_twice_comes_with_the_third_try),
        test(so_does_an_object_of_the_largest_size),
        test(what_breaks_three_times_fails_and_leaves_its_memory),
        test(a_loop_that_keeps_all_it_reads_ends_as_outgrown),
        test(the_folder_counts_as_well),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
