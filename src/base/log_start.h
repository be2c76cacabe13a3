/* Where and how the log is written. Knows no setting; start-up reads ASHLAR_LOG_LEVEL and
 * _FORMAT. */
#pragma once
#include <ashlar/log.h>

enum log_format { LOG_JSON, LOG_READABLE };

/* Before it is called: JSON lines from LOG_INFO on, to stderr. May be called again. */
void log_start(enum log_level level, enum log_format format);

/* Names as the settings have them: "debug|info|warn|error", "json|readable". */
void log_start_by_name(const char *level, const char *format);

/* Write to `fd` (not closed by the log) instead of stderr; -1: stderr again. For tests. */
void log_redirect(int fd);

/* Call `seen` for every log_error, whatever the level that is written, where it happens: it must
 * not log and must not wait. NULL: nobody any more. */
void log_watch_errors(
    void (*seen)(const struct ctx *c, const char *event, const struct log_field *fields));

/* Lines lost so far because nobody read the pipe or the disk was full. */
int64_t log_dropped(void);
