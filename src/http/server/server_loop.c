/* A libmicrohttpd daemon driven by one thread of ours, turn by turn. */
#include "server_loop.h"
#include "mhd.h"
#include <unistd.h>

enum { POLL_MS = 20, SLEEP_MAX_MS = 1000 };

bool server_loop_open(struct server_loop *loop, int fd, const bool *ops, int connections,
    MHD_AccessHandlerCallback on_request, void *arg)
{
    const struct mhd_options o = { .fd = fd, .ops = ops, .connections = connections };

    pthread_mutex_init(&loop->lock, NULL);
    loop->daemon = mhd_start(&o, on_request, arg);
    if (loop->daemon)
        return true;
    pthread_mutex_destroy(&loop->lock);
    return false;
}

int server_loop_fd(const struct server_loop *loop)
{
    return MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

/* From the pulling threads: the library may only be called on its own thread. */
void server_loop_resume(struct stream_line *l)
{
    struct server_loop *loop = l->loop;
    bool first;

    pthread_mutex_lock(&loop->lock);
    first = loop->resumed == NULL;
    l->next = loop->resumed;
    loop->resumed = l;
    pthread_mutex_unlock(&loop->lock);
    if (first)
        loop->nudge(loop->owner);
}

/* All together: each resumption makes the library scan all suspended connections. */
static void resume_streams(struct server_loop *loop)
{
    struct stream_line *l, *next;

    pthread_mutex_lock(&loop->lock);
    l = loop->resumed;
    loop->resumed = NULL;
    pthread_mutex_unlock(&loop->lock);
    for (; l; l = next) {
        next = l->next; /* the library owns it after the resumption */
        MHD_resume_connection(l->connection);
    }
}

static void stop_accepting(struct server_loop *loop)
{
    int fd = MHD_quiesce_daemon(loop->daemon);

    loop->quiet = true;
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

/* When full, the library stops accepting, and resumes only in the turn after a connection ended. */
static bool has_lost_connections(struct server_loop *loop)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    unsigned before = loop->connections;

    loop->connections = info ? info->num_connections : 0;
    return loop->connections < before;
}

int server_loop_turn(struct server_loop *loop, bool draining)
{
    MHD_UNSIGNED_LONG_LONG ms;

    if (draining && !loop->quiet)
        stop_accepting(loop);
    loop->moved = false;
    loop->polled = 0;
    resume_streams(loop);
    MHD_run(loop->daemon);
    if (has_lost_connections(loop) || loop->moved)
        return 0;
    if (loop->polled > 0)
        return POLL_MS;
    return MHD_get_timeout(loop->daemon, &ms) == MHD_YES && ms < SLEEP_MAX_MS ? (int)ms
                                                                              : SLEEP_MAX_MS;
}

void server_loop_close(struct server_loop *loop)
{
    resume_streams(loop); /* ending with a suspended connection would abort the process */
    MHD_stop_daemon(loop->daemon);
    pthread_mutex_destroy(&loop->lock);
}
