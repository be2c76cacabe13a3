/* Destination and format of the log. Start-up reads ASHLAR_LOG_LEVEL and _FORMAT. */
#pragma once
#include <ashlar/log.h>

enum log_format { LOG_JSON, LOG_READABLE };

/* Default before the call: JSON lines from LOG_INFO on, to stderr. May be called again. */
void log_start(enum log_level level, enum log_format format);

/* The same by the words of the settings: "debug|info|warn|error", "json|readable". */
void log_start_by_name(const char *level, const char *format);

/* Writes to `fd` (which the log does not close) instead of stderr. -1: stderr again. For tests. */
void log_redirect(int fd);

/* Calls `seen` for every log_error, at every log level, in the logging thread. It must not log and
 * must not wait. NULL: removes it. */
void log_watch_errors(
    void (*seen)(const struct ctx *c, const char *event, const struct log_field *fields));

/* Number of lines lost so far because the pipe or disk was full. */
int64_t log_dropped(void);
