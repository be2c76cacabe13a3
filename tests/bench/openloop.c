/* openloop PORT RATE SECONDS CONNECTIONS < REQUEST: sends the request RATE times a second whatever
 * the server does, and counts latency from when each was due, so that a server that stalls cannot
 * hide it. Prints: due, answered 2xx, 503, otherwise, lost, then p50, p99 and most in milliseconds
 * (of all that were answered), p99 of the 503s, and how many of the 2xx came while it still sent.
 * Knows nothing of Ashlar.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    LINKS_MAX = 4096,
    RESPONSE_MAX = 8192,
    DRAIN_US = 5000000,
    EVENTS = 256,
    NUMBER_SIZE = 6,
    WAIT_MOST_US = 1000
};

struct link {
    int fd; /* -1: closed */
    bool busy;
    double due_us;
    size_t used;
    char response[RESPONSE_MAX + 1];
};

static struct run {
    struct sockaddr_in to;
    char request[RESPONSE_MAX + 1], *number; /* NULL: all the same */
    size_t request_size;
    int epoll_fd, n_links;
    struct link *links;
    long total, sent, ok, busy, other, lost, in_time;
    double end_us; /* of sending */
    double *all_ms, *busy_ms;
} run;

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool open_link(struct link *l)
{
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
    int on = 1;

    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return false;
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(l->fd, (const struct sockaddr *)&run.to, sizeof run.to) == 0 &&
        epoll_ctl(run.epoll_fd, EPOLL_CTL_ADD, l->fd, &e) == 0)
        return true;
    close(l->fd);
    l->fd = -1;
    return false;
}

static void close_link(struct link *l)
{
    if (l->busy)
        run.lost++;
    close(l->fd);
    l->fd = -1;
    l->busy = false;
}

static struct link *idle_link(void)
{
    static int last;

    for (int i = 0; i < run.n_links; i++) {
        last = (last + 1) % run.n_links;
        if (!run.links[last].busy)
            return &run.links[last];
    }
    return NULL;
}

static void write_number(char *out, long n)
{
    for (int i = NUMBER_SIZE - 1; i >= 0; i--, n /= 10)
        out[i] = (char)('0' + n % 10);
}

static bool send_next(double due_us)
{
    struct link *l = idle_link();

    if (l == NULL || (l->fd < 0 && !open_link(l)))
        return false;
    l->busy = true;
    l->due_us = due_us;
    l->used = 0;
    run.sent++;
    if (run.number)
        write_number(run.number, run.sent);
    if (send(l->fd, run.request, run.request_size, MSG_NOSIGNAL) != (ssize_t)run.request_size)
        close_link(l);
    return true;
}

static bool is_whole(const struct link *l)
{
    const char *end = strstr(l->response, "\r\n\r\n");
    const char *length = strcasestr(l->response, "\r\nContent-Length:");

    if (end == NULL)
        return false;
    if (length == NULL || length > end)
        return true;
    return l->used >= (size_t)(end + 4 - l->response) + strtoul(length + 17, NULL, 10);
}

static void count(struct link *l)
{
    long answered = run.ok + run.busy + run.other, status = strtol(l->response + 9, NULL, 10);
    double ms = (now_us() - l->due_us) / 1e3;

    run.all_ms[answered] = ms;
    if (status == 503) {
        run.busy_ms[run.busy++] = ms;
    } else if (status / 100 == 2) {
        run.ok++;
        run.in_time += now_us() <= run.end_us;
    } else {
        run.other++;
    }
    l->busy = false;
    if (strcasestr(l->response, "\r\nConnection: close"))
        close_link(l);
}

static void receive(struct link *l)
{
    ssize_t got = recv(l->fd, l->response + l->used, RESPONSE_MAX - l->used, MSG_DONTWAIT);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !l->busy) {
        close_link(l);
        return;
    }
    l->used += (size_t)got;
    l->response[l->used] = '\0';
    if (is_whole(l))
        count(l);
    else if (l->used == RESPONSE_MAX)
        close_link(l);
}

/* To the microsecond: a wait in milliseconds would count as the server's. */
static int await(struct epoll_event *events, double until_us)
{
    double left_us = until_us - now_us();
    struct timespec left = { 0 };

    if (left_us > 0)
        left.tv_nsec = (long)((left_us < WAIT_MOST_US ? left_us : WAIT_MOST_US) * 1e3);
    return epoll_pwait2(run.epoll_fd, events, EVENTS, &left, NULL);
}

static void drive(double rate, double seconds)
{
    struct epoll_event events[EVENTS];
    double began = now_us(), interval = 1e6 / rate, end = began + seconds * 1e6 + DRAIN_US;

    run.end_us = end - DRAIN_US;
    for (double now = began; now < end; now = now_us()) {
        int n;
        while (run.sent < run.total && began + (double)run.sent * interval <= now &&
               send_next(began + (double)run.sent * interval))
            continue;
        n = await(events, run.sent < run.total ? began + (double)run.sent * interval : end);
        for (int i = 0; i < n; i++)
            receive(events[i].data.ptr);
        if (run.sent == run.total && run.ok + run.busy + run.other + run.lost >= run.total)
            return;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, long n, double part)
{
    if (n == 0)
        return 0;
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[(long)(part * (double)(n - 1))];
}

static bool prepare(int n_links, long total)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    run.request_size = fread(run.request, 1, sizeof run.request - 1, stdin);
    run.number = strstr(run.request, "######");
    run.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    run.n_links = n_links;
    run.total = total;
    run.links = calloc((size_t)n_links, sizeof *run.links);
    run.all_ms = calloc((size_t)total, sizeof *run.all_ms);
    run.busy_ms = calloc((size_t)total, sizeof *run.busy_ms);
    if (run.epoll_fd < 0 || !run.links || !run.all_ms || !run.busy_ms)
        return false;
    for (int i = 0; i < n_links; i++)
        run.links[i].fd = -1;
    return true;
}

int main(int argc, char **argv)
{
    double rate = argc == 5 ? strtod(argv[2], NULL) : 0,
           seconds = argc == 5 ? strtod(argv[3], NULL) : 0;
    long n_links = argc == 5 ? strtol(argv[4], NULL, 10) : 0, answered;

    if (rate < 1 || seconds < 0.1 || seconds > 600 || n_links < 1 || n_links > LINKS_MAX) {
        fprintf(stderr, "usage: openloop PORT RATE SECONDS CONNECTIONS < REQUEST\n");
        return 2;
    }
    run.to = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (!prepare((int)n_links, (long)(rate * seconds)))
        return 1;
    drive(rate, seconds);
    answered = run.ok + run.busy + run.other;
    printf("%ld %ld %ld %ld %ld ", run.total, run.ok, run.busy, run.other, run.total - answered);
    printf("%.2f %.2f ", quantile(run.all_ms, answered, 0.5), quantile(run.all_ms, answered, 0.99));
    printf("%.2f %.2f ", quantile(run.all_ms, answered, 1), quantile(run.busy_ms, run.busy, 0.99));
    printf("%ld\n", run.in_time);
    return 0;
}
