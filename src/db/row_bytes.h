/* One row as bytes, to store, compare and decode. */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/shape.h>
#include <libpq-fe.h>

/* Names and values of the columns of the one row, in `a`. Size 0: no row. False when it is larger
 * than 64 KiB. */
CHECKED bool row_bytes_keep(struct arena *a, const PGresult *r, struct bytes *row);

/* Whether the result is that row. `row` of size 0: whether it is any one row. */
CHECKED bool row_bytes_match(struct arena *a, struct bytes row, const PGresult *r);

/* Decodes the row into the struct of `s`, by name, with texts in `a`. False when a column does not
 * fit. */
CHECKED bool row_bytes_read(struct arena *a, struct bytes row, const struct shape *s, void *out);
