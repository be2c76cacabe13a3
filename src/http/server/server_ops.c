/* The operations listener: handed over, bound, or bound later. */
#include "config/platform_settings.h"
#include "server.h"
#include "mhd.h"
#include "http/connection/socket.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum { TURN_MS = 100, PATIENCE_S = 60 /* longer than an older generation may drain */ };

static const bool is_ops = true;
static struct server_threads *server_ops;
static bool handed;
static int room;
static atomic_bool waiting;
static pthread_t waiter;

static bool complain(const char *why)
{
    const char *address = setting_text(&ASHLAR_OPS_LISTEN);

    log_error(NULL, "http.listen_failed", log_text("setting", "ASHLAR_OPS_LISTEN"),
        log_text("address", address ? address : "handed over"), log_text("why", why));
    return false;
}

static bool open_on(int fd)
{
    server_ops = server_threads_open(fd, handed, &is_ops, 1, room);
    if (server_ops)
        return true;
    close(fd);
    return complain("libmicrohttpd does not start; see http.library_reported at log level debug");
}

static void *wait_for_address(void *arg)
{
    const char *address = setting_text(&ASHLAR_OPS_LISTEN), *why;
    int64_t logged_us = clock_monotonic_us();
    int fd = -1;

    (void)arg;
    while (fd < 0 && atomic_load(&waiting)) {
        usleep(TURN_MS * 1000);
        fd = socket_listen(address, SOCKET_ALONE, &why);
        if (fd < 0 && clock_monotonic_us() - logged_us > SECONDS(PATIENCE_S)) {
            complain(why);
            logged_us = clock_monotonic_us();
        }
    }
    if (fd >= 0 && open_on(fd))
        log_info(NULL, "http.ops_listening", log_text("address", address));
    return NULL;
}

/* A supervisor that hands over only the API's socket, without a name, may still run an older
 * generation that has bound this address itself. */
static bool may_come_free(void)
{
    return handed_count() > 0 && !handed_have_names();
}

static bool start_waiting(const char *address, const char *why)
{
    log_warn(NULL, "http.ops_listener_deferred", log_text("address", address), log_text("why", why),
        log_text("repair", "restart the supervisor once: docs/deploy.md"));
    atomic_store(&waiting, true);
    if (pthread_create(&waiter, NULL, wait_for_address, NULL) == 0)
        return true;
    atomic_store(&waiting, false);
    return complain("no thread to wait for it");
}

bool server_ops_open(int connections)
{
    const char *address = setting_text(&ASHLAR_OPS_LISTEN), *why = NULL;
    int fd = socket_inherit(HANDED_OPS, &why);

    room = connections;
    handed = fd >= 0;
    if (fd < 0 && why == NULL && address == NULL)
        return true;
    if (fd < 0 && why == NULL) {
        fd = socket_listen(address, SOCKET_ALONE, &why);
        if (fd < 0 && errno == EADDRINUSE && may_come_free())
            return start_waiting(address, why);
    }
    return fd >= 0 ? open_on(fd) : complain(why);
}

void server_ops_close(void)
{
    if (atomic_exchange(&waiting, false))
        pthread_join(waiter, NULL);
    server_threads_close(&server_ops);
}
