/* Entity tags and conditional requests (RFC 9110 sections 8.8.3 and 13.1). Knows no route. */
#pragma once
#include <ashlar/shape.h>

/* The value of the struct's `.etag` field; false when its shape has none. */
bool etag_version_of(const struct shape *s, const void *strct, int64_t *out);

/* "v7.Xk3…", quoted: the version and a short BLAKE2b of the bytes. Both, because two people read
 * one version differently (their own role is in it), and some members change without one. */
char *etag_of_version(struct arena *a, int64_t version, struct bytes body);
/* The hash alone. */
char *etag_of_body(struct arena *a, struct bytes body);

/* Does an If-None-Match list name `etag`, by weak comparison? "*" names anything; a malformed list
 * names nothing. */
bool etag_matches(const char *list, const char *etag);

/* Does an If-Match list name this version, whatever bytes were read of it? A weak tag counts as
 * well: what compresses a response on its way weakens the tag and leaves the version. */
bool etag_names_version(const char *list, int64_t version);
