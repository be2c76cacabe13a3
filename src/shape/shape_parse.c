/* Conversion of a JSON tree into a struct, by its shape. */
#include "shape_parse.h"
#include "format_rules.h"
#include <ashlar/text.h>

enum { JSON_TEXT_MAX = 8 * 1024 * 1024 };

/* Position in the body: a member by name, or an item of a list by index. */
struct place {
    const struct place *up; /* NULL: the body itself */
    const char *name;       /* NULL: an item */
    size_t index;
};

/* One JSON object to be read into one struct. */
struct task {
    struct task *next;
    json_t *object;
    const struct shape *shape;
    void *strct;
    const struct place *place;
};

/*
 * Nested objects are queued instead of entered: no recursion on input. The queue is never longer
 * than the number of values that json_scan allows.
 */
struct reader {
    struct parse *parse;
    struct task *first, **last;
};

/* "/lines/3/amount" (RFC 6901). */
static char *pointer_to(struct arena *a, const struct place *place)
{
    const struct place *path[JSON_DEPTH_MAX + 1];
    size_t depth = 0;
    for (; place && depth < COUNT(path); place = place->up)
        path[depth++] = place;
    struct buf b;
    buf_init(&b, a, 8192);
    while (depth-- > 0) {
        buf_char(&b, '/');
        if (!path[depth]->name)
            buf_int(&b, (int64_t)path[depth]->index);
        for (const char *at = path[depth]->name; at && *at; at++) {
            if (*at == '~' || *at == '/')
                buf_text(&b, *at == '~' ? "~0" : "~1");
            else
                buf_char(&b, *at);
        }
    }
    return b.data;
}

static void refuse(struct reader *r, const struct place *place, struct flaw flaw)
{
    if (flaw.code)
        parse_refuse(r->parse, pointer_to(r->parse->c->arena, place), flaw);
}

/* As refuse, for limits that only concern clients. */
static void refuse_limit(struct reader *r, const struct place *place, struct flaw flaw)
{
    if (!r->parse->stored)
        refuse(r, place, flaw);
}

static void refuse_kind(struct reader *r, const struct field *f, const struct place *place)
{
    refuse(r, place, kind_flaw(r->parse->c->arena, f, "type"));
}

static void enqueue(struct reader *r, json_t *object, const struct shape *shape, void *strct,
    const struct place *place)
{
    struct task *task = arena_alloc(r->parse->c->arena, sizeof *task);
    *task = (struct task){ .object = object, .shape = shape, .strct = strct, .place = place };
    *r->last = task;
    r->last = &task->next;
}

/* A copy of a position, for positions below it. */
static const struct place *place_kept(struct arena *a, const struct place *place)
{
    return arena_memdup(a, place, sizeof *place);
}

static void read_text(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    struct arena *a = r->parse->c->arena;
    if (!json_is_string(value)) {
        refuse_kind(r, f, place);
        return;
    }
    const char *text = text_kept(a, f, json_string_value(value));
    refuse_limit(r, place, text_flaw(a, f, text));
    *(const char **)member_of(f, strct) = text;
}

static void read_number(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    if (f->kind == KIND_INT ? !json_is_integer(value) : !json_is_number(value)) {
        refuse_kind(r, f, place);
        return;
    }
    refuse_limit(r, place, number_flaw(r->parse->c->arena, f, json_number_value(value)));
    if (f->kind == KIND_INT)
        *(int64_t *)member_of(f, strct) = json_integer_value(value);
    else
        *(double *)member_of(f, strct) = json_number_value(value);
}

static void read_bool(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    if (json_is_boolean(value))
        *(bool *)member_of(f, strct) = json_is_true(value);
    else
        refuse_kind(r, f, place);
}

/* Ids and times: a JSON string with a syntax. */
static void read_formed(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    struct arena *a = r->parse->c->arena;
    if (!json_is_string(value))
        refuse_kind(r, f, place);
    else if (!field_from_text(
                 a, f, strct, json_string_value(value), json_string_length(value), false))
        refuse(r, place, kind_flaw(a, f, "format"));
}

/* Any JSON, stored as text. */
static void read_json(struct reader *r, const struct field *f, json_t *value, void *strct)
{
    struct buf text;
    buf_init(&text, r->parse->c->arena, JSON_TEXT_MAX);
    tree_write(&text, value);
    *(const char **)member_of(f, strct) = text.data;
}

static void read_texts(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    struct arena *a = r->parse->c->arena;
    size_t n = json_array_size(value);
    const char **texts = arena_array(a, n, sizeof *texts);
    for (size_t i = 0; i < n; i++) {
        struct place item = { .up = place, .index = i };
        const json_t *text = json_array_get(value, i);
        if (json_is_string(text)) {
            texts[i] = text_kept(a, f, json_string_value(text));
            refuse_limit(r, &item, text_flaw(a, f, texts[i]));
        } else {
            refuse(r, &item, (struct flaw){ "type", "Must be a text." });
        }
    }
    *(const char *const **)member_of(f, strct) = texts;
    *count_of(f, strct) = n;
}

