/* The least a libmicrohttpd server can do. The baseline of GET /livez: same flags and options as
 * our listener on threads, same head and body (on stdin: header lines, an empty line, the body).
 * `each` makes the response anew for each request, as whoever sends a request id must; `once` makes
 * one and queues it for ever. Knows nothing of Ashlar.
 */
#include <microhttpd.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    THREADS = 8,
    CONNECTIONS = 1000,
    CONNECTION_MEMORY = 16 * 1024,
    IDLE_S = 30,
    HEADERS_MAX = 40
};

struct answer {
    const char *names[HEADERS_MAX], *values[HEADERS_MAX];
    size_t n_headers, body_size;
    char *body;
    struct MHD_Response *once; /* NULL: made for each request */
};

static struct MHD_Response *make_response(const struct answer *a)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(a->body_size, a->body, MHD_RESPMEM_PERSISTENT);

    for (size_t i = 0; response && i < a->n_headers; i++)
        MHD_add_response_header(response, a->names[i], a->values[i]);
    return response;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size, void **seen)
{
    const struct answer *a = arg;
    struct MHD_Response *response;
    enum MHD_Result queued;

    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (*seen == NULL) { /* the first call has the head only */
        *seen = arg;
        return MHD_YES;
    }
    if (a->once)
        return MHD_queue_response(connection, MHD_HTTP_OK, a->once);
    response = make_response(a);
    queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

/* What libmicrohttpd writes itself is left out. */
static void keep_header(struct answer *a, char *line)
{
    char *value = strstr(line, ": ");

    if (value == NULL || a->n_headers == HEADERS_MAX)
        return;
    *value = '\0';
    if (strcasecmp(line, "Date") == 0 || strcasecmp(line, "Content-Length") == 0)
        return;
    a->names[a->n_headers] = line;
    a->values[a->n_headers++] = value + 2;
}

static void read_answer(struct answer *a)
{
    static char head[16 * 1024], body[16 * 1024];

    for (size_t used = 0; used + 1 < sizeof head;) {
        char *line = head + used;
        size_t size;
        if (fgets(line, (int)(sizeof head - used), stdin) == NULL)
            break;
        size = strcspn(line, "\r\n");
        if (size == 0)
            break;
        line[size] = '\0';
        used += size + 1;
        keep_header(a, line);
    }
    a->body = body;
    a->body_size = fread(body, 1, sizeof body, stdin);
}

static struct MHD_Daemon *start(uint16_t port, struct answer *answer)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC, port,
        NULL, NULL, on_request, answer,                                /**/
        MHD_OPTION_SOCK_ADDR, &address,                                /**/
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,            /**/
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, /**/
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,               /**/
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                               /**/
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    static struct answer answer;
    struct MHD_Daemon *daemon;
    sigset_t ends;
    int signal_number;

    if (argc != 3 || (strcmp(argv[2], "each") != 0 && strcmp(argv[2], "once") != 0)) {
        fprintf(stderr, "usage: bare_mhd PORT each|once < ANSWER\n");
        return 2;
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    read_answer(&answer);
    if (strcmp(argv[2], "once") == 0)
        answer.once = make_response(&answer);
    daemon = start((uint16_t)strtoul(argv[1], NULL, 10), &answer);
    if (daemon == NULL) {
        fprintf(stderr, "bare_mhd: cannot listen on 127.0.0.1:%s\n", argv[1]);
        return 1;
    }
    sigwait(&ends, &signal_number);
    MHD_stop_daemon(daemon);
    if (answer.once)
        MHD_destroy_response(answer.once);
    return 0;
}
