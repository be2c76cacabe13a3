/* One row as bytes, to keep, compare and read again. */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/shape.h>
#include <libpq-fe.h>

/* Names and values of the columns of the one row, in `a`; size 0: there is none. False when it is
 * larger than 64 KiB. */
CHECKED bool row_bytes_keep(struct arena *a, const PGresult *r, struct bytes *row);

/* Is it still that row? `row` of size 0: any one row will do. */
CHECKED bool row_bytes_match(struct arena *a, struct bytes row, const PGresult *r);

/* Into the struct of `s`, by name; texts in `a`. False when a column does not fit. */
CHECKED bool row_bytes_read(struct arena *a, struct bytes row, const struct shape *s, void *out);
