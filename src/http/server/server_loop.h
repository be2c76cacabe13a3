/*
 * A libmicrohttpd daemon driven by one thread of ours, turn by turn. Knows no thread model.
 *
 * No thread of the library's own: one that leaves its epoll set while another thread calls
 * MHD_quiesce_daemon ends the process (daemon.c of 0.9.75 tolerates ENOENT in one of the two places
 * where it takes the listening socket out). Here both happen on the same thread.
 */
#pragma once
#include "mhd_request.h"
#include <pthread.h>

/* All but server_loop_resume belongs to the thread that takes its turns. */
struct server_loop {
    struct MHD_Daemon *daemon;
    bool moved; /* on_request: something happened that the library must see in another turn at once
                 */
    int polled; /* on_request: handlers that wait, which the library calls again each turn */
    bool quiet; /* accepts no more */
    unsigned connections;
    pthread_mutex_t lock;
    struct stream_line *resumed; /* streams that have something to send */
    void (*nudge)(void *owner);  /* a turn, soon; from any thread */
    void *owner;
};

/* Start its daemon on a listening descriptor, which is the daemon's from then on; `arg` is
 * on_request's. False when it does not start: the library's reason is in the log, `fd` the
 * caller's. Set nudge and owner before. */
bool server_loop_open(struct server_loop *loop, int fd, const bool *ops, int connections,
    MHD_AccessHandlerCallback on_request, void *arg);

/* The descriptor that is readable when the next turn has something to do. */
int server_loop_fd(const struct server_loop *loop);

/* One turn: what is ready is read, handled and written. `draining`: it accepts no more. How many
 * milliseconds may pass before the next, when nothing happens. */
int server_loop_turn(struct server_loop *loop, bool draining);

/* For stream_line.go_on, with the loop in `l->loop`. Any thread. */
void server_loop_resume(struct stream_line *l);

/* Ends the daemon and every connection of it. */
void server_loop_close(struct server_loop *loop);