static void read_objects(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    struct arena *a = r->parse->c->arena;
    const struct place *list = place_kept(a, place);
    size_t n = json_array_size(value);
    char *items = arena_array(a, n, f->of->size);
    for (size_t i = 0; i < n; i++) {
        struct place item = { .up = list, .index = i };
        json_t *object = json_array_get(value, i);
        if (json_is_object(object))
            enqueue(r, object, f->of, items + i * f->of->size, place_kept(a, &item));
        else
            refuse(r, &item, (struct flaw){ "type", "Must be an object." });
    }
    *(const void **)member_of(f, strct) = items;
    *count_of(f, strct) = n;
}

static void read_list(struct reader *r, const struct field *f, const json_t *value, void *strct,
    const struct place *place)
{
    if (!json_is_array(value)) {
        refuse_kind(r, f, place);
        return;
    }
    struct flaw flaw = count_flaw(r->parse->c->arena, f, json_array_size(value));
    refuse_limit(r, place, flaw);
    /* The items of a list above its limit are not read: every item would be in the response. */
    if (flaw.code && !r->parse->stored)
        return;
    if (f->kind == KIND_LIST)
        read_objects(r, f, value, strct, place);
    else
        read_texts(r, f, value, strct, place);
}

static void read_object(
    struct reader *r, const struct field *f, json_t *value, void *strct, const struct place *place)
{
    struct arena *a = r->parse->c->arena;
    if (!json_is_object(value)) {
        refuse_kind(r, f, place);
        return;
    }
    void *inner = arena_alloc(a, f->of->size);
    *(const void **)member_of(f, strct) = inner;
    enqueue(r, value, f->of, inner, place_kept(a, place));
}

static void read_value(
    struct reader *r, const struct field *f, json_t *value, void *strct, const struct place *place)
{
    switch (f->kind) {
    case KIND_TEXT:
        read_text(r, f, value, strct, place);
        break;
    case KIND_INT:
    case KIND_NUMBER:
        read_number(r, f, value, strct, place);
        break;
    case KIND_BOOL:
        read_bool(r, f, value, strct, place);
        break;
    case KIND_ID:
    case KIND_TIME:
        read_formed(r, f, value, strct, place);
        break;
    case KIND_JSON:
        read_json(r, f, value, strct);
        break;
    case KIND_OBJECT:
        read_object(r, f, value, strct, place);
        break;
    case KIND_LIST:
    case KIND_TEXTS:
        read_list(r, f, value, strct, place);
        break;
    }
}

static void read_member(struct reader *r, const struct task *task, size_t i, json_t *value)
{
    const struct field *f = &task->shape->fields[i];
    struct place place = { .up = task->place, .name = f->name };
    if (!value) {
        refuse(r, &place, parse_absent(r->parse, task->shape, f, task->strct));
        return;
    }
    field_mark_present(task->shape, i, task->strct);
    if (!json_is_null(value))
        read_value(r, f, value, task->strct, &place);
    else if (!field_may_be_null(task->shape, f))
        refuse_limit(r, &place, (struct flaw){ "null", "Must not be null." });
}

static const struct field *body_field(const struct shape *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (s->fields[i].in == BODY && strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    return NULL;
}

static void refuse_unknown(struct reader *r, const struct task *task)
{
    struct arena *a = r->parse->c->arena;
    const char *name;
    json_t *value;
    json_object_foreach(task->object, name, value)
    {
        if (body_field(task->shape, name))
            continue;
        char *shown = text_cut(a, name, strlen(name), NAME_SHOWN_MAX);
        struct place place = { .up = task->place, .name = shown };
        refuse(
            r, &place, (struct flaw){ "unknown", arena_printf(a, "Unknown field \"%s\".", shown) });
    }
}

static void run_task(struct reader *r, const struct task *task)
{
    size_t known = 0;
    for (size_t i = 0; i < task->shape->n_fields; i++) {
        const struct field *f = &task->shape->fields[i];
        if (f->in != BODY)
            continue;
        json_t *value = json_object_get(task->object, f->name);
        known += value != NULL;
        read_member(r, task, i, value);
    }
    if (known < json_object_size(task->object) && !r->parse->stored)
        refuse_unknown(r, task);
}

void parse_body(struct parse *p, json_t *body, const struct shape *s, void *out)
{
    struct reader r = { .parse = p, .last = &r.first };
    if (!json_is_object(body)) {
        parse_refuse(p, "", (struct flaw){ "type", "The body must be a JSON object." });
        return;
    }
    enqueue(&r, body, s, out, /* place= */ NULL);
    for (struct task *task = r.first; task; task = task->next)
        run_task(&r, task);
}
