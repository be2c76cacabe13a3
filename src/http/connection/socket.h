/* A listening TCP socket from "host:port". */
#pragma once
#include "base/handed.h"
#include <sys/socket.h>

/* The only socket of a process, or one of several that share an address (SO_REUSEPORT), among which
 * the kernel distributes connections. The first of those verifies that no other process listens
 * there. */
enum socket_share { SOCKET_ALONE, SOCKET_FIRST, SOCKET_NEXT };

/* "127.0.0.1:8080", "[::1]:8080", ":8080" (every address). Returns the descriptor, or -1 with
 * `*why` (static, or the system's text) and errno. EADDRINUSE: another process listens there. */
int socket_listen(const char *address, enum socket_share share, const char **why);

/*
 * The listening socket (HANDED_API or HANDED_OPS) of a supervisor. It outlives this process
 * together with its listen backlog, so a restart refuses no connection. Returns a descriptor that
 * the caller owns; -1 and `*why` when it is unusable; -1 and NULL when there is none.
 */
int socket_inherit(enum handed what, const char **why);

/* The numeric host of a peer. `out` has SOCKET_HOST_SIZE bytes; "" if it is not an IP address. */
enum { SOCKET_HOST_SIZE = 48 };
void socket_host(const struct sockaddr *peer, char *out);
