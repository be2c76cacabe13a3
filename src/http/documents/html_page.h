/* Frame and style of the platform's own HTML pages: no scripts, no external resources. */
#pragma once
#include <ashlar/buf.h>

void html_page_begin(struct buf *b, const char *title);
void html_page_end(struct buf *b);
