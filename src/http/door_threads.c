/* libmicrohttpd's own pool of threads: a handler blocks the thread it runs on. Knows no route. */
#include "doors.h"
#include "incoming.h"
#include "library.h"

/* Any thread may; the connection's own goes on with it. */
static void go_on(struct stream_line *l)
{
    MHD_resume_connection(l->connection);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct incoming *in = *request;
    enum MHD_Result result;

    (void)cls;
    (void)url;
    if (in == NULL)
        return MHD_NO;
    if (incoming_take(in, connection, method, version, upload, upload_size, &result))
        return result;
    reaper_until(in->watched, 0); /* the handler has its own deadline */
    incoming_handle(in);
    return incoming_answer(request, connection, (struct stream_line){ .go_on = go_on });
}

struct MHD_Daemon *door_threads_open(int fd, const bool *ops, int threads, int connections)
{
    const struct MHD_OptionItem pool[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    struct library_options o = { .fd = fd, .ops = ops, .connections = connections };

    return library_start(&o, MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME,
        on_request, NULL, threads > 1 ? pool : pool + 1);
}

void door_stop_accepting(struct MHD_Daemon *door)
{
    int fd = door ? MHD_quiesce_daemon(door) : MHD_INVALID_SOCKET;

    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

void door_close(struct MHD_Daemon **door)
{
    if (*door)
        MHD_stop_daemon(*door);
    *door = NULL;
}
