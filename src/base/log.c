/* Output of log lines without waiting for the reader. */
#include "log_line.h"
#include <ashlar/text.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum sink { SINK_UNKNOWN, SINK_PLAIN, SINK_SOCKET };

static _Atomic int min_level = LOG_INFO;
static _Atomic int line_format = LOG_JSON;
static _Atomic int64_t dropped;
typedef void error_watch(const struct ctx *c, const char *event, const struct log_field *fields);
static _Atomic(error_watch *) watch_errors;

/* Held for one non-blocking system call only. */
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;
static int out_fd = STDERR_FILENO;
static int own_fd = -1; /* own file description of out_fd's pipe, may be non-blocking */
static enum sink out_sink;
static bool torn; /* the last line was written partly: begin the next on a new line */

/*
 * O_NONBLOCK belongs to the open file description, which is shared with the parent process: setting
 * it would change the parent's terminal. So a pipe or terminal is opened again, and a socket
 * (journald) is written with a flag per call. If reopening fails, poll() precedes each write.
 */
static void sink_open(void)
{
    struct stat st;
    char path[32];
    if (fstat(out_fd, &st) != 0)
        st.st_mode = 0;
    out_sink = S_ISSOCK(st.st_mode) ? SINK_SOCKET : SINK_PLAIN;
    if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", out_fd);
    own_fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void sink_reset(int fd)
{
    pthread_mutex_lock(&write_lock);
    if (own_fd >= 0)
        close(own_fd);
    own_fd = -1;
    out_fd = fd < 0 ? STDERR_FILENO : fd;
    out_sink = SINK_UNKNOWN;
    torn = false;
    pthread_mutex_unlock(&write_lock);
}

static ssize_t write_now(const char *data, size_t size)
{
    if (out_sink == SINK_SOCKET)
        return send(out_fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (own_fd >= 0)
        return write(own_fd, data, size);
    struct pollfd p = { .fd = out_fd, .events = POLLOUT };
    if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
        return -1;
    return write(out_fd, data, size);
}

static bool write_line(const char *data, size_t size)
{
    if (out_sink == SINK_UNKNOWN)
        sink_open();
    if (torn && write_now("\n", 1) != 1)
        return false;
    torn = false;
    ssize_t n = write_now(data, size);
    torn = n > 0 && (size_t)n < size;
    return n == (ssize_t)size;
}

void log_write(
    const struct ctx *c, enum log_level level, const char *event, const struct log_field *fields)
{
    struct log_line line;
    int saved = errno;
    error_watch *seen = level == LOG_ERROR ? atomic_load(&watch_errors) : NULL;
    if (seen)
        seen(c, event, fields);
    if ((int)level < atomic_load_explicit(&min_level, memory_order_relaxed))
        return;
    log_line_build(&line, (enum log_format)atomic_load(&line_format), c, level, event, fields);
    pthread_mutex_lock(&write_lock);
    bool written = write_line(line.data, line.size);
    pthread_mutex_unlock(&write_lock);
    if (!written)
        atomic_fetch_add(&dropped, 1);
    errno = saved;
}

void log_start(enum log_level level, enum log_format format)
{
    atomic_store(&min_level, (int)level);
    atomic_store(&line_format, (int)format);
    sink_reset(out_fd);
}

void log_start_by_name(const char *level, const char *format)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    int found = LOG_INFO;
    for (int i = 0; i < (int)COUNT(names); i++)
        if (text_equal(names[i], level))
            found = i;
    log_start((enum log_level)found, text_equal(format, "readable") ? LOG_READABLE : LOG_JSON);
}

void log_redirect(int fd)
{
    sink_reset(fd);
}

void log_watch_errors(error_watch *seen)
{
    atomic_store(&watch_errors, seen);
}

int64_t log_dropped(void)
{
    return atomic_load(&dropped);
}
