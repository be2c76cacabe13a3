/*
 * A libmicrohttpd daemon driven by one thread of ours, turn by turn.
 *
 * The library's own threads are not used. If one leaves its epoll set while another thread calls
 * MHD_quiesce_daemon, the process ends. The cause is that daemon.c of 0.9.75 removes the listening
 * socket in two places and tolerates ENOENT in only one. Here both run on the same thread.
 */
#pragma once
#include "mhd_request.h"
#include <pthread.h>

/* All functions except server_loop_resume must be called on the thread that runs its turns. */
struct server_loop {
    struct MHD_Daemon *daemon;
    bool moved; /* set by on_request: the library must run another turn immediately */
    int polled; /* set by on_request: number of waiting handlers, which the library calls again
                 * each turn */
    bool quiet; /* accepts no more connections */
    unsigned connections;
    pthread_mutex_t lock;
    struct stream_line *resumed; /* streams with bytes to send */
    void (*nudge)(void *owner);  /* requests a turn soon; from any thread */
    void *owner;
};

/* Start the daemon on a listening descriptor, which it then owns. `arg` is on_request's. False when
 * it does not start: the library's reason is logged, and the caller keeps `fd`. Set nudge and owner
 * before. */
bool server_loop_open(struct server_loop *loop, int fd, const bool *ops, int connections,
    MHD_AccessHandlerCallback on_request, void *arg);

/* A descriptor that is readable when the next turn is due. */
int server_loop_fd(const struct server_loop *loop);

/* One turn: reads, handles and writes all that is ready. `draining`: it accepts no more
 * connections. Returns the milliseconds until the next turn if nothing happens. */
int server_loop_turn(struct server_loop *loop, bool draining);

/* For stream_line.go_on, with the loop in `l->loop`. Any thread. */
void server_loop_resume(struct stream_line *l);

/* Closes the daemon and all its connections. */
void server_loop_close(struct server_loop *loop);
