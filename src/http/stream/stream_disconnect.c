/*
 * Detection of clients that disconnect from a stream, although a suspended connection is neither
 * read nor written.
 *
 * A separate epoll instance contains the descriptors of all streams, in addition to the server's
 * own. It is polled with the streams' lock held, and a stream leaves the table under the same lock.
 * So every reported stream exists.
 */
#include "stream_table.h"
#include <ashlar/log.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum {
    READY_MAX = 64,
    SILENT_MS = 60000, /* without an acknowledgement: a lost network sends no FIN */
};

static struct {
    int all; /* the epoll instance; -1: not started */
    int signal;
    pthread_t thread;
} leave = { .all = -1, .signal = -1 };

void stream_watch(struct stream *s)
{
    static const int silent_ms = SILENT_MS;
    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = s };

    (void)setsockopt(s->line.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms);
    if (epoll_ctl(leave.all, EPOLL_CTL_ADD, s->line.fd, &event) != 0)
        log_warn(NULL, "stream.connection_unwatched", log_text("why", strerrordesc_np(errno)),
            log_text("so", "a disconnect is detected at the next heartbeat"));
}

void stream_unwatch(struct stream *s)
{
    if (s->line.fd >= 0)
        (void)epoll_ctl(leave.all, EPOLL_CTL_DEL, s->line.fd, NULL);
}

void streams_end_left(void)
{
    struct epoll_event ready[READY_MAX];
    int n;

    do {
        n = epoll_wait(leave.all, ready, READY_MAX, 0);
        for (int i = 0; i < n; i++)
            stream_end_with(ready[i].data.ptr, LEFT);
    } while (n == READY_MAX);
}

static void *watch(void *arg)
{
    struct pollfd p[] = { { .fd = leave.all, .events = POLLIN },
        { .fd = leave.signal, .events = POLLIN } };

    (void)arg;
    for (;;) {
        if (poll(p, COUNT(p), -1) < 0)
            continue;
        if (p[1].revents)
            return NULL;
        pthread_mutex_lock(&streams.lock);
        streams_end_left();
        pthread_mutex_unlock(&streams.lock);
    }
}

static void close_both(void)
{
    if (leave.all >= 0)
        close(leave.all);
    if (leave.signal >= 0)
        close(leave.signal);
    leave.all = leave.signal = -1;
}

bool stream_disconnect_start(void)
{
    int failed;

    leave.all = epoll_create1(EPOLL_CLOEXEC);
    leave.signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    failed = leave.all < 0 || leave.signal < 0 ? errno
                                               : pthread_create(&leave.thread, NULL, watch, NULL);
    if (failed == 0)
        return true;
    log_error(NULL, "stream.disconnect_watch_failed", log_text("why", strerrordesc_np(failed)));
    close_both();
    return false;
}

void stream_disconnect_stop(void)
{
    if (leave.all < 0)
        return;
    (void)eventfd_write(leave.signal, 1);
    pthread_join(leave.thread, NULL);
    pthread_mutex_lock(&streams.lock);
    close_both();
    pthread_mutex_unlock(&streams.lock);
}
