/* Walking UTF-8 byte by byte, for what must also survive malformed text (the log). */
#pragma once
#include <ashlar/base.h>

/* Bytes of the well-formed sequence at `text` (1 for ASCII, NUL too), 0 when there is none. `size`
 * is at least 1. */
size_t utf8_sequence(const char *text, size_t size);
