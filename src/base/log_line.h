/* One log line in fixed memory: escaping and the size limit. */
#pragma once
#include "log_start.h"

/* A write of at most PIPE_BUF bytes to a pipe is atomic (POSIX), so lines never interleave. */
enum { LOG_LINE_SIZE = 4096 };

struct log_line {
    char data[LOG_LINE_SIZE];
    size_t size;
    bool cut; /* something did not fit */
};

/* `c` may be NULL. The line ends with a newline. */
void log_line_build(struct log_line *l, enum log_format format, const struct ctx *c,
    enum log_level level, const char *event, const struct log_field *fields);
