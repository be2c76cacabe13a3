/* Requests of the tests on fibers, as `serve` has them by default, or on the test's own thread when
 * ASHLAR_TEST_RUNTIME=threads: the same suites prove both runtimes. Knows http_handle and the
 * reactor. */
#include "kit.h"
#include "runtime/reactor.h"

enum { FIBERS = 4 };

struct errand {
    struct arena *arena;
    const struct http_request *q;
    struct http_response *r;
};

static void run_errand(void *arg)
{
    const struct errand *e = arg;
    http_handle(e->arena, e->q, e->r);
}

/* Each request has a loop of its own on the test's thread, which ends with it. */
static bool handle_on_fiber(struct errand *e)
{
    struct reactor *r = reactor_new(FIBERS);
    bool ran = r != NULL && reactor_start_fiber(r, run_errand, e);

    if (ran) {
        reactor_stop(r);
        ran = reactor_run(r, NULL);
    }
    reactor_free(r);
    return ran;
}

void kit_handle(struct arena *a, const struct http_request *q, struct http_response *r)
{
    const char *runtime = getenv("ASHLAR_TEST_RUNTIME");
    struct errand e = { a, q, r };

    if (runtime && strcmp(runtime, "threads") == 0)
        http_handle(a, q, r);
    else if (!handle_on_fiber(&e))
        abort(); /* no memory for a stack */
}
