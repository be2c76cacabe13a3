/* The raw request target: refused, split, decoded, in this order. Knows no route. Fuzzed. */
#pragma once
#include "shape/shape_json.h"
#include <ashlar/arena.h>

enum { TARGET_MAX = 8192, TARGET_SEGMENTS_MAX = 16, TARGET_PAIRS_MAX = 64 };

/* Bytes of somebody else's text. */
struct span {
    const char *at;
    size_t size;
};

struct target {
    struct span segments[TARGET_SEGMENTS_MAX]; /* still encoded; "/" has none */
    size_t n_segments;
    const char *query; /* behind the "?", still encoded; NULL: there is none */
};

/*
 * Split "/v1/me?x=1" (RFC 9112 section 3.2.1: origin form only). Whatever two parsers could read
 * differently is refused: control and non-ASCII bytes, backslash, "#", "//", dot segments in any
 * spelling, %00 %2F %5C and malformed percents. NULL when fine, otherwise why not, for the client.
 */
const char *target_split(const char *raw, struct target *out);

/* Percent-decoded copy, NULL unless the result is UTF-8 without NUL. `plus_is_space`: in queries.
 */
char *target_decode(struct arena *a, struct span text, bool plus_is_space);

/* The pairs of a query (NULL: none) in order. NULL when fine, otherwise why not. */
const char *target_pairs(struct arena *a, const char *query, struct pair **out, size_t *n);
