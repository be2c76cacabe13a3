/* Any bytes on a connection: libmicrohttpd reads them as it reads a client's, guard and dispatcher
 * do the rest, the client hangs up. Whatever comes, each answer is one, and everything is given
 * back. */
#include "base/log_start.h"
#include "config/load.h"
#include "crypto/keys.h"
#include "http/own/http_start.h"
#include "http/server/mhd_request.h"
#include "http/server/mhd.h"
#include "http/connection/recv_filter.h"
#include "http/connection/socket.h"
#include "module/registry.h"
#include <ashlar/ashlar.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TURNS_MAX = 50 };

struct echo {
    const char *text;
};
static const struct field echo_fields[] = {
    TEXT(echo, text, .empty = true),
};
static SHAPE(echo);

HANDLER(post_echo, echo, echo)
{
    (void)c;
    *out = *in;
    return NULL;
}

static const struct route routes[] = {
    { .method = POST,
        .path = "/v1/echo",
        .id = "postEcho",
        .summary = "s",
        .auth = AUTH_PUBLIC,
        .rate = RATE_WRITE,
        .tx = TX_MANUAL,
        .idempotency = KEY_IGNORED,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(post_echo) },
    { .id = NULL },
};
static const struct module fuzz_module = {
    .name = "fuzz", .summary = "s", .routes = ROUTES(routes)
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct mhd_request *in = *request;
    enum MHD_Result result;

    (void)cls, (void)url;
    if (in == NULL)
        return MHD_NO;
    if (mhd_request_take(in, connection, method, version, upload, upload_size, &result))
        return result;
    mhd_request_handle(in);
    return mhd_request_answer(request, connection, (struct stream_line){ 0 });
}

static struct MHD_Daemon *start(void)
{
    static const struct module *const modules[] = { &fuzz_module, NULL };
    static const bool is_main = false;
    struct mhd_options o = { .ops = &is_main, .connections = 8 };
    char *settings[] = { (char[]){ "ASHLAR_ENV=test" }, (char[]){ "DATABASE_URL=postgres:///none" },
        NULL };
    const char *why;
    struct buf problems;
    struct MHD_Daemon *daemon;

    buf_init(&problems, NULL, 64 * 1024);
    registry_set(modules);
    if (!config_load(registry_modules(), settings, &problems) || !crypto_start())
        abort();
    log_start_by_name("error", "json");
    if (!http_start(&problems) || !recv_filter_start())
        abort();
    buf_release(&problems);
    o.fd = socket_listen("127.0.0.1:0", SOCKET_ALONE, &why); /* nobody is told of it */
    daemon = mhd_start(&o, on_request, NULL);
    if (daemon == NULL)
        abort();
    return daemon;
}

static void send_all(int fd, const void *data, size_t size)
{
    if (send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
        abort(); /* the input is smaller than a socket's buffer */
    shutdown(fd, SHUT_WR);
}

/* Reads what there is; the head of the first answer is looked at. False: nothing. */
static bool hear(int fd)
{
    char text[4096];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    if (n <= 0)
        return false;
    text[n] = '\0';
    if (strncmp(text, "HTTP/1.", 7) == 0 && strncmp(text + 8, " 500", 4) == 0)
        abort();
    while (n > 0)
        n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    return true;
}

static unsigned open_connections(struct MHD_Daemon *daemon)
{
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/* Was there an answer? */
static bool ask(struct MHD_Daemon *daemon, const void *data, size_t size)
{
    const struct sockaddr_in from = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int pair[2], turns = 0;
    bool answered = false;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        abort();
    send_all(pair[0], data, size);
    if (MHD_add_connection(daemon, pair[1], (const struct sockaddr *)&from, sizeof from) != MHD_YES)
        abort();
    do {
        MHD_run(daemon);
        answered |= hear(pair[0]);
    } while (open_connections(daemon) > 0 && ++turns < TURNS_MAX);
    close(pair[0]);
    for (; open_connections(daemon) > 0 && turns < 2 * TURNS_MAX; turns++)
        MHD_run(daemon);
    return answered;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char good[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    static struct MHD_Daemon *daemon;

    if (daemon == NULL) {
        daemon = start();
        if (!ask(daemon, good, sizeof good - 1))
            abort(); /* nothing gets as far as what is to be tried */
    }
    (void)ask(daemon, data, size);
    if (open_connections(daemon) > 0 || mhd_request_in_flight() > 0)
        abort();
    return 0;
}
