/* JSON of a struct, written directly by its shape. Through a tree it takes about ten times as long
 * (tests/bench/bench_render.c). */
#include "format_rules.h"
#include "value.h"
#include "write.h"
#include <ashlar/log.h>

/* A partly written object. */
struct frame {
    const struct shape *shape;
    const char *strct;
    size_t field;      /* index of the next one */
    size_t items_left; /* structs after this one, in a list */
    bool in_list;
    bool comma; /* the object has members already */
};

struct renderer {
    struct buf *b;
    bool redact;
    struct frame frames[SHAPE_DEPTH_MAX];
    size_t depth;
};

/* A shape's depth is fixed at compile time and checked at start. So a deeper one is a defect, and
 * half an object must not be sent. */
static void enter(struct renderer *r, const struct frame *frame)
{
    if (r->depth == COUNT(r->frames)) {
        log_error(NULL, "shape.depth_exceeded", log_text("shape", frame->shape->name));
        abort();
    }
    r->frames[r->depth++] = *frame;
    buf_char(r->b, '{');
}

static bool is_zero(const void *data, size_t size)
{
    static const char zero[sizeof(struct uuid)];
    return memcmp(data, zero, size) == 0;
}

/* The zero value means "none" if the shape allows it. */
static bool is_none(const struct field *f, const void *member)
{
    switch (f->kind) {
    case KIND_TEXT:
    case KIND_JSON:
    case KIND_OBJECT:
        return !*(const void *const *)member;
    case KIND_LIST:
    case KIND_TEXTS:
        return f->optional && !*(const void *const *)member;
    case KIND_ID:
        return f->optional && is_zero(member, sizeof(struct uuid));
    case KIND_TIME:
        return is_zero(member, sizeof(struct instant));
    case KIND_INT:
        return f->optional && is_zero(member, sizeof(int64_t));
    case KIND_NUMBER:
        return f->optional && *(const double *)member == 0;
    case KIND_BOOL:
        return f->optional && !*(const bool *)member;
    }
    return true;
}

static void write_id(struct buf *b, const char *prefix, struct uuid id)
{
    char *at = buf_reserve(b, TYPEID_MAX + 3);
    if (!at)
        return;
    *at = '"';
    typeid_format(prefix, id, at + 1);
    size_t size = 1 + strlen(at + 1);
    at[size++] = '"';
    buf_extend(b, size);
}

static void write_time(struct buf *b, struct instant time)
{
    char *at = buf_reserve(b, INSTANT_TEXT_SIZE + 2);
    if (!at)
        return;
    *at = '"';
    instant_format(time, at + 1);
    size_t size = 1 + strlen(at + 1);
    at[size++] = '"';
    buf_extend(b, size);
}

static void write_texts(struct buf *b, const char *const *texts, size_t n)
{
    buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(b, ',');
        buf_json_text(b, texts[i]);
    }
    buf_char(b, ']');
}

static size_t count_in(const struct field *f, const void *strct)
{
    return *(const size_t *)(const void *)((const char *)strct + f->count_offset);
}

static void write_scalar(struct buf *b, const struct field *f, const void *strct)
{
    const void *member = member_in(f, strct);
    switch (f->kind) {
    case KIND_TEXT:
        buf_json_text(b, *(const char *const *)member);
        break;
    case KIND_JSON:
        buf_text(b, *(const char *const *)member);
        break;
    case KIND_INT:
        buf_int(b, *(const int64_t *)member);
        break;
    case KIND_NUMBER:
        write_number(b, *(const double *)member);
        break;
    case KIND_BOOL:
        buf_text(b, *(const bool *)member ? "true" : "false");
        break;
    case KIND_ID:
        write_id(b, f->prefix, *(const struct uuid *)member);
        break;
    case KIND_TIME:
        write_time(b, *(const struct instant *)member);
        break;
    case KIND_TEXTS:
        write_texts(b, *(const char *const *const *)member, count_in(f, strct));
        break;
    case KIND_OBJECT:
    case KIND_LIST:
        break;
    }
}

static void enter_list(struct renderer *r, const struct field *f, const void *strct)
{
    size_t n = count_in(f, strct);
    buf_char(r->b, '[');
    if (n == 0) {
        buf_char(r->b, ']');
        return;
    }
    const char *items = *(const char *const *)member_in(f, strct);
    enter(
        r, &(struct frame){ .shape = f->of, .strct = items, .items_left = n - 1, .in_list = true });
}

static void write_field(struct renderer *r, const struct field *f, const void *strct)
{
    const void *member = member_in(f, strct);
    if (r->redact && field_is_private(f))
        buf_text(r->b, "\"[secret]\"");
    else if (is_none(f, member))
        buf_text(r->b, "null");
    else if (f->kind == KIND_OBJECT)
        enter(r, &(struct frame){ .shape = f->of, .strct = *(const char *const *)member });
    else if (f->kind == KIND_LIST)
        enter_list(r, f, strct);
    else
        write_scalar(r->b, f, strct);
}

/* The object is complete: continues with its sibling in the list, or in its parent. */
static void leave(struct renderer *r)
{
    struct frame *frame = &r->frames[r->depth - 1];
    buf_char(r->b, '}');
    if (frame->items_left > 0) {
        frame->items_left--;
        frame->strct += frame->shape->size;
        frame->field = 0;
        frame->comma = false;
        buf_add(r->b, ",{", 2);
        return;
    }
    if (frame->in_list)
        buf_char(r->b, ']');
    r->depth--;
}

/* Names are C identifiers: no character needs an escape. */
static void write_name(struct renderer *r, struct frame *frame, const char *name)
{
    size_t size = strlen(name);
    char *at = buf_reserve(r->b, size + 4);
    if (!at)
        return;
    char *begin = at;
    if (frame->comma)
        *at++ = ',';
    frame->comma = true;
    *at++ = '"';
    memcpy(at, name, size);
    at += size;
    *at++ = '"';
    *at++ = ':';
    buf_extend(r->b, (size_t)(at - begin));
}

static void render(struct buf *b, const struct shape *s, const void *in, bool redact)
{
    struct renderer r = { .b = b, .redact = redact };
    enter(&r, &(struct frame){ .shape = s, .strct = in });
    while (r.depth > 0) {
        struct frame *frame = &r.frames[r.depth - 1];
        if (frame->field == frame->shape->n_fields) {
            leave(&r);
            continue;
        }
        size_t index = frame->field++;
        const struct field *f = &frame->shape->fields[index];
        /* Fields absent from a PATCH body are omitted. */
        if (frame->shape->present_at && !field_is_present(frame->shape, index, frame->strct))
            continue;
        write_name(&r, frame, f->name);
        write_field(&r, f, frame->strct);
    }
}

void shape_render_(struct buf *b, const struct shape *s, const void *in)
{
    render(b, s, in, /* redact= */ false);
}

void shape_render_redacted_(struct buf *b, const struct shape *s, const void *in)
{
    render(b, s, in, /* redact= */ true);
}
