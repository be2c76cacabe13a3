/* The two ways to run libmicrohttpd behind listener.h. Knows no route. */
#pragma once
#include <stdbool.h>

struct door_threads;

/*
 * Threads that take connections from one listening socket, each with a daemon of its own: a handler
 * blocks its thread. NULL when they do not start, otherwise `fd` is the door's. `ops` (is it the
 * operations listener?) must stay. `handed`: the socket lives on with whoever handed it over.
 */
struct door_threads *door_threads_open(
    int fd, bool handed, const bool *ops, int threads, int connections);

/* They take no more connections: who comes is refused, or waits for the next process where the
 * socket was handed over. NULL is no door. */
void door_threads_drain(struct door_threads *door);
/* Ends it, after which `*door` is NULL; NULL is no door. */
void door_threads_close(struct door_threads **door);

/*
 * The operations listener: the socket handed over as "ops", or one at ASHLAR_OPS_LISTEN, or none
 * where there is neither. Below a supervisor that does not hand it over, an older generation may
 * still have the address: then it is opened as soon as that one lets go. False with a log line.
 */
bool ops_door_open(int connections);
void ops_door_close(void);

/* Reactors: one thread, one daemon and one listening socket each, requests on fibers. False with a
 * log line when the address cannot be listened on. */
bool door_reactors_open(const char *address, int connections);
/* How many connections they hold at the very most when `connections` are wanted. */
int door_reactors_room(int connections);
/* Each, on its own thread, stops accepting. */
void door_reactors_drain(void);
/* After the fibers in flight have ended. */
void door_reactors_close(void);
