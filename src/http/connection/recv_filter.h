/*
 * Inspection of clients' bytes between their sockets and libmicrohttpd.
 *
 * The library offers no hook for the bytes it reads, and answers unreadable requests itself. It
 * calls recv() by name, and the program's definition has priority over the C library's. So the
 * program defines a recv() that inspects the sockets registered here and behaves like the C
 * library's for all others. Each start verifies that the library calls it (self_test.h).
 */
#pragma once
#include "framing.h"

struct recv_filter {
    struct framing framing;
    /* Called once, in the reading thread, when a message is unreadable: framing.kind and .why. All
     * messages before it have been answered. It responds on the socket. NULL: no response. */
    void (*refuse)(void *arg);
    void *arg;
    size_t seen, dropped; /* bytes */
    bool refused;
};

/* Creates room for every descriptor of the process. False without memory. To be called before the
 * first connection; a second call does nothing. */
bool recv_filter_start(void);

/* `*f`, zeroed except refuse and arg, inspects the bytes read from `fd` until _remove, which must
 * precede the closing of the descriptor. Both in the thread that reads from it. False when `fd` is
 * beyond the room. */
bool recv_filter_add(struct recv_filter *f, int fd);
void recv_filter_remove(int fd);
