/* Threads that take turns at one listening socket: a handler blocks the thread it runs on. Knows no
 * route. */
#include "door_loop.h"
#include "doors.h"
#include <ashlar/log.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct worker {
    struct door_threads *door;
    struct door_loop loop;
    int nudge_fd;
    pthread_t thread;
};

struct door_threads {
    int listening; /* a descriptor of the door's own, -1 once it drains */
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
    struct incoming *in = *request;
    enum MHD_Result result;

    (void)url;
    if (in == NULL)
        return MHD_NO;
    if (incoming_take(in, connection, method, version, upload, upload_size, &result))
        return result;
    reaper_until(in->watched, 0); /* the handler has its own deadline */
    incoming_handle(in);
    return incoming_answer(
        request, connection, (struct stream_line){ .go_on = door_loop_go_on, .loop = &w->loop });
}

static void nudge(void *owner)
{
    const uint64_t one = 1;

    (void)!write(((struct worker *)owner)->nudge_fd, &one, sizeof one); /* full: it will be read */
}

static void nudge_all(struct door_threads *door)
{
    for (int i = 0; i < door->n; i++)
        nudge(&door->workers[i]);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct pollfd on[] = {
        { .fd = door_loop_fd(&w->loop), .events = POLLIN },
        { .fd = w->nudge_fd, .events = POLLIN },
    };
    uint64_t count;
    int sleep_ms = 0;

    while (!atomic_load(&w->door->stopping)) {
        if (sleep_ms > 0 && poll(on, 2, sleep_ms) > 0 && on[1].revents)
            (void)!read(w->nudge_fd, &count, sizeof count);
        sleep_ms = door_loop_turn(&w->loop, atomic_load(&w->door->draining));
    }
    door_loop_close(&w->loop);
    return NULL;
}

/* On a copy of `fd`. */
static bool start_worker(struct worker *w, int fd, const bool *ops, int connections)
{
    w->loop = (struct door_loop){ .nudge = nudge, .owner = w };
    w->nudge_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    fd = w->nudge_fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && door_loop_open(&w->loop, fd, ops, connections, on_request, w)) {
        if (pthread_create(&w->thread, NULL, work, w) == 0)
            return true;
        door_loop_close(&w->loop);
    } else if (fd >= 0) {
        close(fd);
    }
    if (w->nudge_fd >= 0)
        close(w->nudge_fd);
    return false;
}

struct door_threads *door_threads_open(
    int fd, bool handed, const bool *ops, int threads, int connections)
{
    struct door_threads *door = calloc(1, sizeof *door + (size_t)threads * sizeof door->workers[0]);

    if (door == NULL)
        return NULL;
    door->listening = -1;
    door->handed = handed;
    for (int i = 0; i < threads; i++) {
        door->workers[i].door = door;
        if (!start_worker(&door->workers[i], fd, ops,
                connections / threads + (i < connections % threads ? 1 : 0))) {
            door_threads_close(&door);
            return NULL;
        }
        door->n++;
    }
    door->listening = fd;
    return door;
}

/* A thread that is in a handler lets go of its own copy of the socket only afterwards; nobody shall
 * wait so long in its line for nothing. */
void door_threads_drain(struct door_threads *door)
{
    if (door == NULL || atomic_exchange(&door->draining, true))
        return;
    if (door->listening >= 0) {
        if (!door->handed)
            shutdown(door->listening, SHUT_RDWR);
        close(door->listening);
        door->listening = -1;
    }
    nudge_all(door);
}

void door_threads_close(struct door_threads **at)
{
    struct door_threads *door = *at;

    *at = NULL;
    if (door == NULL)
        return;
    door_threads_drain(door);
    atomic_store(&door->stopping, true);
    nudge_all(door);
    for (int i = 0; i < door->n; i++) {
        pthread_join(door->workers[i].thread, NULL);
        close(door->workers[i].nudge_fd);
    }
    free(door);
}
