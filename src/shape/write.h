/* Numbers as JSON text. */
#pragma once
#include <ashlar/buf.h>

/* Text that reads back as the same double, of 15 digits where they do; null when not finite. */
void write_number(struct buf *b, double value);
