/* A recv() that inspects clients' bytes before libmicrohttpd receives them. */
#include "recv_filter.h"
#include <ashlar/base.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum {
    ROOM_MAX = 1024 * 1024,    /* descriptors */
    DROPPED_MAX = 1024 * 1024, /* bytes after a final response; a client that sends more is cut */
};

static struct {
    size_t room;
    _Atomic(struct recv_filter *) *filters; /* by descriptor */
} table;

bool recv_filter_start(void)
{
    struct rlimit most;

    if (table.filters)
        return true;
    if (getrlimit(RLIMIT_NOFILE, &most) != 0 || most.rlim_max > ROOM_MAX)
        most.rlim_max = ROOM_MAX;
    table.filters = calloc(most.rlim_max, sizeof *table.filters);
    table.room = table.filters ? most.rlim_max : 0;
    return table.filters != NULL;
}

bool recv_filter_add(struct recv_filter *f, int fd)
{
    if (fd < 0 || (size_t)fd >= table.room)
        return false;
    atomic_store_explicit(&table.filters[fd], f, memory_order_release);
    return true;
}

void recv_filter_remove(int fd)
{
    if (fd >= 0 && (size_t)fd < table.room)
        atomic_store_explicit(&table.filters[fd], NULL, memory_order_release);
}

static ssize_t read_raw(int fd, void *buffer, size_t size, int flags)
{
    return recvfrom(fd, buffer, size, flags, NULL, NULL);
}

/*
 * After a final response the socket is read to its end. Closing it with unread bytes would discard
 * the response before the client has read it. Reports "no data" until the client closes, then the
 * end.
 */
static ssize_t drop(struct recv_filter *f, int fd, void *buffer, size_t size)
{
    ssize_t n;

    if (!f->refused) {
        f->refused = true;
        if (f->refuse)
            f->refuse(f->arg);
        shutdown(fd, SHUT_WR);
    }
    while ((n = read_raw(fd, buffer, size, 0)) > 0 && f->dropped < DROPPED_MAX)
        f->dropped += (size_t)n;
    return n > 0 ? 0 : n;
}

/* The messages before the error are answered first; then the library reads again. It would wait for
 * more bytes, so the shutdown makes the socket readable. */
static ssize_t only(int fd, size_t whole)
{
    shutdown(fd, SHUT_RD);
    return (ssize_t)whole;
}

static ssize_t read_filtered(struct recv_filter *f, int fd, void *buffer, size_t size)
{
    size_t whole;
    ssize_t n;

    if (f->framing.kind)
        return drop(f, fd, buffer, size);
    n = read_raw(fd, buffer, size, 0);
    if (n <= 0)
        return n;
    f->seen += (size_t)n;
    whole = framing_read(&f->framing, buffer, (size_t)n);
    if (f->framing.kind == NULL)
        return n;
    return whole > 0 ? only(fd, whole) : drop(f, fd, buffer, size);
}

/* Defined under the C library's symbol (see the head of recv_filter.h). Fortified headers already
 * have an inline definition of that name. */
PUBLIC ssize_t recv_looking(int fd, void *buffer, size_t size, int flags) __asm__("recv");
ssize_t recv_looking(int fd, void *buffer, size_t size, int flags)
{
    struct recv_filter *f = fd >= 0 && (size_t)fd < table.room
                                ? atomic_load_explicit(&table.filters[fd], memory_order_acquire)
                                : NULL;

    return f ? read_filtered(f, fd, buffer, size) : read_raw(fd, buffer, size, flags);
}
