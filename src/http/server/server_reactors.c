/*
 * Reactors: each thread drives its own libmicrohttpd daemon from its loop, and runs every request
 * on a fiber.
 *
 * A request whose fiber waits is not suspended: the library calls its handler again each turn. That
 * costs less than suspending, which is linear in the number of suspended connections. So the loop
 * controls the timing: no sleep after progress, a short one while handlers are polled.
 */
#include "config/platform_settings.h"
#include "server_loop.h"
#include "server.h"
#include "runtime/bounds.h"
#include "runtime/reactor.h"
#include "http/connection/socket.h"
#include <ashlar/log.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

enum {
    REACTORS_MAX = 32,
    FIBERS_PER_REACTOR = 256, /* each waiting one costs a cheap call per turn */
    DB_PER_REACTOR = 6,       /* share of the pool's connections */
    SHARE_SPARE = 32,
    HELD_US = 50000,
    WATCH_TURN_US = 25000,
    HEAP_RESERVE = 6 * 1024 * 1024, /* below the limit of keep_heaps */
};

struct loop {
    struct reactor *reactor;
    struct server_loop server;
    pthread_t thread;
};

static struct loop loops[REACTORS_MAX];
static int n_loops;
static atomic_bool draining, watching;
static pthread_t watchdog;
static const bool is_main = false;

/* --- Requests --- */

static void work(void *arg)
{
    struct mhd_request *in = arg;
    struct loop *loop = in->loop;

    mhd_request_handle(in);
    in->working = false;
    in->done = true;
    loop->server.moved = true;
    if (in->orphaned)
        mhd_request_drop(in);
}

static void start(struct loop *loop, struct mhd_request *in)
{
    in->loop = loop;
    in->working = true;
    reaper_until(in->watched, 0); /* the handler has its own deadline */
    if (reactor_start_fiber(loop->reactor, work, in))
        return;
    in->working = false;
    in->done = true;
    metric_add(&METRIC_BOUND_REFUSED, "handlers", 1);
    http_refuse(in->arena, &in->q, &ERR_UNAVAILABLE, "Too much is going on; try again in a moment.",
        &in->response);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct loop *loop = cls;
    struct mhd_request *in = *request;
    enum MHD_Result result;

    (void)url;
    if (in == NULL)
        return MHD_NO;
    if (!in->working && !in->done) {
        loop->server.moved = true;
        if (mhd_request_take(in, connection, method, version, upload, upload_size, &result))
            return result;
        start(loop, in);
    }
    if (in->done) {
        loop->server.moved = true; /* the library writes the queued response in its next turn */
        return mhd_request_answer(request, connection,
            (struct stream_line){ .go_on = server_loop_resume, .loop = &loop->server });
    }
    loop->server.polled++;
    return MHD_YES;
}

/* --- The loop --- */

static void nudge(void *owner)
{
    reactor_nudge(((struct loop *)owner)->reactor);
}

static int turn(void *arg)
{
    struct loop *loop = arg;

    return server_loop_turn(&loop->server, atomic_load(&draining));
}

/*
 * While the kernel maps the 64 MiB of a password hash, no other thread can change the process's
 * memory map, for 20 to 70 ms. A thread's heap in glibc grows in small steps, each a change of the
 * map. So the heap grows once, at start. Untouched pages use no memory.
 */
static void reserve_heap(void)
{
    char *volatile reserve = malloc(HEAP_RESERVE);

    free(reserve);
}

static void *loop_main(void *arg)
{
    struct loop *loop = arg;
    const struct reactor_guest guest = {
        .fd = server_loop_fd(&loop->server), .turn = turn, .arg = loop
    };

    reserve_heap();
    if (!reactor_run(loop->reactor, &guest))
        log_error(NULL, "http.reactor_failed", log_text("why", "its daemon cannot be watched"));
    server_loop_close(&loop->server);
    return NULL;
}

