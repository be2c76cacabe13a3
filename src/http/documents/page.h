/* The frame and style of the platform's own HTML pages: no script, nothing from outside. */
#pragma once
#include <ashlar/buf.h>

void page_begin(struct buf *b, const char *title);
void page_end(struct buf *b);
