/*
 * log — one JSON object per line on stderr (readable lines in development).
 *
 * A call never blocks: if the pipe is full, the line is dropped and counted. Values are escaped, so
 * a line cannot be forged. A line has at most 4096 bytes. Longer lines are cut and marked with
 * `"truncated":true`. Never log a secret: shape_render_redacted omits the fields that shapes mark.
 * Threads: any.
 */
#pragma once
#include "id.h"

struct ctx;

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* One field of a line. Create it by the functions below. */
struct log_field {
    const char *name;
    enum { LOG_TEXT, LOG_INT, LOG_BOOL, LOG_NONE } kind;
    const char *text;
    int64_t number;
};
#define log_text(n, v) ((struct log_field){ .name = (n), .kind = LOG_TEXT, .text = (v) })
#define log_int(n, v)  ((struct log_field){ .name = (n), .kind = LOG_INT, .number = (v) })
#define log_bool(n, v) ((struct log_field){ .name = (n), .kind = LOG_BOOL, .number = (v) })

/*
 * log_info(c, "mail.sent", log_text("to_domain", domain), log_int("ms", ms))
 *
 * `event` is a dotted name that dashboards can count. `c` may be NULL. Otherwise its request id,
 * trace, route, actor and organisation are added.
 */
PUBLIC void log_write(
    const struct ctx *c, enum log_level level, const char *event, const struct log_field *fields);
#define LOG_LINE_(c, level, event, ...)                                                            \
    log_write(c, level, event,                                                                     \
        (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ .kind = LOG_NONE } })
#define log_debug(c, event, ...) LOG_LINE_(c, LOG_DEBUG, event, __VA_ARGS__)
#define log_info(c, event, ...)  LOG_LINE_(c, LOG_INFO, event, __VA_ARGS__)
#define log_warn(c, event, ...)  LOG_LINE_(c, LOG_WARN, event, __VA_ARGS__)
#define log_error(c, event, ...) LOG_LINE_(c, LOG_ERROR, event, __VA_ARGS__)
