/* Start of a libmicrohttpd daemon, with the options common to all of ours. */
#include "mhd.h"
#include "http/connection/framing.h"
#include "mhd_request.h"
#include <ashlar/log.h>

enum {
    MAPPED_ABOVE = 32 * 1024, /* memorypool.c of the library */
    SAYS_MAX = 256,
};
_Static_assert((int)CONNECTION_MEMORY <= (int)MAPPED_ABOVE,
    "a connection's memory comes from malloc, so that AddressSanitizer and valgrind watch it");

const struct metric METRIC_UNREADABLE = {
    .name = "ashlar_http_unreadable_total",
    .help = "Malformed requests by response. closed: libmicrohttpd sent no response.",
    .kind = METRIC_COUNTER,
    .label = "answer",
    .values = "400|413|414|431|500|501|505|closed",
};

/* Only the status in the library's text is used: "… (HTTP response code is 431 …". */
static const char *answer_in(const char *text, char status[4])
{
    static const char before[] = "response code is ";
    const char *at = strstr(text, before);

    if (at && strspn(at + sizeof before - 1, "0123456789") == 3) {
        memcpy(status, at + sizeof before - 1, 3);
        status[3] = '\0';
        return status;
    }
    return strncmp(text, "Closing connection", 18) == 0 ? "closed" : NULL;
}

static void count_unreadable(const char *answer, const char *text)
{
    metric_add(&METRIC_UNREADABLE, answer, 1);
    log_info(NULL, "http.unreadable", log_text("answer", answer), log_text("text", text));
}

void mhd_count_unreadable(int status, const char *why)
{
    char answer[12];

    snprintf(answer, sizeof answer, "%d", status);
    count_unreadable(answer, why);
}

static void __attribute__((format(printf, 2, 0)))
on_library_log(void *cls, const char *format, va_list args)
{
    char text[SAYS_MAX], status[4];
    int size = vsnprintf(text, sizeof text, format, args);
    const char *answer = size > 0 ? answer_in(text, status) : NULL;

    (void)cls;
    if (size > 0 && (size_t)size < sizeof text && text[size - 1] == '\n')
        text[size - 1] = '\0';
    if (answer == NULL) {
        log_debug(NULL, "http.library_reported", log_text("text", text));
        return;
    }
    count_unreadable(answer, text);
}

static void __attribute__((format(printf, 2, 0)))
ignore_library_log(void *cls, const char *format, va_list args)
{
    (void)cls, (void)format, (void)args;
}

static void on_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    (void)cls;
    log_error(NULL, "http.library_panicked", log_text("file", file), log_int("line", line),
        log_text("reason", reason ? reason : ""));
    abort();
}

/* Parsing of heads, the same for all daemons. The library does not check for Host: its own error
 * response starts twice (0.9.75), and head_check checks it. */
#define READS_HEADS                                                                                \
    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 0

struct MHD_Daemon *mhd_start(
    const struct mhd_options *o, MHD_AccessHandlerCallback on_request, void *arg)
{
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

    void *ops = (void *)(uintptr_t)o->ops;

    MHD_set_panic_func(on_panic, NULL);
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, arg, /**/
        MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,          /**/
        MHD_OPTION_LISTEN_SOCKET, o->fd,                           /**/
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,     /**/
        READS_HEADS,                                               /**/
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)INCOMING_IDLE_S,  /**/
        MHD_OPTION_URI_LOG_CALLBACK, mhd_request_open, ops,        /**/
        MHD_OPTION_NOTIFY_COMPLETED, mhd_request_close, NULL,      /**/
        MHD_OPTION_NOTIFY_CONNECTION, mhd_request_connection, ops, MHD_OPTION_END);
}

struct MHD_Daemon *mhd_start_alone(MHD_AccessHandlerCallback on_request,
    void *(*on_target)(void *arg, const char *target, struct MHD_Connection *connection), void *arg)
{
    MHD_set_panic_func(on_panic, NULL);
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, arg,                                /**/
        MHD_OPTION_EXTERNAL_LOGGER, ignore_library_log, NULL, /**/
        READS_HEADS,                                          /**/
        MHD_OPTION_URI_LOG_CALLBACK, on_target, arg, MHD_OPTION_END);
}
