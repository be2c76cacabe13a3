/* A handler that outgrows its memory, over sockets and on both runtimes: 500 for its client, and
 * everybody else is served meanwhile and after. */
#include "../unit/http_world.h"
#include "../unit/child.h"
#include "http/server/listener.h"
#include "sockets.h"
#include <poll.h>
#include <signal.h>

enum { ANSWER_MAX = 16384, PATIENCE_MS = 20000, MANY = 8 };

HANDLER(compute_for_ever, nothing, nothing)
{
    (void)in, (void)out;
    for (size_t n = 0; n < SIZE_MAX; n++)
        arena_alloc(c->arena, 1 << 20);
    return NULL;
}

static void compute_elsewhere(void *arg)
{
    struct ctx *c = arg;

    for (;;)
        arena_alloc(c->arena, 1 << 20);
}

HANDLER(offload_for_ever, nothing, nothing)
{
    (void)in, (void)out;
    return offload(c, compute_elsewhere, c);
}

struct late_out {
    const char *text;
};
static const struct field late_out_fields[] = { TEXT(late_out, text, .doc = "Text") };
static SHAPE(late_out);

/* Its memory and its place are its own while others outgrow theirs. */
HANDLER(wait_and_tell, nothing, late_out)
{
    (void)in;
    out->text = arena_strdup(c->arena, "still here");
    return sleep_ms(c, 300);
}

#define ROW(p, i, fn, st)                                                                          \
    .method = GET, .path = p, .id = i, .summary = "s", .auth = AUTH_PUBLIC, .rate = RATE_NONE,     \
    .status = st, .errors = NO_ERRORS, .handler = BY(fn)
static const struct route routes[] = {
    { ROW("/compute", "computeForEver", compute_for_ever, 204), .tx = TX_READ },
    { ROW("/elsewhere", "offloadForEver", offload_for_ever, 204), .tx = TX_MANUAL },
    { ROW("/wait", "waitAndTell", wait_and_tell, 200), .tx = TX_MANUAL },
    { .id = NULL },
};
static const struct module test_module = {
    .name = "test", .summary = "Test", .routes = ROUTES(routes)
};

static uint16_t port;
static char answer[ANSWER_MAX];

static void begin(const char *runtime)
{
    char listen[64], which[64];

    port = free_port();
    snprintf(listen, sizeof listen, "ASHLAR_LISTEN=127.0.0.1:%u", port);
    snprintf(which, sizeof which, "ASHLAR_RUNTIME=%s", runtime);
    world_start(&test_module, (const char *const[]){ listen, which, "ASHLAR_THREADS=8", NULL });
    assert_true(listener_start());
}

static void end(void)
{
    listener_stop(2000);
    world_end();
}

static int ask_for(const char *path)
{
    char request[200];
    int fd = dial_port(port);
    int size = snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);

    assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
    return fd;
}

static const char *hear(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    size_t size = 0;
    ssize_t n = 1;

    while (n > 0 && size < sizeof answer - 1 && poll(&p, 1, PATIENCE_MS) > 0) {
        n = recv(fd, answer + size, sizeof answer - 1 - size, 0);
        size += n > 0 ? (size_t)n : 0;
    }
    answer[size] = '\0';
    close(fd);
    return answer;
}

static void outgrow_beside_others(const char *runtime)
{
    int waiting;

    begin(runtime);
    waiting = ask_for("/wait");
    for (int i = 0; i < MANY; i++) {
        hear(ask_for("/compute"));
        if (!strstr(answer, "HTTP/1.1 500 ") || !strstr(answer, "\"code\":\"too-much-at-once\"") ||
            !strstr(answer, "\"request_id\":\"req_"))
            fail_msg("request %d: \"%s\"", i, answer);
    }
    assert_non_null(strstr(hear(waiting), "{\"text\":\"still here\"}"));
    assert_non_null(strstr(hear(ask_for("/wait")), "{\"text\":\"still here\"}"));
    end();
}

static void on_threads_it_is_one_answer(void **state)
{
    (void)state;
    outgrow_beside_others("threads");
}

static void on_reactors_it_is_one_answer(void **state)
{
    (void)state;
    outgrow_beside_others("reactors");
}

static void die(void *arg)
{
    begin(arg);
    hear(ask_for("/elsewhere"));
}

/* What works for a request on another thread cannot be left; then the operator is told whose it
 * was. */
static void the_last_line_names_the_request_whose_offloaded_work_it_was(void **state)
{
    static char runtimes[][16] = { "threads", "reactors" };
    struct arena *a = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(runtimes); i++) {
        struct child_end end = child_run(a, die, runtimes[i]);
        assert_int_equal(end.signal, SIGABRT);
        assert_non_null(strstr(end.said, "\"event\":\"arena.ceiling_reached\","
                                         "\"operation\":\"offloadForEver\",\"request_id\":\"req_"));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_line_names_the_request_whose_offloaded_work_it_was),
        cmocka_unit_test(on_threads_it_is_one_answer),
        cmocka_unit_test(on_reactors_it_is_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
