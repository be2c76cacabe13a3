/* Writer of JSON documents without a shape. Commas are added automatically. */
#include "json_out.h"

/* After an opening bracket, a colon or a comma a value follows; otherwise a comma is missing. */
static void separate(struct buf *b)
{
    if (b->size && !strchr("{[:,", b->data[b->size - 1]))
        buf_char(b, ',');
}

void out_name(struct buf *b, const char *name)
{
    separate(b);
    if (name == NULL)
        return;
    buf_json_text(b, name);
    buf_char(b, ':');
}

void out_open(struct buf *b, const char *name, char bracket)
{
    out_name(b, name);
    buf_char(b, bracket);
}

void out_close(struct buf *b, char bracket)
{
    buf_char(b, bracket);
}

void out_text(struct buf *b, const char *name, const char *text)
{
    if (text == NULL)
        return;
    out_name(b, name);
    buf_json_text(b, text);
}

void out_bool(struct buf *b, const char *name, bool value)
{
    out_name(b, name);
    buf_text(b, value ? "true" : "false");
}

void out_ref(struct buf *b, const char *name, const char *kind, const char *target)
{
    out_open(b, name, '{');
    out_name(b, "$ref");
    buf_printf(b, "\"#/components/%s/%s\"", kind, target);
    out_close(b, '}');
}
