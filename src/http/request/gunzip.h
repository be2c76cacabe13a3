/*
 * Decompression of gzip bodies (RFC 1952) within limits. Fuzzed.
 *
 * Output above GUNZIP_RATIO_FREE bytes may be GUNZIP_RATIO_MAX times the input: JSON compresses 5
 * to 30 times, zeros a thousand times.
 */
#pragma once
#include <ashlar/buf.h>

enum { GUNZIP_RATIO_MAX = 100, GUNZIP_RATIO_FREE = 64 * 1024 };

enum gunzip_result { GUNZIP_OK, GUNZIP_BAD, GUNZIP_TOO_LARGE };

/*
 * All concatenated members of `packed` into `out` (in `a`, followed by a NUL), at most `most`
 * bytes. GUNZIP_BAD: it is not gzip, is truncated, or a checksum is wrong.
 */
enum gunzip_result gunzip(struct arena *a, struct bytes packed, size_t most, struct bytes *out);
