/* The page at /docs: the route tables for people. Knows no request. */
#pragma once
#include <ashlar/buf.h>

/* Of the rows http_routes lists; hidden ones are left out. Once, at start. */
void docs_write(struct buf *out);
