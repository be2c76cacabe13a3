/* The state of a request between libmicrohttpd's callbacks and http_handle. */
#include "mhd_request.h"
#include "base/poison.h"
#include "head.h"
#include "mhd.h"
#include "listener.h"
#include "http/connection/recv_filter.h"
#include "runtime/bounds.h"
#include "http/connection/socket.h"
#include "stream_send.h"
#include <ashlar/clock.h>
#include <ashlar/limits.h>
#include <ashlar/log.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SPARES_MAX = 64 };

static atomic_int in_flight, connections;

/* The library's context of a socket. */
struct connection {
    struct watched *watched;
    struct mhd_request *request; /* opened and not closed; NULL: none */
    struct MHD_Connection *of;
    const bool *ops;
    char peer[SOCKET_HOST_SIZE];
    struct recv_filter filter;
};

/* Spare arenas: a new one for each request made malloc sort its lists every time. */
static struct {
    pthread_mutex_t lock;
    struct arena *arenas[SPARES_MAX];
    size_t n;
} spares = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct arena *take_arena(void)
{
    struct arena *a = NULL;

    pthread_mutex_lock(&spares.lock);
    if (spares.n > 0)
        a = spares.arenas[--spares.n];
    pthread_mutex_unlock(&spares.lock);
    return a ? a : arena_new(0);
}

static void give_arena(struct arena *a)
{
    arena_reset(a);
    pthread_mutex_lock(&spares.lock);
    if (spares.n < SPARES_MAX) {
        spares.arenas[spares.n++] = a;
        a = NULL;
    }
    pthread_mutex_unlock(&spares.lock);
    arena_free(a);
}

static void part(struct mhd_request *in)
{
    if (in->connection)
        in->connection->request = NULL;
    in->connection = NULL;
    in->watched = NULL;
}

/* The library (0.9.75) opens some requests whose head is unreadable and never closes them. */
static void mhd_request_lost(struct connection *from)
{
    struct mhd_request *in = from->request;

    mhd_request_close(NULL, NULL, (void **)&in, MHD_REQUEST_TERMINATED_READ_ERROR);
}

/* Called with the raw request target, before libmicrohttpd decodes it. The time of the first head
 * has run since the connection was accepted. That of a later head, which may follow a long pause,
 * starts here. */
void *mhd_request_open(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct arena *arena = take_arena();
    struct mhd_request *in = arena_alloc(arena, sizeof *in);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    struct connection *from = info ? info->socket_context : NULL;

    if (from && from->request)
        mhd_request_lost(from);
    in->connection = from;
    in->watched = from ? from->watched : NULL;
    if (from)
        from->request = in;
    reaper_by(in->watched, clock_monotonic_us() + INCOMING_HEADER_MS * 1000);
    in->arena = arena;
    in->target_at = (uintptr_t)target;
    in->q.target = arena_strdup(arena, target);
    head_drop_query(target);
    in->q.ops = *(const bool *)cls;
    atomic_fetch_add(&in_flight, 1);
    return in;
}

static void mhd_request_free(struct mhd_request *in)
{
    struct body_hold hold = in->hold;

    give_arena(in->arena);
    if (hold.bytes > 0)
        bodies_leave(&hold);
    atomic_fetch_sub(&in_flight, 1);
}

void mhd_request_drop(struct mhd_request *in)
{
    if (in->response.stream)
        stream_closed(in->response.stream);
    mhd_request_free(in);
}

/* --- While the handler works --- */

static void hide_head(struct mhd_request *in)
{
    if (in->head_at == 0)
        return;
    in->head_hidden = true;
    POISON((void *)in->head_at, in->head_size);
}

/* To be called before the library uses it again: to respond, to read the next head, to free it. */
static void show_head(struct mhd_request *in)
{
    if (in->head_hidden)
        UNPOISON((void *)in->head_at, in->head_size);
    in->head_hidden = false;
}

void mhd_request_handle(struct mhd_request *in)
{
    hide_head(in);
    http_handle(in->arena, &in->q, &in->response);
    show_head(in);
}

/* A handler that still runs on a fiber frees its request itself. */
void mhd_request_close(void *cls, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode why)
{
    struct mhd_request *in = *request;

    (void)cls, (void)connection, (void)why;
    if (in == NULL)
        return;
    *request = NULL;
    reaper_until(
        in->watched, clock_monotonic_us() + SECONDS(INCOMING_IDLE_S) + INCOMING_HEADER_MS * 1000);
    show_head(in);
    part(in);
    if (in->working)
        in->orphaned = true;
    else
        mhd_request_drop(in);
}

