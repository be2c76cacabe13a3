/* libmicrohttpd between sockets and http_handle: a thread pool. Knows no route. */
#include "listener.h"
#include "config/platform_settings.h"
#include "guard.h"
#include "http.h"
#include "reaper.h"
#include "socket.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdatomic.h>

enum {
    /* With 128 ready sockets libmicrohttpd's epoll loop sleeps its whole timeout. */
    CONNECTIONS_PER_THREAD = 126,
    CONNECTION_MEMORY = 16 * 1024,
    IDLE_S = 30,
    HEADER_MS = 5000,
    BODY_MS = 30000,
    WRITE_MS = 30000,
    DRAIN_TURN_MS = 20,
};

struct door {
    struct MHD_Daemon *daemon;
    bool ops;
};
static struct door main_door, ops_door = { .ops = true };
static atomic_bool draining;
static atomic_int in_flight;

/* One request while its bytes come in and its reply goes out. */
struct incoming {
    struct arena *arena;
    struct http_request q;
    struct guard_field fields[GUARD_HEADERS_MAX + 1]; /* one more: to notice too many */
    struct http_header headers[GUARD_HEADERS_MAX];
    size_t n_fields;
    struct buf body;
    struct watched *watched;
    struct http_reply reply;
    bool begun, has_body;
};

/* Called with the raw request target, before libmicrohttpd decodes it. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct arena *arena = arena_new(0);
    struct incoming *in = arena_alloc(arena, sizeof *in);

    (void)connection;
    in->arena = arena;
    in->q.target = arena_strdup(arena, target);
    in->q.ops = ((const struct door *)cls)->ops;
    atomic_fetch_add(&in_flight, 1);
    return in;
}

static void on_end(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why)
{
    struct incoming *in = *request;

    (void)cls;
    (void)connection;
    (void)why;
    if (in == NULL)
        return;
    reaper_until(in->watched, clock_monotonic_us() + SECONDS(IDLE_S) + HEADER_MS * 1000);
    arena_free(in->arena);
    *request = NULL;
    atomic_fetch_sub(&in_flight, 1);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **watched,
    enum MHD_ConnectionNotificationCode what)
{
    (void)cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *watched = reaper_watch(info->connect_fd, clock_monotonic_us() + HEADER_MS * 1000);
    } else {
        reaper_forget(*watched);
        *watched = NULL;
    }
}

static enum MHD_Result take_field(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_size, const char *value, size_t value_size)
{
    struct incoming *in = arg;

    (void)kind;
    if (in->n_fields > GUARD_HEADERS_MAX)
        return MHD_NO;
    in->fields[in->n_fields++] = (struct guard_field){
        .name = name,
        .name_size = name_size,
        .value = value ? value : "",
        .value_size = value ? value_size : 0,
    };
    return MHD_YES;
}

static enum MHD_Result send_reply(
    struct incoming *in, struct MHD_Connection *connection, bool close_after)
{
    struct bytes body = in->reply.body;
    /* The reply's bytes live in the request's arena, which outlives the response. */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.size, (void *)(uintptr_t)body.data, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result sent;

    if (response == NULL)
        return MHD_NO;
    for (size_t i = 0; i < in->reply.n_headers; i++)
        MHD_add_response_header(response, in->reply.headers[i].name, in->reply.headers[i].value);
    if (close_after || atomic_load(&draining))
        MHD_add_response_header(response, "Connection", "close");
    reaper_until(in->watched, clock_monotonic_us() + WRITE_MS * 1000);
    sent = MHD_queue_response(connection, (unsigned)in->reply.status, response);
    MHD_destroy_response(response);
    return sent;
}

static void take_request(struct incoming *in, struct MHD_Connection *connection, const char *method)
{
    const union MHD_ConnectionInfo *info;
    char host[SOCKET_HOST_SIZE];

    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    in->watched = info ? info->socket_context : NULL;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    socket_host(info ? info->client_addr : NULL, host);
    in->q.peer = arena_strdup(in->arena, host);
    in->q.method = arena_strdup(in->arena, method);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, in);
    in->q.headers = in->headers;
}

/* Guarded values hold no NUL, so libmicrohttpd's terminated strings are whole. */
static void take_headers(struct incoming *in)
{
    for (size_t i = 0; i < in->n_fields; i++) {
        in->headers[i] = (struct http_header){ in->fields[i].name, in->fields[i].value };
        in->has_body = in->has_body ||
                       (strcasecmp(in->fields[i].name, "Content-Length") == 0 &&
                           strcmp(in->fields[i].value, "0") != 0) ||
                       strcasecmp(in->fields[i].name, "Transfer-Encoding") == 0;
    }
    in->q.n_headers = in->n_fields;
}

/* The head is there: refuse before a byte of the body is read, or make room for it. */
static enum MHD_Result begin(
    struct incoming *in, struct MHD_Connection *connection, const char *method, const char *version)
{
    const char *why;
    size_t body_max = 0;

