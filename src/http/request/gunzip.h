/*
 * A body packed with gzip (RFC 1952), unpacked within bounds. Knows no request. Fuzzed.
 *
 * What is unpacked past GUNZIP_RATIO_FREE bytes may be GUNZIP_RATIO_MAX times what was sent: JSON
 * packs 5 to 30 times, zeros a thousand times.
 */
#pragma once
#include <ashlar/buf.h>

enum { GUNZIP_RATIO_MAX = 100, GUNZIP_RATIO_FREE = 64 * 1024 };

enum gunzip_result { GUNZIP_OK, GUNZIP_BAD, GUNZIP_TOO_LARGE };

/*
 * All members of `packed`, one behind the other, into `out` (in `a`, with a NUL behind), at most
 * `most` bytes. GUNZIP_BAD: something in it is no gzip, its end is missing or a checksum is wrong.
 */
enum gunzip_result gunzip(struct arena *a, struct bytes packed, size_t most, struct bytes *out);
