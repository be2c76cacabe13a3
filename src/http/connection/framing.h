/*
 * Message boundaries in the bytes of a client (RFC 9112), read incrementally, and detection of
 * unreadable messages. Fuzzed.
 *
 * It runs before libmicrohttpd, which answers unreadable requests in its own format, sometimes
 * twice, and sometimes reads on after them. So it must stop all requests that the library would
 * reject itself. Requests that are unambiguous but rejected anyway are left to head_check.h.
 */
#pragma once
#include "head_check.h"
#include <ashlar/error.h>

/* Memory of one connection in libmicrohttpd, in which a head must leave room. The library allocates
 * larger ones by mmap without malloc, so AddressSanitizer and valgrind do not see their release. */
enum { CONNECTION_MEMORY = 32 * 1024 };

enum {
    FRAMING_METHOD_MAX = 16,
    FRAMING_WORD_MAX = 24,        /* all names and values that affect framing are shorter */
    FRAMING_CHUNK_LINE_MAX = 256, /* the size of a chunk and its extensions */
};

/* State of one connection; zero-initialised at first. */
struct framing {
    uint8_t state, field;
    uint8_t method_size, word_size, digits;
    bool digits_only, has_length, chunked, unsettled;
    char method[FRAMING_METHOD_MAX + 1]; /* of the current message */
    char word[FRAMING_WORD_MAX + 1];
    size_t size, target_size, copied, entries; /* of the head */
    uint64_t left;                             /* remaining bytes of the body or chunk */
    err kind;                                  /* NULL: no error so far */
    const char *why;
};

/*
 * Process `size` more bytes. Returns how many may be passed on: `size`, or after an error (see
 * `kind`) those of the complete messages before it. That is 0 if the bad message began in an
 * earlier call. After an error no further byte may be passed on.
 */
size_t framing_read(struct framing *f, const char *data, size_t size);
