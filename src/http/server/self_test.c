/*
 * Self-test of libmicrohttpd: heads over a socket pair.
 *
 * head_where depends on the positions of the texts that the library split. The library does not
 * guarantee that they stay in one piece where they were read, with a gap for each skipped byte.
 */
#include "self_test.h"
#include "head.h"
#include "mhd.h"
#include "http/connection/recv_filter.h"
#include <ashlar/clock.h>
#include <ashlar/log.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000, TURN_MS = 5 };

#define RAW(text) text, sizeof text - 1
#define GET_FAST  "GET /a%2Fb?c=%41&d HTTP/1.1\r\nHost: x\r\n"

static const struct {
    const char *raw;
    size_t size;
    bool good;
} heads[] = {
    { RAW(GET_FAST "\r\n"), true },
    { RAW("\r\nGET / HTTP/1.1\r\nHost:x\r\nA:\r\nB: \r\nC:\t c \t\r\nCookie: d=e; f\r\n\r\n"),
        true },
    { RAW("PUT /a HTTP/1.0\r\nhost: [::1]:80\r\nContent-Length: 0\r\n\r\n"), true },
    { RAW(GET_FAST "X: a\0\r\n\r\n"), false },
    { RAW(GET_FAST "X: \0a\r\nY: b\r\n\r\n"), false },
    { RAW(GET_FAST "X\0: a\r\n\r\n"), false },
    { RAW(GET_FAST "Content-Length: 4\0\r\n\r\naaaa"), false },
    { RAW("GET\0 / HTTP/1.1\r\nHost: x\r\n\r\n"), false },
    { RAW("GET\0X / HTTP/1.1\r\nHost: x\r\n\r\n"), false },
    { RAW("GET /a\0/../b HTTP/1.1\r\nHost: x\r\n\r\n"), false },
    { RAW("GET / HTTP/1.1\0\r\nHost: x\r\n\r\n"), false },
    { RAW("GET / HTTP/1.1\nHost: x\r\n\r\n"), false },
    { RAW("GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"), false },
    { RAW(GET_FAST "X: y\n\r\n"), false },
    { RAW(GET_FAST "X: y\r\n\n"), false },
    { RAW(GET_FAST "X: y\r\n z\r\n\r\n"), false },
    { RAW(GET_FAST "X: y\r\n\tz\r\n\r\n"), false },
    { RAW(GET_FAST ": y\r\n\r\n"), false },
    { RAW(GET_FAST "y\r\n\r\n"), false },
    { RAW(GET_FAST "X : y\r\n\r\n"), false },
    { RAW(GET_FAST "X: a\rb\r\n\r\n"), false },
    { RAW("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), false },
    { RAW("GET / HTTP/1.1 \r\nHost: x\r\n\r\n"), false },
    { RAW(GET_FAST "Host: y\r\n\r\n"), false },
    { RAW(GET_FAST "Content-Length: 4\r\nContent-Length: 4\r\n\r\naaaa"), false },
    { RAW(GET_FAST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), false },
};

/* One head of the test. */
struct trial {
    char target[256];
    uintptr_t target_at;
    bool seen, let_in;
};

static void *note_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct trial *t = cls;

    (void)connection;
    t->target_at = (uintptr_t)target;
    snprintf(t->target, sizeof t->target, "%s", target ? target : "");
    head_drop_query(target);
    return t;
}

static enum MHD_Result judge(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct trial *t = cls;
    struct lent_head lent;

    (void)url, (void)upload, (void)upload_size, (void)request;
    if (t->seen)
        return MHD_NO;
    head_lend(&lent, connection, method, version);
    t->seen = true;
    t->let_in = head_fault(&lent, t->target_at, t->target) == NULL;
    return MHD_NO; /* closes it */
}

/* Until the head was seen or the library closed the connection. */
static void drive(struct MHD_Daemon *daemon, const struct trial *t, int mine)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_MS * 1000;
    bool closed = false;
    char answer[512];

    while (!t->seen && !closed && clock_monotonic_us() < until_us) {
        MHD_run(daemon);
        closed = recv(mine, answer, sizeof answer, MSG_DONTWAIT) == 0;
        if (!t->seen && !closed)
            poll(&(struct pollfd){ .fd = mine, .events = POLLIN }, 1, TURN_MS);
    }
}

static bool add(struct MHD_Daemon *daemon, int fd)
{
    struct sockaddr_in nobody = { .sin_family = AF_INET };

    return MHD_add_connection(daemon, fd, (struct sockaddr *)&nobody, sizeof nobody) == MHD_YES;
}

/* NULL, or the reason why the test cannot run. */
static const char *try_head(
    struct MHD_Daemon *daemon, struct trial *t, const char *raw, size_t size)
{
    int ends[2];

    *t = (struct trial){ .seen = false };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return "no socket pair";
    if (!add(daemon, ends[1])) { /* it closed the descriptor */
        close(ends[0]);
        return "libmicrohttpd accepts only its own connections";
    }
    if (send(ends[0], raw, size, MSG_NOSIGNAL) == (ssize_t)size)
        drive(daemon, t, ends[0]);
    close(ends[0]);
    MHD_run(daemon);
    return NULL;
}

/* Whether the library reads with the recv() of recv_filter.h. */
static bool reads_through_filter(struct MHD_Daemon *daemon, struct trial *t)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct recv_filter filter = { .arg = NULL };
    int ends[2];

    *t = (struct trial){ .seen = false };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return false;
    if (recv_filter_add(&filter, ends[1]) && add(daemon, ends[1]) &&
        send(ends[0], head, sizeof head - 1, MSG_NOSIGNAL) == sizeof head - 1)
        drive(daemon, t, ends[0]);
    recv_filter_remove(ends[1]);
    close(ends[0]);
    MHD_run(daemon);
    return filter.seen == sizeof head - 1;
}

bool framing_is_proven(const char **why)
{
    struct trial t;
    struct MHD_Daemon *daemon = mhd_start_alone(judge, note_target, &t);

    *why = daemon ? NULL : "libmicrohttpd does not start";
    if (daemon && !reads_through_filter(daemon, &t))
        *why = "it does not read with the program's recv()";
    for (size_t i = 0; i < sizeof heads / sizeof heads[0] && *why == NULL; i++) {
        *why = try_head(daemon, &t, heads[i].raw, heads[i].size);
        if (*why == NULL && t.let_in != heads[i].good)
            *why = heads[i].good ? "an unambiguous head is rejected"
                                 : "an ambiguous head is not detected";
        if (*why)
            log_error(NULL, "http.framing_unverified", log_int("head", (int64_t)i),
                log_text("version", MHD_get_version()));
    }
    if (daemon)
        MHD_stop_daemon(daemon);
    return *why == NULL;
}
