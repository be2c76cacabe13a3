/* The two ways to run libmicrohttpd behind listener.h. Knows no route. */
#pragma once
#include <stdbool.h>

struct server_threads;

/*
 * Threads that take connections from one listening socket, each with a daemon of its own: a handler
 * blocks its thread. NULL when they do not start, otherwise `fd` is the server's. `ops` (is it the
 * operations listener?) must stay. `handed`: the socket lives on with whoever handed it over.
 */
struct server_threads *server_threads_open(
    int fd, bool handed, const bool *ops, int threads, int connections);

/* They take no more connections: who comes is refused, or waits for the next process where the
 * socket was handed over. NULL is no server. */
void server_threads_drain(struct server_threads *server);
/* Ends it, after which `*server` is NULL; NULL is no server. */
void server_threads_close(struct server_threads **server);

/*
 * The operations listener: the socket handed over as "ops", or one at ASHLAR_OPS_LISTEN, or none
 * where there is neither. Below a supervisor that does not hand it over, an older generation may
 * still have the address: then it is opened as soon as that one lets go. False with a log line.
 */
bool server_ops_open(int connections);
void server_ops_close(void);

/* Reactors: one thread, one daemon and one listening socket each, requests on fibers. False with a
 * log line when the address cannot be listened on. */
bool server_reactors_open(const char *address, int connections);
/* How many connections they hold at the very most when `connections` are wanted. */
int server_reactors_room(int connections);
/* Each, on its own thread, stops accepting. */
void server_reactors_drain(void);
/* After the fibers in flight have ended. */
void server_reactors_close(void);
