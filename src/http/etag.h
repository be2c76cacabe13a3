/* Entity tags and conditional requests (RFC 9110 sections 8.8.3 and 13.1). Knows no route. */
#pragma once
#include <ashlar/shape.h>

/* "v7", quoted. */
char *etag_of_version(struct arena *a, int64_t version);
/* A strong tag over the bytes: a short BLAKE2b, quoted. */
char *etag_of_body(struct arena *a, struct bytes body);
/* The tag of the struct's `.etag` field, or NULL when its shape has none. */
char *etag_of_struct(struct arena *a, const struct shape *s, const void *strct);

/* Does an If-Match (strong) or If-None-Match (weak) list name `etag`? "*" names anything; a
 * malformed list names nothing. */
bool etag_matches(const char *list, const char *etag, bool strong);
