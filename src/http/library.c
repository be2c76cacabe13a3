/* A libmicrohttpd daemon with the options all of ours share. Knows no thread model. */
#include "library.h"
#include "incoming.h"
#include <ashlar/log.h>

enum {
    CONNECTION_MEMORY = 16 * 1024,
    MAPPED_ABOVE = 32 * 1024, /* memorypool.c of the library: larger ones are mapped */
};
_Static_assert(CONNECTION_MEMORY <= MAPPED_ABOVE,
    "a connection's memory comes from malloc, so that AddressSanitizer and valgrind watch it");

bool library_cuts_in_place(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

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

struct MHD_Daemon *library_start(
    const struct library_options *o, MHD_AccessHandlerCallback on_request, void *arg)
{
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

    void *ops = (void *)(uintptr_t)o->ops;

    MHD_set_panic_func(on_panic, NULL);
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, arg,     /**/
        MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,              /**/
        MHD_OPTION_LISTEN_SOCKET, o->fd,                               /**/
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,         /**/
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, /**/
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)INCOMING_IDLE_S,      /**/
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                               /**/
        MHD_OPTION_URI_LOG_CALLBACK, incoming_open, ops,               /**/
        MHD_OPTION_NOTIFY_COMPLETED, incoming_close, NULL,             /**/
        MHD_OPTION_NOTIFY_CONNECTION, incoming_connection, ops, MHD_OPTION_END);
}
