/* One page per error code, where a problem's `type` leads. Knows no request. */
#pragma once
#include <ashlar/buf.h>

/* `module` NULL: a code of the platform. False when no such code exists. */
bool error_page_write(struct buf *b, const char *module, const char *code);
void error_index_write(struct buf *b);
