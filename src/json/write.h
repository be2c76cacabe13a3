/* Numbers as JSON text. Knows no shape. */
#pragma once
#include <ashlar/buf.h>

/* The shortest text that reads back as the same double; null when it is not finite. */
void write_number(struct buf *b, double value);
