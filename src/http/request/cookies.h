/* Cookie and Set-Cookie lines (RFC 6265). Knows no session. Fuzzed. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/route.h>

/* Ours are a token each; browsers keep 4096 bytes of a whole line (RFC 6265 section 6.1). */
enum { COOKIE_VALUE_MAX = 2048 };

/*
 * Value of `name` in a Cookie header, copied; NULL when it is missing, malformed, empty, longer
 * than COOKIE_VALUE_MAX, or there twice: two parsers would pick different ones. With `host_prefix`
 * only "__Host-<name>" counts, which no other host and no http page can set.
 */
char *cookie_find(struct arena *a, const char *header, const char *name, bool host_prefix);

/* The Set-Cookie value, or NULL when name or value hold what a cookie may not, or too much. */
char *cookie_line(struct arena *a, const struct cookie *cookie, bool host_prefix);
