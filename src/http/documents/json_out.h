/* Writer of JSON documents without a shape. Commas are added automatically. */
#pragma once
#include <ashlar/buf.h>

void out_open(struct buf *b, const char *name, char bracket); /* `name` NULL: in an array */
void out_close(struct buf *b, char bracket);
void out_name(struct buf *b, const char *name);
void out_text(struct buf *b, const char *name, const char *text); /* NULL text: omitted */
void out_bool(struct buf *b, const char *name, bool value);
void out_ref(struct buf *b, const char *name, const char *kind, const char *target);
