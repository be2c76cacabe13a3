/* Properties of shapes. */
#include "format_rules.h"
#include "value.h"
#include <ashlar/text.h>

void field_mark_present(const struct shape *s, size_t index, void *strct)
{
    if (!s->present_at)
        return;
    struct present *present = (void *)((char *)strct + s->present_at - 1);
    present->bits |= UINT64_C(1) << index;
}

bool field_is_present(const struct shape *s, size_t index, const void *strct)
{
    if (!s->present_at)
        return false;
    const struct present *present = (const void *)((const char *)strct + s->present_at - 1);
    return present->bits >> index & 1;
}

bool shape_is_present_(const struct shape *s, const void *in, size_t offset)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (s->fields[i].offset == offset)
            return field_is_present(s, i, in);
    return false;
}

bool field_is_required(const struct shape *s, const struct field *f)
{
    bool in_patch = s->present_at && f->in == BODY;
    return !f->optional && !f->fallback && !in_patch;
}

bool field_may_be_null(const struct shape *s, const struct field *f)
{
    return f->nullable || (f->optional && !s->present_at);
}

size_t shape_closure(const struct shape *s, const struct shape **out, size_t room)
{
    size_t n = 0;
    out[n++] = s;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < out[i]->n_fields; j++) {
            const struct shape *of = out[i]->fields[j].of;
            size_t known = 0;
            while (known < n && out[known] != of)
                known++;
            if (!of || known < n)
                continue;
            if (n == room)
                return room + 1;
            out[n++] = of;
        }
    }
    return n;
}

static bool is_secret(const struct field *f)
{
    return f->secret;
}

bool field_is_private(const struct field *f)
{
    return f->secret || f->format == EMAIL;
}

static bool has_field(const struct shape *s, bool (*is)(const struct field *f))
{
    const struct shape *all[SHAPES_NESTED_MAX];
    size_t n = shape_closure(s, all, COUNT(all));
    /* Too many to check: the safe result. */
    if (n > COUNT(all))
        return true;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < all[i]->n_fields; j++)
            if (is(&all[i]->fields[j]))
                return true;
    return false;
}

bool shape_has_secrets(const struct shape *s)
{
    return has_field(s, is_secret);
}

bool shape_is_private(const struct shape *s)
{
    return has_field(s, field_is_private);
}

/* Nesting depth of objects of this shape. SHAPE_DEPTH_MAX + 1 when deeper, or infinite. */
static size_t depth_of(const struct shape *s)
{
    struct {
        const struct shape *shape;
        size_t field;
    } path[SHAPE_DEPTH_MAX] = { { s, 0 } };
    size_t depth = 1, deepest = 1;
    while (depth > 0) {
        const struct shape *in = path[depth - 1].shape;
        if (path[depth - 1].field == in->n_fields) {
            depth--;
            continue;
        }
        const struct shape *of = in->fields[path[depth - 1].field++].of;
        if (!of)
            continue;
        if (depth == SHAPE_DEPTH_MAX)
            return SHAPE_DEPTH_MAX + 1;
        path[depth].shape = of;
        path[depth++].field = 0;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static const char *parameter_wrong(const struct field *f)
{
    if (f->in == BODY)
        return NULL;
    if (f->kind == KIND_OBJECT || f->kind == KIND_LIST || f->kind == KIND_JSON)
        return "a path or query field cannot hold an object, a list or JSON";
    if (f->in == PATH && (f->optional || f->fallback || f->kind == KIND_TEXTS))
        return "a path field is one value that is always there";
    if (f->in == PATH && f->format == VERBATIM)
        return "a path cannot contain every character: make it a query field";
    return NULL;
}

static const char *limits_wrong(const struct field *f)
{
    bool counts = f->kind == KIND_TEXT || f->kind == KIND_TEXTS || f->kind == KIND_LIST;
    if (counts && (f->min < 0 || f->max < 0))
        return "a length or count cannot be negative";
    if (counts && (f->min > INT32_MAX || f->max > INT32_MAX))
        return "a length or count this large is no limit";
    struct range range = f->kind == KIND_TEXT ? text_range(f) : field_range(f);
    if (range.min > range.max)
        return "min is above max";
    return NULL;
}

static const char *fallback_wrong(const struct shape *s, const struct field *f)
{
    if (!f->fallback)
        return NULL;
    if (s->present_at && f->in == BODY)
        return "a PATCH field has no fallback: absent must stay absent";
    struct arena *a = arena_new(0);
    void *strct = arena_alloc(a, s->size);
    bool wrong = parameter_store(a, f, strct, f->fallback).code != NULL;
    arena_free(a);
    return wrong ? "its fallback is not a value it would accept" : NULL;
}

static const char *field_wrong(const struct shape *s, const struct field *f)
{
    bool texts = f->kind == KIND_TEXT || f->kind == KIND_TEXTS;
    if ((f->one_of || f->format) && !texts)
        return "only texts have a format or a list of words";
    if ((f->kind == KIND_OBJECT || f->kind == KIND_LIST) && !f->of)
        return "it does not name what it contains";
    if (f->kind == KIND_ID && !f->prefix)
        return "an id needs a prefix";
    const char *wrong = parameter_wrong(f);
    if (!wrong)
        wrong = limits_wrong(f);
    return wrong ? wrong : fallback_wrong(s, f);
}

static const char *shape_itself_wrong(struct arena *a, const struct shape *s)
{
    if (s->present_at && s->n_fields > 64)
        return arena_printf(a, "shape %s: a PATCH shape has at most 64 fields", s->name);
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        const char *wrong = field_wrong(s, f);
        if (s->raw_at && f->in == BODY)
            wrong = "a raw body has no fields";
        for (size_t j = 0; j < i; j++)
            if (s->fields[j].in == f->in && text_equal(s->fields[j].name, f->name))
                wrong = "the name is used twice";
        if (wrong)
            return arena_printf(a, "shape %s, field %s: %s", s->name, f->name, wrong);
    }
    return NULL;
}

const char *shape_check(struct arena *a, const struct shape *s)
{
    const struct shape *all[SHAPES_NESTED_MAX];
    size_t n = shape_closure(s, all, COUNT(all));
    if (n > COUNT(all))
        return arena_printf(a, "shape %s: more than %d shapes inside", s->name, SHAPES_NESTED_MAX);
    if (depth_of(s) > SHAPE_DEPTH_MAX)
        return arena_printf(a, "shape %s: nested deeper than %d", s->name, SHAPE_DEPTH_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *wrong = shape_itself_wrong(a, all[i]);
        if (wrong)
            return wrong;
    }
    return NULL;
}
