/* Entity tags and conditional requests (RFC 9110 sections 8.8.3 and 13.1). */
#pragma once
#include <ashlar/shape.h>

/* The value of the struct's `.etag` field; false when its shape has none. */
bool etag_version_of(const struct shape *s, const void *strct, int64_t *out);

/* "v7.Xk3…", quoted: the version and a short BLAKE2b hash of the bytes. Both, because one
 * version differs between readers (it contains their role), and some members change without a
 * new version. */
char *etag_of_version(struct arena *a, int64_t version, struct bytes body);
/* The hash only. */
char *etag_of_body(struct arena *a, struct bytes body);

/* Whether an If-None-Match list contains `etag`, by weak comparison. "*" matches all; a malformed
 * list matches nothing. */
bool etag_matches(const char *list, const char *etag);

/* Whether an If-Match list contains this version, with any hash. A weak tag counts, too: a
 * compressing proxy weakens the tag without changing the version. */
bool etag_names_version(const char *list, int64_t version);
