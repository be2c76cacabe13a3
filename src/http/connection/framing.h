/*
 * Where messages of a client begin and end in what it sends (RFC 9112), byte by byte as it comes,
 * and which of them cannot be read. Knows no library and no socket. Fuzzed.
 *
 * It stands before libmicrohttpd, which answers what it cannot read in a form of its own, sometimes
 * twice, and sometimes reads on behind it. So nothing may pass here that the library would refuse
 * by itself; what reads in one way only and is refused all the same is head_check.h's.
 */
#pragma once
#include "head_check.h"
#include <ashlar/error.h>

/* libmicrohttpd's memory of one connection, which a head must leave room in. Larger ones it maps
 * past malloc, where neither AddressSanitizer nor valgrind sees them freed. */
enum { CONNECTION_MEMORY = 32 * 1024 };

enum {
    FRAMING_METHOD_MAX = 16,
    FRAMING_WORD_MAX = 24,        /* the names and values that decide about framing are shorter */
    FRAMING_CHUNK_LINE_MAX = 256, /* the size of a chunk and its extensions */
};

/* Of one connection. Zeroed is its beginning. */
struct framing {
    uint8_t state, field;
    uint8_t method_size, word_size, digits;
    bool digits_only, has_length, chunked, unsettled;
    char method[FRAMING_METHOD_MAX + 1]; /* of the message that is read now */
    char word[FRAMING_WORD_MAX + 1];
    size_t size, target_size, copied, entries; /* of the head */
    uint64_t left;                             /* of the body, or of a chunk */
    err kind;                                  /* NULL: all could be read so far */
    const char *why;
};

/*
 * Reads on. All `size` bytes may be passed on, or, where `kind` says that something cannot be read,
 * as many as the messages before it end with: 0 when it began in an earlier call. No byte may be
 * passed on after that.
 */
size_t framing_read(struct framing *f, const char *data, size_t size);
