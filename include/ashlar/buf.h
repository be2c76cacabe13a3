/*
 * buf — text or bytes that grow up to a fixed limit.
 *
 * Always NUL-terminated after the last byte. Above the limit no byte is written, and buf_is_full
 * stays true: check once at the end instead of after each call.
 */
#pragma once
#include "arena.h"

struct buf {
    char *data;  /* never NULL, data[size] == 0 */
    size_t size; /* bytes written, without the NUL */
    size_t room; /* allocated */
    size_t ceiling;
    bool full;
    struct arena *arena; /* NULL: malloc'ed, freed by buf_release */
};

/* An empty buffer in `a` (or in malloc memory when `a` is NULL) of at most `ceiling` bytes. */
PUBLIC void buf_init(struct buf *b, struct arena *a, size_t ceiling);
PUBLIC void buf_release(struct buf *b);
PUBLIC void buf_clear(struct buf *b);

PUBLIC void buf_add(struct buf *b, const void *data, size_t size);
PUBLIC void buf_text(struct buf *b, const char *text);
PUBLIC void buf_char(struct buf *b, char c);
PUBLIC void buf_int(struct buf *b, int64_t value);
PUBLIC void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Returns `size` writable bytes at the end (NULL: above the limit). Then call buf_extend with the
 * number of bytes used. */
PUBLIC char *buf_reserve(struct buf *b, size_t size);
PUBLIC void buf_extend(struct buf *b, size_t used);

/* Writes a quoted JSON string with all escapes. `text` must be valid UTF-8. NULL writes null. */
PUBLIC void buf_json_text(struct buf *b, const char *text);
PUBLIC void buf_json_text_n(struct buf *b, const char *text, size_t size);

/* For HTML text and double-quoted attributes. Escapes & < > " '. */
PUBLIC void buf_html(struct buf *b, const char *text);

PUBLIC bool buf_is_full(const struct buf *b);