/* --- Unreadable requests --- */

static void find_peer(struct MHD_Connection *connection, char out[SOCKET_HOST_SIZE])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    socket_host(info ? info->client_addr : NULL, out);
}

static int socket_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void send_raw(int fd, struct arena *a, const struct http_request *q, struct http_response *r)
{
    struct buf raw;

    buf_init(&raw, a, LIMIT_HEAD);
    buf_printf(&raw, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n", r->status,
        MHD_get_reason_phrase_for((unsigned)r->status), r->body.size);
    for (size_t i = 0; i < r->n_headers; i++)
        buf_printf(&raw, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
    buf_text(&raw, "\r\n");
    if (strcmp(q->method, "HEAD") != 0)
        buf_add(&raw, r->body.data, r->body.size);
    (void)!send(fd, raw.data, raw.size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Called by the recv_filter, without a request in the library. All earlier responses on this
 * connection have been sent. */
static void refuse_unread(void *arg)
{
    struct connection *from = arg;
    const struct framing *f = &from->filter.framing;
    struct arena *arena = take_arena();
    struct http_request q = {
        .method = f->method,
        .target = "",
        .peer = from->peer,
        .ops = *from->ops,
    };
    struct http_response r;

    mhd_count_unreadable(f->kind->status, f->why);
    http_refuse(arena, &q, f->kind, f->why, &r);
    send_raw(socket_of(from->of), arena, &q, &r);
    give_arena(arena);
    reaper_until(from->watched, clock_monotonic_us() + INCOMING_LINGER_MS * 1000);
}

/* --- Connections --- */

static struct connection *connection_open(const bool *ops, struct MHD_Connection *connection)
{
    int fd = socket_of(connection);
    struct connection *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->of = connection;
    c->ops = ops;
    find_peer(connection, c->peer);
    c->filter.refuse = refuse_unread;
    c->filter.arg = c;
    if (!recv_filter_add(&c->filter, fd)) {
        free(c);
        return NULL;
    }
    c->watched = reaper_watch(fd, clock_monotonic_us() + INCOMING_HEADER_MS * 1000);
    return c;
}

static void connection_close(struct connection *c)
{
    recv_filter_remove(socket_of(c->of));
    if (c->request)
        mhd_request_lost(c);
    reaper_forget(c->watched);
    free(c);
}

void mhd_request_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    if (!*(const bool *)cls) {
        int n = what == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1;
        atomic_fetch_add(&connections, n);
        metric_add(&METRIC_BOUND_USED, "connections", n);
    }
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = connection_open(cls, connection);
        if (*context == NULL) /* its bytes could not be inspected */
            shutdown(socket_of(connection), SHUT_RDWR);
    } else if (*context) {
        connection_close(*context);
        *context = NULL;
    }
}

/* --- Responses --- */

/* Rejected when it has a control character, or without memory. */
void mhd_request_add_header(struct MHD_Response *mhd_response, const struct http_header *h)
{
    if (MHD_add_response_header(mhd_response, h->name, h->value) != MHD_YES)
        log_error(NULL, "http.response_header_lost", log_text("header", h->name));
}

/* After a chunked request the connection is closed: another reader might see its end elsewhere. */
static enum MHD_Result send_response(
    struct mhd_request *in, struct MHD_Connection *connection, bool close_after)
{
    struct bytes body = in->response.body;
    /* The response's bytes live in the request's arena, which outlives the response. */
    struct MHD_Response *mhd_response = MHD_create_response_from_buffer(
        body.size, (void *)(uintptr_t)body.data, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result sent;

    if (mhd_response == NULL)
        return MHD_NO;
    for (size_t i = 0; i < in->response.n_headers; i++)
        mhd_request_add_header(mhd_response, &in->response.headers[i]);
    if (close_after || in->chunked || listener_is_draining())
        MHD_add_response_header(mhd_response, "Connection", "close");
    reaper_until(in->watched, clock_monotonic_us() + INCOMING_WRITE_MS * 1000);
    sent = MHD_queue_response(connection, (unsigned)in->response.status, mhd_response);
    MHD_destroy_response(mhd_response);
    return sent;
}

/* --- The head --- */

/* The data that a rejection needs, too. */
static void take_client(struct mhd_request *in, const struct lent_head *lent)
{
    in->q.peer = in->connection ? arena_strdup(in->arena, in->connection->peer) : NULL;
    in->q.method = arena_strdup(in->arena, lent->method);
    in->q.headers = in->headers;
}

/* Together at most the memory of a connection. */
static void take_headers(struct mhd_request *in, const struct lent_head *lent)
{
    for (size_t i = 0; i < lent->n_fields; i++) {
        const struct head_field *f = &lent->fields[i];
        const struct http_header h = {
            .name = arena_strndup(in->arena, f->name, f->name_size),
            .value = arena_strndup(in->arena, f->value, f->value_size),
        };
        in->headers[i] = h;
        in->chunked = in->chunked || strcasecmp(h.name, "Transfer-Encoding") == 0;
        in->has_body = in->has_body || in->chunked ||
                       (strcasecmp(h.name, "Content-Length") == 0 && strcmp(h.value, "0") != 0);
    }
    in->q.n_headers = lent->n_fields;
    in->head_at = (uintptr_t)lent->method;
    in->head_size = lent->size;
}

/* The head is complete: reject before the body is read, or make room for it. */
static enum MHD_Result begin(struct mhd_request *in, struct MHD_Connection *connection,
    const char *method, const char *version)
{
    struct lent_head lent;
    const char *why;
    struct http_body body = { .max = 0 };

    in->begun = true;
    head_lend(&lent, connection, method, version);
    take_client(in, &lent);
    why = head_fault(&lent, in->target_at, in->q.target);
    if (why) {
        http_refuse(in->arena, &in->q, &ERR_BAD_REQUEST, why, &in->response);
        return send_response(in, connection, true);
    }
    take_headers(in, &lent);
    if (in->has_body && http_preflight(in->arena, &in->q, &body, &in->response))
        return send_response(in, connection, true);
    in->hold = body.hold;
    buf_init(&in->body, in->arena, body.max + 1);
    if (body.size > 0)
        buf_reserve(&in->body, body.size); /* once, instead of doubling */
    in->body_due_us = clock_monotonic_us() + INCOMING_BODY_MS * 1000;
    reaper_until(in->watched,
        in->has_body ? clock_monotonic_us() + INCOMING_FIRST_BODY_MS * 1000 : in->body_due_us);
    return MHD_YES;
}

/* Chunks do not announce their total size, and the library responds only after the last one. So an
 * excess is dropped until then, up to a limit. */
static enum MHD_Result collect(struct mhd_request *in, const char *upload, size_t size)
{
    if (in->body.size == 0)
        reaper_until(in->watched, in->body_due_us);
    buf_add(&in->body, upload, size);
    if (!buf_is_full(&in->body))
        return MHD_YES;
    in->dropped += size;
    return in->chunked && in->dropped <= INCOMING_DROPPED_MAX ? MHD_YES : MHD_NO;
}

bool mhd_request_take(struct mhd_request *in, struct MHD_Connection *connection, const char *method,
    const char *version, const char *upload, size_t *upload_size, enum MHD_Result *result)
{
    if (!in->begun) {
        *result = begin(in, connection, method, version);
        return true;
    }
    if (*upload_size) {
        *result = collect(in, upload, *upload_size);
        *upload_size = 0;
        return true;
    }
    if (buf_is_full(&in->body)) {
        http_refuse(in->arena, &in->q, &ERR_TOO_LARGE,
            "The chunks are more than the body may have.", &in->response);
        *result = send_response(in, connection, true);
        return true;
    }
    in->q.body = in->body.size ? in->body.data : NULL;
    in->q.body_size = in->body.size;
    return false;
}

enum MHD_Result mhd_request_answer(
    void **request, struct MHD_Connection *connection, struct stream_line line)
{
    struct mhd_request *in = *request;
    enum MHD_Result sent;

    if (in->response.stream == NULL)
        return send_response(in, connection, false);
    line.watched = in->watched;
    reaper_until(in->watched, clock_monotonic_us() + INCOMING_WRITE_MS * 1000);
    sent = stream_send(connection, &in->response, &line);
    *request = NULL;
    part(in);
    mhd_request_free(in);
    return sent;
}

int mhd_request_in_flight(void)
{
    return atomic_load(&in_flight);
}

int mhd_connections(void)
{
    return atomic_load(&connections);
}
