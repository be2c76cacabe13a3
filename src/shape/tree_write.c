/* Tree to text, for members that contain any JSON. The library's writer would turn 0.1 into
 * 0.10000000000000001. */
#include "tree.h"
#include "write.h"

/* A partly written container: an object's next member, or a list's next item. */
struct open {
    json_t *container;
    void *member;
    size_t item;
};

struct writer {
    struct buf *b;
    struct open open[JSON_DEPTH_MAX];
    size_t depth;
};

static void write_scalar(struct buf *b, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        buf_json_text_n(b, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        buf_int(b, json_integer_value(value));
        break;
    case JSON_REAL:
        write_number(b, json_real_value(value));
        break;
    case JSON_TRUE:
        buf_text(b, "true");
        break;
    case JSON_FALSE:
        buf_text(b, "false");
        break;
    default:
        buf_text(b, "null");
    }
}

static void write_value(struct writer *w, json_t *value)
{
    bool container = json_is_object(value) || json_is_array(value);
    if (!container || w->depth == COUNT(w->open)) {
        write_scalar(w->b, value);
        return;
    }
    buf_char(w->b, json_is_object(value) ? '{' : '[');
    w->open[w->depth++] = (struct open){ value, json_object_iter(value), 0 };
}

/* The next member or item of the innermost container. NULL at its end. */
static json_t *next_value(struct writer *w)
{
    struct open *in = &w->open[w->depth - 1];
    if (json_is_array(in->container)) {
        json_t *item = json_array_get(in->container, in->item);
        if (item && in->item++ > 0)
            buf_char(w->b, ',');
        return item;
    }
    if (!in->member)
        return NULL;
    if (in->item++ > 0)
        buf_char(w->b, ',');
    buf_json_text(w->b, json_object_iter_key(in->member));
    buf_char(w->b, ':');
    json_t *value = json_object_iter_value(in->member);
    in->member = json_object_iter_next(in->container, in->member);
    return value;
}

void tree_write(struct buf *b, json_t *tree)
{
    struct writer w = { .b = b };
    write_value(&w, tree);
    while (w.depth > 0) {
        const json_t *container = w.open[w.depth - 1].container;
        json_t *value = next_value(&w);
        if (value) {
            write_value(&w, value);
            continue;
        }
        buf_char(b, json_is_object(container) ? '}' : ']');
        w.depth--;
    }
}
