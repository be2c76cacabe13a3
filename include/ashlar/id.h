/*
 * id — UUIDv7 in the database, TypeID in the API.
 *
 * UUIDv7: RFC 9562 section 5.7, ordered by creation within a process (monotonic counter).
 * TypeID: github.com/jetify-com/typeid specification 0.3, vectors in tests/data/typeid.
 */
#pragma once
#include "arena.h"

struct uuid {
    uint8_t b[16];
};

#define UUID_NIL ((struct uuid){ { 0 } })
enum { UUID_TEXT_SIZE = 36, TYPEID_PREFIX_MAX = 63, TYPEID_MAX = TYPEID_PREFIX_MAX + 1 + 26 };

/* A new UUIDv7 from clock_now (so a fake clock changes it). Threads: any. */
PUBLIC struct uuid uuid_new(void);
PUBLIC bool uuid_is_nil(struct uuid id);
PUBLIC bool uuid_equal(struct uuid a, struct uuid b);

/* Canonical 8-4-4-4-12 in lower case. `out` has UUID_TEXT_SIZE + 1 bytes. Parsing accepts either
 * case. */
PUBLIC void uuid_format(struct uuid id, char *out);
PUBLIC CHECKED bool uuid_parse(const char *text, size_t size, struct uuid *out);

/* "org_01h455vb4pex5vsknk084sn02q". `out` has TYPEID_MAX + 1 bytes. An empty prefix omits the
 * "_". */
PUBLIC void typeid_format(const char *prefix, struct uuid id, char *out);
PUBLIC char *typeid_text(struct arena *a, const char *prefix, struct uuid id);

/* `text` must have exactly the prefix `prefix` (NULL: any valid prefix). */
PUBLIC CHECKED bool typeid_parse(
    const char *prefix, const char *text, size_t size, struct uuid *out);
