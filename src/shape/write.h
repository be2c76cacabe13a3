/* Numbers as JSON text. */
#pragma once
#include <ashlar/buf.h>

/* Text that reads back as the same double, with 15 digits if they suffice. null when not finite. */
void write_number(struct buf *b, double value);
