/* The least a libmicrohttpd server can do: one answer, made once. The baseline of GET /livez: same
 * flags and options as src/http/listener.c, same head and body (on stdin: header lines, an empty
 * line, the body). Knows nothing of Ashlar.
 */
#include <microhttpd.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, CONNECTIONS = 1000, CONNECTION_MEMORY = 16 * 1024, IDLE_S = 30 };

static enum MHD_Result on_request(void *response, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload,
    size_t *upload_size, void **seen)
{
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (*seen == NULL) { /* the first call has the head only */
        *seen = response;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

/* What libmicrohttpd writes itself is left out. */
static void add_header(struct MHD_Response *response, char *line)
{
    char *value = strstr(line, ": ");

    if (value == NULL)
        return;
    *value = '\0';
    if (strcasecmp(line, "Date") != 0 && strcasecmp(line, "Content-Length") != 0)
        MHD_add_response_header(response, line, value + 2);
}

static struct MHD_Response *read_answer(void)
{
    static char head[16 * 1024], body[16 * 1024];
    size_t used = 0;
    struct MHD_Response *response;

    while (used + 1 < sizeof head && fgets(head + used, (int)(sizeof head - used), stdin)) {
        size_t size = strcspn(head + used, "\r\n");
        if (size == 0)
            break;
        head[used + size] = '\0';
        used += size + 1;
    }
    response = MHD_create_response_from_buffer(
        fread(body, 1, sizeof body, stdin), body, MHD_RESPMEM_PERSISTENT);
    for (size_t at = 0; response && at < used;) {
        size_t size = strlen(head + at);
        add_header(response, head + at);
        at += size + 1;
    }
    return response;
}

static struct MHD_Daemon *start(uint16_t port, struct MHD_Response *response)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC, port,
        NULL, NULL, on_request, response,                              /**/
        MHD_OPTION_SOCK_ADDR, &address,                                /**/
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,            /**/
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, /**/
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,               /**/
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                               /**/
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    struct MHD_Response *response;
    struct MHD_Daemon *daemon;
    sigset_t ends;
    int signal_number;

    if (argc != 2) {
        fprintf(stderr, "usage: bare_mhd PORT < ANSWER\n");
        return 2;
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    response = read_answer();
    daemon = response ? start((uint16_t)strtoul(argv[1], NULL, 10), response) : NULL;
    if (daemon == NULL) {
        fprintf(stderr, "bare_mhd: cannot listen on 127.0.0.1:%s\n", argv[1]);
        return 1;
    }
    sigwait(&ends, &signal_number);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
