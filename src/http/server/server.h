/* The two ways to run libmicrohttpd behind listener.h. */
#pragma once
#include <stdbool.h>

struct server_threads;

/*
 * Threads that accept from one listening socket, each with its own daemon; a handler blocks its
 * thread. NULL when they do not start, otherwise the server owns `fd`. `ops`, whether it is the
 * operations listener, must outlive it. `handed`: the socket belongs to a supervisor.
 */
struct server_threads *server_threads_open(
    int fd, bool handed, const bool *ops, int threads, int connections);

/* Stop accepting. New connections are refused, or wait for the next process if the socket was
 * handed over. NULL is no server. */
void server_threads_drain(struct server_threads *server);
/* Close it and set `*server` to NULL. NULL is no server. */
void server_threads_close(struct server_threads **server);

/*
 * The operations listener: the socket handed over as "ops", or one at ASHLAR_OPS_LISTEN, or none if
 * neither exists. Under a supervisor that does not hand it over, an older generation may still use
 * the address. Then it is opened as soon as the address is free. False with a log line.
 */
bool server_ops_open(int connections);
void server_ops_close(void);

/* Reactors: each has one thread, one daemon and one listening socket, and runs requests on fibers.
 * False with a log line when the address cannot be opened. */
bool server_reactors_open(const char *address, int connections);
/* The largest number of connections they can hold when `connections` are configured. */
int server_reactors_room(int connections);
/* Each stops accepting, on its own thread. */
void server_reactors_drain(void);
/* To be called after the fibers in flight have ended. */
void server_reactors_close(void);