    in->begun = true;
    take_request(in, connection, method);
    why = guard_check(method, version, in->fields, in->n_fields);
    if (why) {
        http_refuse(in->arena, &in->q, &ERR_BAD_REQUEST, why, &in->reply);
        return send_reply(in, connection, true);
    }
    take_headers(in);
    if (in->has_body && http_preflight(in->arena, &in->q, &body_max, &in->reply))
        return send_reply(in, connection, true);
    buf_init(&in->body, in->arena, body_max + 1);
    reaper_until(in->watched, clock_monotonic_us() + BODY_MS * 1000);
    return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct incoming *in = *request;

    (void)cls;
    (void)url;
    if (in == NULL)
        return MHD_NO;
    if (!in->begun)
        return begin(in, connection, method, version);
    if (*upload_size) {
        buf_add(&in->body, upload, *upload_size);
        *upload_size = 0;
        return buf_is_full(&in->body) ? MHD_NO : MHD_YES; /* more than Content-Length said */
    }
    in->q.body = in->body.size ? in->body.data : NULL;
    in->q.body_size = in->body.size;
    reaper_until(in->watched, 0); /* the handler has its own deadline */
    http_handle(in->arena, &in->q, &in->reply);
    return send_reply(in, connection, false);
}

/* --- Start and stop --- */

static void __attribute__((format(printf, 2, 0)))
on_library_log(void *cls, const char *format, va_list args)
{
    char text[256];
    int size = vsnprintf(text, sizeof text, format, args);

    (void)cls;
    if (size > 0 && (size_t)size < sizeof text && text[size - 1] == '\n')
        text[size - 1] = '\0';
    log_debug(NULL, "http.library", log_text("text", text));
}

static void on_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    (void)cls;
    log_error(NULL, "http.library_panic", log_text("file", file), log_int("line", line),
        log_text("reason", reason ? reason : ""));
    abort();
}

static struct MHD_Daemon *start_daemon(struct door *door, int fd, int threads, int connections)
{
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC;
    const struct MHD_OptionItem pool[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };

    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, door,    /**/
        MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,              /**/
        MHD_OPTION_LISTEN_SOCKET, fd,                                  /**/
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections,            /**/
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, /**/
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,               /**/
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                               /**/
        MHD_OPTION_URI_LOG_CALLBACK, on_target, door,                  /**/
        MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,                     /**/
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,             /**/
        MHD_OPTION_ARRAY, threads > 1 ? pool : pool + 1, MHD_OPTION_END);
}

static bool open_door(struct door *door, const char *address, int threads, int connections)
{
    const char *why = NULL;
    int fd = socket_listen(address, &why);

    if (fd >= 0) {
        door->daemon = start_daemon(door, fd, threads, connections);
        if (door->daemon)
            return true;
        close(fd);
        why = "libmicrohttpd does not start; see http.library at log level debug";
    }
    log_error(NULL, "http.listen_failed", log_text("address", address), log_text("why", why));
    return false;
}

bool listener_start(void)
{
    enum { OPS_CONNECTIONS = 32 };
    const char *ops = setting_text(&ASHLAR_OPS_LISTEN);
    int threads = (int)setting_int(&ASHLAR_THREADS);
    int connections = (int)setting_int(&ASHLAR_CONNECTIONS);

    if (connections > threads * CONNECTIONS_PER_THREAD)
        connections = threads * CONNECTIONS_PER_THREAD;
    if (connections < threads)
        connections = threads;
    signal(SIGPIPE, SIG_IGN);
    MHD_set_panic_func(on_panic, NULL);
    atomic_store(&draining, false);
    if (!reaper_start(connections + OPS_CONNECTIONS))
        return false;
    if (open_door(&main_door, setting_text(&ASHLAR_LISTEN), threads, connections) &&
        (ops == NULL || open_door(&ops_door, ops, 1, OPS_CONNECTIONS)))
        return true;
    listener_stop(0);
    return false;
}

void listener_drain(void)
{
    atomic_store(&draining, true);
}

bool listener_is_draining(void)
{
    return atomic_load(&draining);
}

static void stop_accepting(struct door *door)
{
    int fd = door->daemon ? MHD_quiesce_daemon(door->daemon) : MHD_INVALID_SOCKET;

    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

static void close_door(struct door *door)
{
    if (door->daemon)
        MHD_stop_daemon(door->daemon);
    door->daemon = NULL;
}

void listener_stop(int grace_ms)
{
    int64_t until_us = clock_monotonic_us() + (int64_t)grace_ms * 1000;

    listener_drain();
    stop_accepting(&main_door);
    while (atomic_load(&in_flight) > 0 && clock_monotonic_us() < until_us)
        usleep(DRAIN_TURN_MS * 1000);
    if (atomic_load(&in_flight) > 0)
        log_warn(NULL, "http.drain_incomplete", log_int("requests", atomic_load(&in_flight)));
    close_door(&main_door);
    stop_accepting(&ops_door);
    close_door(&ops_door);
    reaper_stop();
}
