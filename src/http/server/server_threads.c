/* Threads that share one listening socket: a handler blocks its thread. */
#include "server_loop.h"
#include "server.h"
#include <ashlar/log.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct worker {
    struct server_threads *server;
    struct server_loop loop;
    int nudge_fd;
    pthread_t thread;
};

struct server_threads {
    int listening; /* the server's own descriptor, -1 after draining */
    bool handed;
    atomic_bool draining, stopping;
    int n;
    struct worker workers[];
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct worker *w = cls;
    struct mhd_request *in = *request;
    enum MHD_Result result;

    (void)url;
    if (in == NULL)
        return MHD_NO;
    if (mhd_request_take(in, connection, method, version, upload, upload_size, &result))
        return result;
    reaper_until(in->watched, 0); /* the handler has its own deadline */
    mhd_request_handle(in);
    return mhd_request_answer(
        request, connection, (struct stream_line){ .go_on = server_loop_resume, .loop = &w->loop });
}

static void nudge(void *owner)
{
    const uint64_t one = 1;

    (void)!write(((struct worker *)owner)->nudge_fd, &one, sizeof one); /* full: it will be read
                                                                         * anyway */
}

static void nudge_all(struct server_threads *server)
{
    for (int i = 0; i < server->n; i++)
        nudge(&server->workers[i]);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct pollfd on[] = {
        { .fd = server_loop_fd(&w->loop), .events = POLLIN },
        { .fd = w->nudge_fd, .events = POLLIN },
    };
    uint64_t count;
    int sleep_ms = 0;

    while (!atomic_load(&w->server->stopping)) {
        if (sleep_ms > 0 && poll(on, 2, sleep_ms) > 0 && on[1].revents)
            (void)!read(w->nudge_fd, &count, sizeof count);
        sleep_ms = server_loop_turn(&w->loop, atomic_load(&w->server->draining));
    }
    server_loop_close(&w->loop);
    return NULL;
}

/* On a duplicate of `fd`. */
static bool start_worker(struct worker *w, int fd, const bool *ops, int connections)
{
    w->loop = (struct server_loop){ .nudge = nudge, .owner = w };
    w->nudge_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    fd = w->nudge_fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && server_loop_open(&w->loop, fd, ops, connections, on_request, w)) {
        if (pthread_create(&w->thread, NULL, work, w) == 0)
            return true;
        server_loop_close(&w->loop);
    } else if (fd >= 0) {
        close(fd);
    }
    if (w->nudge_fd >= 0)
        close(w->nudge_fd);
    return false;
}

struct server_threads *server_threads_open(
    int fd, bool handed, const bool *ops, int threads, int connections)
{
    struct server_threads *server =
        calloc(1, sizeof *server + (size_t)threads * sizeof server->workers[0]);

    if (server == NULL)
        return NULL;
    server->listening = -1;
    server->handed = handed;
    for (int i = 0; i < threads; i++) {
        server->workers[i].server = server;
        if (!start_worker(&server->workers[i], fd, ops,
                connections / threads + (i < connections % threads ? 1 : 0))) {
            server_threads_close(&server);
            return NULL;
        }
        server->n++;
    }
    server->listening = fd;
    return server;
}

/* A thread within a handler closes its own duplicate only afterwards. The shutdown makes sure that
 * no connection waits in the backlog until then. */
void server_threads_drain(struct server_threads *server)
{
    if (server == NULL || atomic_exchange(&server->draining, true))
        return;
    if (server->listening >= 0) {
        if (!server->handed)
            shutdown(server->listening, SHUT_RDWR);
        close(server->listening);
        server->listening = -1;
    }
    nudge_all(server);
}

void server_threads_close(struct server_threads **at)
{
    struct server_threads *server = *at;

    *at = NULL;
    if (server == NULL)
        return;
    server_threads_drain(server);
    atomic_store(&server->stopping, true);
    nudge_all(server);
    for (int i = 0; i < server->n; i++) {
        pthread_join(server->workers[i].thread, NULL);
        close(server->workers[i].nudge_fd);
    }
    free(server);
}
