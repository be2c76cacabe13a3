/* One page per error code, the target of a problem's `type`. */
#pragma once
#include <ashlar/buf.h>

/* `module` NULL: a code of the platform. False for an unknown code. */
bool error_page_write(struct buf *b, const char *module, const char *code);
void error_index_write(struct buf *b);
