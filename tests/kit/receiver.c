/* A customer's server on loopback. Knows no webhook. */
#include "receiver.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 16384 };

static struct {
    pthread_mutex_t lock;
    pthread_t thread;
    int fd;
    char url[64];
    int status;
    const char *header, *body;
    void (*call)(void);
    struct received got[RECEIVED_MAX];
    int n;
} receiver = { .lock = PTHREAD_MUTEX_INITIALIZER };

static char request[REQUEST_MAX];

static void copy_header(const char *name, char *out, size_t size)
{
    const char *at = strcasestr(request, name);
    size_t n = at != NULL ? strcspn(at + strlen(name), "\r") : 0;

    if (at != NULL && n < size) {
        memcpy(out, at + strlen(name), n);
        out[n] = '\0';
    }
}

static bool read_request(int fd)
{
    size_t size = 0;

    while (size < REQUEST_MAX - 1) {
        ssize_t n = read(fd, request + size, REQUEST_MAX - 1 - size);
        const char *end, *length;

        if (n <= 0)
            return false;
        size += (size_t)n;
        request[size] = '\0';
        end = strstr(request, "\r\n\r\n");
        length = strcasestr(request, "content-length: ");
        if (end != NULL &&
            size >= (size_t)(end + 4 - request) + (length ? strtoul(length + 16, NULL, 10) : 0))
            return true;
    }
    return false;
}

static void keep(void)
{
    struct received *r = &receiver.got[receiver.n];
    const char *body = strstr(request, "\r\n\r\n") + 4;

    if (receiver.n == RECEIVED_MAX)
        return;
    memset(r, 0, sizeof *r);
    snprintf(r->path, sizeof r->path, "%.*s", (int)strcspn(request, "\r"), request);
    copy_header("webhook-id: ", r->id, sizeof r->id);
    copy_header("webhook-timestamp: ", r->timestamp, sizeof r->timestamp);
    copy_header("webhook-signature: ", r->signature, sizeof r->signature);
    snprintf(r->body, sizeof r->body, "%s", body);
    receiver.n++;
}

static void answer(int fd)
{
    char response[512];
    const char *body;
    int size, status;

    pthread_mutex_lock(&receiver.lock);
    keep();
    if (receiver.call != NULL)
        receiver.call();
    status = receiver.status;
    body = receiver.body != NULL ? receiver.body : "he\tlo";
    size = snprintf(response, sizeof response, "HTTP/1.1 %d X\r\n%s%sContent-Length: %zu\r\n\r\n%s",
        status, receiver.header ? receiver.header : "", receiver.header ? "\r\n" : "", strlen(body),
        body);
    pthread_mutex_unlock(&receiver.lock);
    if (status != 0)
        (void)!write(fd, response, (size_t)size);
}

static void *serve(void *arg)
{
    int fd;

    (void)arg;
    while ((fd = accept(receiver.fd, NULL, NULL)) >= 0) {
        if (read_request(fd))
            answer(fd);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return NULL;
}

const char *receiver_start(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;

    signal(SIGPIPE, SIG_IGN);
    receiver.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(receiver.fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(receiver.fd, 64) != 0 ||
        getsockname(receiver.fd, (struct sockaddr *)&at, &size) != 0 ||
        pthread_create(&receiver.thread, NULL, serve, NULL) != 0)
        abort();
    snprintf(receiver.url, sizeof receiver.url, "http://127.0.0.1:%d/hook", ntohs(at.sin_port));
    return receiver.url;
}

void receiver_stop(void)
{
    shutdown(receiver.fd, SHUT_RDWR);
    pthread_join(receiver.thread, NULL);
    close(receiver.fd);
}

void receiver_answers(int status)
{
    pthread_mutex_lock(&receiver.lock);
    receiver.status = status;
    receiver.header = NULL;
    receiver.n = 0;
    pthread_mutex_unlock(&receiver.lock);
}

void receiver_adds(const char *header)
{
    pthread_mutex_lock(&receiver.lock);
    receiver.header = header;
    pthread_mutex_unlock(&receiver.lock);
}

void receiver_says(const char *body)
{
    pthread_mutex_lock(&receiver.lock);
    receiver.body = body;
    pthread_mutex_unlock(&receiver.lock);
}

void receiver_calls(void (*fn)(void))
{
    pthread_mutex_lock(&receiver.lock);
    receiver.call = fn;
    pthread_mutex_unlock(&receiver.lock);
}

int receiver_count(void)
{
    int n;

    pthread_mutex_lock(&receiver.lock);
    n = receiver.n;
    pthread_mutex_unlock(&receiver.lock);
    return n;
}

struct received receiver_got(int at)
{
    struct received r;

    pthread_mutex_lock(&receiver.lock);
    r = receiver.got[at];
    pthread_mutex_unlock(&receiver.lock);
    return r;
}
