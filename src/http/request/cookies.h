/* Cookie and Set-Cookie lines (RFC 6265). Fuzzed. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/route.h>

/* Each of ours holds a token. Browsers store 4096 bytes of a whole line (RFC 6265 section 6.1). */
enum { COOKIE_VALUE_MAX = 2048 };

/*
 * Value of `name` in a Cookie header, copied. NULL when it is missing, malformed, empty, longer
 * than COOKIE_VALUE_MAX, or repeated: two parsers would pick different ones. With `host_prefix`
 * only "__Host-<name>" counts, which no other host and no http page can set.
 */
char *cookie_find(struct arena *a, const char *header, const char *name, bool host_prefix);

/* The Set-Cookie value, or NULL when name or value have invalid characters or are too long. */
char *cookie_line(struct arena *a, const struct cookie *cookie, bool host_prefix);
