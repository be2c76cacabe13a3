/* Iteration over UTF-8 bytes that tolerates malformed text (for the log). */
#pragma once
#include <ashlar/base.h>

/* Number of bytes of the well-formed sequence at `text` (1 for ASCII and NUL), 0 when it is
 * malformed. `size` is at least 1. */
size_t utf8_sequence(const char *text, size_t size);
