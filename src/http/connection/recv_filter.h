/*
 * What clients send, looked at on its way from their sockets into libmicrohttpd. Knows no library
 * and no route.
 *
 * The library gives nobody a look at the bytes it reads, and answers by itself what it cannot read.
 * It reads with recv(), as it calls every function of the C library: by its name, of which the
 * program's own comes first. So the program has a recv() that looks at the sockets named here, and
 * is the C library's for all others. That it is the one the library calls is proven at each start
 * (proof.h).
 */
#pragma once
#include "framing.h"

struct recv_filter {
    struct framing framing;
    /* Called once, in the reading thread, where something cannot be read: framing.kind and .why.
     * All before it has been answered. Answers on the socket. NULL: nobody does. */
    void (*refuse)(void *arg);
    void *arg;
    size_t seen, dropped; /* bytes */
    bool refused;
};

/* Room for every descriptor the process may have. False without memory. Before the first of them;
 * a second time does nothing. */
bool recv_filter_start(void);

/* `*f`, zeroed but for refuse and arg, looks at what is read from `fd` until _remove, which must
 * come before the descriptor is closed. Both in the thread that reads from it. False when `fd` is
 * beyond the room. */
bool recv_filter_add(struct recv_filter *f, int fd);
void recv_filter_remove(int fd);
