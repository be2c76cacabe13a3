/* A listening TCP socket from "host:port". Knows no protocol. */
#pragma once
#include "base/handed.h"
#include <sys/socket.h>

/* One socket of a process that listens alone, or one of several among which the kernel spreads
 * connections (SO_REUSEPORT); the first of those makes sure nobody else listens there. */
enum socket_share { SOCKET_ALONE, SOCKET_FIRST, SOCKET_NEXT };

/* "127.0.0.1:8080", "[::1]:8080", ":8080" (every address). The descriptor, or -1 and `*why` (static
 * or from the system) with errno set: EADDRINUSE when somebody else listens there. */
int socket_listen(const char *address, enum socket_share share, const char **why);

/*
 * The listening socket (HANDED_API or HANDED_OPS) that a supervisor holds and handed to us. It
 * outlives this process with whoever waits in its line, so a restart refuses nobody. A descriptor
 * of the caller's own, -1 and `*why` when it is unusable, -1 and NULL when there is none.
 */
int socket_inherit(enum handed what, const char **why);

/* The numeric host of a peer; `out` holds SOCKET_HOST_SIZE bytes, "" for what is no IP address. */
enum { SOCKET_HOST_SIZE = 48 };
void socket_host(const struct sockaddr *peer, char *out);