/* Logs, once per hold, the route that blocks the reactor thread. */
static void log_held(const struct loop *loop, bool *logged)
{
    const char *label = NULL;
    int64_t held_us = reactor_held(loop->reactor, HELD_US, &label);

    if (held_us > 0 && !*logged)
        log_warn(NULL, "reactor.blocked", log_text("operation", label ? label : "unknown"),
            log_int("ms", held_us / 1000),
            log_text("repair", "move what computes or blocks into offload()"));
    *logged = held_us > 0;
}

static void *watch(void *arg)
{
    bool logged[REACTORS_MAX] = { false };

    (void)arg;
    while (atomic_load(&watching)) {
        for (int i = 0; i < n_loops; i++)
            log_held(&loops[i], &logged[i]);
        usleep(WATCH_TURN_US);
    }
    return NULL;
}

/* --- Opening and closing --- */

static int reactors_wanted(void)
{
    int cores = get_nprocs(), by_pool = (int)setting_int(&ASHLAR_DB_CONNECTIONS) / DB_PER_REACTOR;
    int n = cores < by_pool ? cores : by_pool;

    if (n < 1)
        return 1;
    return n < REACTORS_MAX ? n : REACTORS_MAX;
}

/* Among several sockets the kernel chooses by hash, so each reactor needs spare places, even if
 * another one has more free. */
static int share_of(int connections, int reactors)
{
    int share = connections / reactors + 1;
    return reactors == 1 ? connections : share + share / 4 + SHARE_SPARE;
}

int server_reactors_room(int connections)
{
    int n = reactors_wanted();
    return share_of(connections, n) * n;
}

/* NULL, or the reason of the failure. */
static const char *open_loop(struct loop *loop, const char *address, int connections)
{
    const char *why = NULL;
    int fd;

    *loop = (struct loop){ .reactor = reactor_new(FIBERS_PER_REACTOR),
        .server = { .nudge = nudge, .owner = loop } };
    if (loop->reactor == NULL)
        return "no memory or descriptors for a reactor";
    fd = socket_inherit(HANDED_API, &why);
    if (fd < 0 && why == NULL)
        fd = socket_listen(address, loop == loops ? SOCKET_FIRST : SOCKET_NEXT, &why);
    if (fd >= 0) {
        why = "libmicrohttpd does not start; see http.library_reported at log level debug";
        if (!server_loop_open(&loop->server, fd, &is_main, connections, on_request, loop))
            close(fd);
        else if (pthread_create(&loop->thread, NULL, loop_main, loop) == 0)
            return NULL;
        else
            server_loop_close(&loop->server);
    }
    reactor_free(loop->reactor);
    return why;
}

bool server_reactors_open(const char *address, int connections)
{
    int wanted = reactors_wanted();
    const char *why = NULL;

    atomic_store(&draining, false);
    for (n_loops = 0; n_loops < wanted && why == NULL;) {
        why = open_loop(&loops[n_loops], address, share_of(connections, wanted));
        n_loops += why == NULL;
    }
    metric_set(&METRIC_BOUND_LIMIT, "handlers", (int64_t)n_loops * FIBERS_PER_REACTOR);
    atomic_store(&watching, why == NULL);
    if (why == NULL && pthread_create(&watchdog, NULL, watch, NULL) == 0)
        return true;
    atomic_store(&watching, false);
    log_error(NULL, "http.listen_failed", log_text("address", address),
        log_text("why", why ? why : "no thread for the watchdog"));
    server_reactors_close();
    return false;
}

void server_reactors_drain(void)
{
    atomic_store(&draining, true);
    for (int i = 0; i < n_loops; i++)
        reactor_nudge(loops[i].reactor); /* immediately, not after a whole sleep */
}

void server_reactors_close(void)
{
    server_reactors_drain();
    for (int i = 0; i < n_loops; i++)
        reactor_stop(loops[i].reactor);
    for (int i = 0; i < n_loops; i++)
        pthread_join(loops[i].thread, NULL);
    if (atomic_exchange(&watching, false))
        pthread_join(watchdog, NULL);
    for (int i = 0; i < n_loops; i++)
        reactor_free(loops[i].reactor);
    n_loops = 0;
}
