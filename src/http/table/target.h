/* Parsing of the raw request target: validation, splitting, decoding, in this order. Fuzzed. */
#pragma once
#include "shape/shape_json.h"
#include <ashlar/arena.h>

enum { TARGET_MAX = 8192, TARGET_SEGMENTS_MAX = 16, TARGET_PAIRS_MAX = 64 };

/* A part of a text owned elsewhere. */
struct span {
    const char *at;
    size_t size;
};

struct target {
    struct span segments[TARGET_SEGMENTS_MAX]; /* still encoded; "/" has none */
    size_t n_segments;
    const char *query; /* after the "?", still encoded; NULL: none */
};

/*
 * Split "/v1/me?x=1" (RFC 9112 section 3.2.1: origin form only). Rejects all input that two parsers
 * could read differently: control and non-ASCII bytes, backslash, "#", "//", dot segments in any
 * spelling, %00 %2F %5C and malformed percent-encoding. NULL when valid, otherwise the reason, for
 * the client.
 */
const char *target_split(const char *raw, struct target *out);

/* Percent-decoded copy, NULL unless the result is UTF-8 without NUL. `plus_is_space`: for queries.
 */
char *target_decode(struct arena *a, struct span text, bool plus_is_space);

/* The pairs of a query (NULL: none) in order. NULL when valid, otherwise the reason. */
const char *target_pairs(struct arena *a, const char *query, struct pair **out, size_t *n);
