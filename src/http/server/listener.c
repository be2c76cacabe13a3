/* Connects sockets to http_handle by libmicrohttpd: threads or reactors. */
#include "listener.h"
#include "config/platform_settings.h"
#include "server.h"
#include "mhd_request.h"
#include "self_test.h"
#include "base/handed.h"
#include "http/request/bodies.h"
#include "http/connection/reaper.h"
#include "http/connection/recv_filter.h"
#include "runtime/bounds.h"
#include "http/connection/socket.h"
#include "http/stream/streams.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <ashlar/text.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

enum {
    /* Longer than nginx keeps an idle connection to us (deploy/nginx.conf), so that no request is
     * sent into a connection that is being closed. */
    LINGER_MS = 3000,
    /* With 128 ready sockets libmicrohttpd's epoll loop sleeps its whole timeout. */
    CONNECTIONS_PER_THREAD = 126,
    OPS_CONNECTIONS = 32,
    MANUAL_FIBERS = 96, /* more than the places of offload, fewer than the fibers of one reactor */
    OTHER_DESCRIPTORS = OPS_CONNECTIONS + 32, /* loops, log, outbound calls */
    CONNECTIONS_LEAST = 10,
    DRAIN_TURN_MS = 20,
};

static const bool is_main = false;
static struct server_threads *main_server;
static bool on_reactors, serves_requests = true;
static atomic_bool draining;

static bool open_threads(int threads, int connections)
{
    const char *address = setting_text(&ASHLAR_LISTEN), *why = NULL;
    int fd = socket_inherit(HANDED_API, &why);
    bool handed = fd >= 0;

    if (fd < 0 && why == NULL)
        fd = socket_listen(address, SOCKET_ALONE, &why);
    if (fd >= 0) {
        main_server = server_threads_open(fd, handed, &is_main, threads, connections);
        if (main_server)
            return true;
        close(fd);
        why = "libmicrohttpd does not start; see http.library_reported at log level debug";
    }
    log_error(NULL, "http.listen_failed", log_text("address", address), log_text("why", why));
    return false;
}

static bool open_main(int connections)
{
    int threads = (int)setting_int(&ASHLAR_THREADS);

    if (on_reactors) {
        http_limit_manual(MANUAL_FIBERS);
        metric_set(&METRIC_BOUND_LIMIT, "connections", server_reactors_room(connections));
        return server_reactors_open(setting_text(&ASHLAR_LISTEN), connections);
    }
    http_limit_manual(threads > 1 ? threads / 2 : 1);
    if (connections > threads * CONNECTIONS_PER_THREAD)
        connections = threads * CONNECTIONS_PER_THREAD;
    connections = connections < threads ? threads : connections;
    metric_set(&METRIC_BOUND_LIMIT, "connections", connections);
    metric_set(&METRIC_BOUND_LIMIT, "handlers", threads);
    return open_threads(threads, connections);
}

static int room_for(int connections)
{
    return on_reactors ? server_reactors_room(connections) : connections;
}

/* Without free descriptors libmicrohttpd's loop retries accepting without a pause. So connections
 * are limited to the descriptors that other uses leave. */
static int within_descriptors(int wanted)
{
    int64_t others =
        setting_int(&ASHLAR_DB_CONNECTIONS) + OTHER_DESCRIPTORS + (room_for(wanted) - wanted);
    struct rlimit most;

    if (getrlimit(RLIMIT_NOFILE, &most) != 0)
        return wanted;
    if (most.rlim_cur < most.rlim_max) {
        most.rlim_cur = most.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &most) != 0)
            getrlimit(RLIMIT_NOFILE, &most);
    }
    if (most.rlim_cur >= (rlim_t)(wanted + others))
        return wanted;
    log_warn(NULL, "http.descriptors_limited", log_int("limit", (int64_t)most.rlim_cur),
        log_int("connections_wanted", wanted),
        log_text("repair", "raise LimitNOFILE, or lower ASHLAR_CONNECTIONS"));
    wanted = (int)((int64_t)most.rlim_cur - others);
    return wanted > CONNECTIONS_LEAST ? wanted : CONNECTIONS_LEAST;
}

/* Preparation of both models, before a socket is opened. */
static bool prepare(int connections)
{
    const char *why;

    signal(SIGPIPE, SIG_IGN);
    atomic_store(&draining, false);
    if (!recv_filter_start()) {
        log_error(
            NULL, "http.filter_failed", log_text("why", "no memory for the table of sockets"));
        return false;
    }
    if (!framing_is_proven(&why)) {
        log_error(NULL, "http.library_rejected", log_text("version", MHD_get_version()),
            log_text("why", why),
            log_text("repair", "run it with the libmicrohttpd it was tested with: 0.9.75"));
        return false;
    }
    if (!reaper_start(connections + OPS_CONNECTIONS)) {
        log_error(NULL, "http.reaper_failed",
            log_text("why", "no memory or thread for connection deadlines"));
        return false;
    }
    if (bodies_start(
            LIMIT_MIB((size_t)setting_int(&ASHLAR_BODIES_MIB)), connections + OPS_CONNECTIONS))
        return true;
    log_error(
        NULL, "http.body_limits_failed", log_text("why", "no memory for the table of bodies"));
    reaper_stop();
    return false;
}

bool listener_serves_requests(void)
{
    return serves_requests;
}

bool listener_is_alone(void)
{
    return handed_count() == 0;
}

bool listener_start_ops(void)
{
    serves_requests = on_reactors = false;
    if (!prepare(0))
        return false;
    if (streams_start() && server_ops_open(OPS_CONNECTIONS))
        return true;
    listener_stop(0);
    return false;
}

bool listener_start(void)
{
    int connections;

    serves_requests = true;
    on_reactors = text_equal(setting_text(&ASHLAR_RUNTIME), "reactors");
    connections = within_descriptors((int)setting_int(&ASHLAR_CONNECTIONS));
    if (!prepare(room_for(connections)))
        return false;
    if (streams_start() && open_main(connections) && server_ops_open(OPS_CONNECTIONS))
        return true;
    listener_stop(0);
    return false;
}

void listener_drain(void)
{
    atomic_store(&draining, true);
}

bool listener_is_draining(void)
{
    return atomic_load(&draining);
}

/* All requests are answered, and clients had the time to disconnect. */
static bool is_drained(int64_t now_us, int64_t linger_until_us)
{
    return mhd_request_in_flight() == 0 && streams_open() == 0 &&
           (mhd_connections() == 0 || now_us >= linger_until_us);
}

void listener_stop(int grace_ms)
{
    int64_t now_us = clock_monotonic_us(), until_us = now_us + (int64_t)grace_ms * 1000,
            linger_us = now_us + LINGER_MS * 1000;

    listener_drain();
    server_threads_drain(main_server);
    if (on_reactors)
        server_reactors_drain();
    streams_drain();
    while (!is_drained(now_us, linger_us) && (now_us = clock_monotonic_us()) < until_us)
        usleep(DRAIN_TURN_MS * 1000);
    if (mhd_request_in_flight() > 0)
        log_warn(NULL, "http.drain_incomplete", log_int("requests", mhd_request_in_flight()));
    streams_stop();
    server_threads_close(&main_server);
    if (on_reactors)
        server_reactors_close();
    server_ops_close();
    bodies_stop();
    reaper_stop();
}
