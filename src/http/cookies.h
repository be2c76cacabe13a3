/* Cookie and Set-Cookie lines (RFC 6265). Knows no session. Fuzzed. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/route.h>

/*
 * Value of `name` in a Cookie header, copied; NULL when it is missing, malformed, empty, or there
 * twice: two parsers would pick different ones. With `host_prefix` only "__Host-<name>" counts,
 * which no other host and no http page can set.
 */
char *cookie_find(struct arena *a, const char *header, const char *name, bool host_prefix);

/* The Set-Cookie value, or NULL when name or value hold what a cookie may not. */
char *cookie_line(struct arena *a, const struct cookie *cookie, bool host_prefix);
