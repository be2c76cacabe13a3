/* JSON Schema 2020-12 (the dialect of OpenAPI 3.1) from shapes. */
#include "format_rules.h"
#include "module/registry.h"
#include "value.h"
#include <ashlar/text.h>

struct schema {
    struct buf *b;
    const struct field *f;
    const struct schema_use *use;
    bool nullable, comma;
};

static void write_field(
    struct buf *b, const struct field *f, const struct schema_use *use, bool nullable);

/* Starts the next member. */
static void key(struct schema *s, const char *name)
{
    if (s->comma)
        buf_char(s->b, ',');
    s->comma = true;
    buf_json_text(s->b, name);
    buf_char(s->b, ':');
}

static void text_member(struct schema *s, const char *name, const char *text)
{
    if (!text)
        return;
    key(s, name);
    buf_json_text(s->b, text);
}

static void int_member(struct schema *s, const char *name, int64_t value)
{
    key(s, name);
    buf_int(s->b, value);
}

/* The struct's name without the longest module's name in front of it. */
static const char *bare_name(const char *name)
{
    size_t longest = 0;

    for (const struct module *const *m = registry_linked(); *m; m++) {
        const size_t size = strlen((*m)->name);
        const size_t blank = strspn(name + strnlen(name, size), "_");
        if (size + blank > longest && blank > 0 && name[size + blank] != '\0' &&
            strncmp(name, (*m)->name, size) == 0)
            longest = size + blank;
    }
    return name + longest;
}

static bool is_output(const struct shape *s, const struct schema_use *use)
{
    for (size_t i = 0; use->outputs && use->outputs[i]; i++)
        if (use->outputs[i] == s)
            return true;
    return false;
}

char *schema_name(struct arena *a, const struct shape *s, const struct schema_use *use)
{
    const char *at = bare_name(s->name);
    struct buf out;
    bool begins = true;

    buf_init(&out, a, SCHEMA_NAME_MAX);
    for (; *at; at++) {
        if (*at == '_')
            begins = true;
        else {
            buf_char(&out, begins && *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at);
            begins = false;
        }
    }
    buf_text(&out, use->for_input && is_output(s, use) ? "Input" : "");
    return out.data;
}

static void reference(struct schema *s)
{
    struct arena *a = arena_new(0);

    key(s, "$ref");
    buf_printf(s->b, "\"#/components/schemas/%s\"", schema_name(a, s->f->of, s->use));
    arena_free(a);
}

static const char *type_name(enum field_kind kind)
{
    switch (kind) {
    case KIND_INT:
        return "integer";
    case KIND_NUMBER:
        return "number";
    case KIND_BOOL:
        return "boolean";
    case KIND_LIST:
    case KIND_TEXTS:
        return "array";
    case KIND_TEXT:
    case KIND_ID:
    case KIND_TIME:
        return "string";
    case KIND_OBJECT:
    case KIND_JSON:
        break;
    }
    return NULL;
}

static void write_type(struct schema *s, enum field_kind kind)
{
    const char *name = type_name(kind);
    if (!name)
        return;
    key(s, "type");
    buf_printf(s->b, s->nullable ? "[\"%s\",\"null\"]" : "\"%s\"", name);
}

/* JSON Schema's name of a format. Other formats are patterns. */
static const char *format_name(enum text_format format)
{
    switch (format) {
    case EMAIL:
        return "email";
    case URL:
        return "uri";
    case PASSWORD:
        return "password";
    default:
        return NULL;
    }
}

static const char *format_pattern(enum text_format format)
{
    switch (format) {
    case SLUG:
        return "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
    case LOCALE:
        return "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$";
    case TOKEN:
        return "^[!-~]+$";
    default:
        return NULL;
    }
}

static void write_words(struct schema *s, const char *words)
{
    key(s, "enum");
    buf_char(s->b, '[');
    for (const char *at = words;;) {
        size_t size = strcspn(at, "|");
        buf_json_text_n(s->b, at, size);
        if (!at[size])
            break;
        buf_char(s->b, ',');
        at += size + 1;
    }
    buf_text(s->b, s->nullable ? ",null]" : "]");
}

/* Limits bind the sender. Responses declare none, so that one can be raised. */
static void write_text_rules(struct schema *s)
{
    const struct field *f = s->f;
    if (f->one_of) {
        write_words(s, f->one_of);
        return;
    }
    text_member(s, "format", format_name(f->format));
    if (!s->use->for_input)
        return;
    /* "" may be allowed although the pattern requires a character. */
    if (!f->empty)
        text_member(s, "pattern", format_pattern(f->format));
    struct range length = text_range(f);
    int_member(s, "minLength", length.min);
    int_member(s, "maxLength", length.max);
}

static void write_number_rules(struct schema *s)
{
    struct range range = field_range(s->f);
    if (s->f->kind == KIND_INT)
        text_member(s, "format", "int64");
    if (s->use->for_input && range.min != INT64_MIN)
        int_member(s, "minimum", range.min);
    if (s->use->for_input && range.max != INT64_MAX)
        int_member(s, "maximum", range.max);
}

static void write_id_rules(struct schema *s)
{
    const char *prefix = s->f->prefix ? s->f->prefix : "";
    key(s, "pattern");
    buf_printf(s->b, "\"^%s%s[0-7][0-9a-hjkmnp-tv-z]{25}$\"", prefix, *prefix ? "_" : "");
}

static void write_items(struct schema *s)
{
    struct range range = field_range(s->f);
    struct schema item = { .b = s->b, .f = s->f, .use = s->use };
    key(s, "items");
    buf_char(s->b, '{');
    if (s->f->of) {
        reference(&item);
    } else {
        write_type(&item, KIND_TEXT);
        write_text_rules(&item);
    }
    buf_char(s->b, '}');
    if (!s->use->for_input)
        return;
    if (range.min > 0)
        int_member(s, "minItems", range.min);
    int_member(s, "maxItems", range.max);
}

static void write_object(struct schema *s)
{
    if (!s->nullable) {
        reference(s);
        return;
    }
    struct schema choice = { .b = s->b, .f = s->f, .use = s->use };
    key(s, "anyOf");
    buf_text(s->b, "[{");
    reference(&choice);
    buf_text(s->b, "},{\"type\":\"null\"}]");
}

/* No member is required and more may occur, because the server's modules define them. */
static void write_members(struct schema *s)
{
    struct shape_member m = s->f->members(0);

    key(s, "type");
    buf_text(s->b, "\"object\"");
    key(s, "properties");
    buf_char(s->b, '{');
    for (size_t i = 1; m.name; m = s->f->members(i++)) {
        const struct field f = { .name = m.name, .kind = KIND_OBJECT, .of = m.of, .doc = m.doc };
        if (i > 1)
            buf_char(s->b, ',');
        buf_json_text(s->b, m.name);
        buf_char(s->b, ':');
        write_field(s->b, &f, s->use, /* nullable= */ false);
    }
    buf_char(s->b, '}');
}

static void write_rules(struct schema *s)
{
    switch (s->f->kind) {
    case KIND_TEXT:
        write_text_rules(s);
        break;
    case KIND_INT:
    case KIND_NUMBER:
        write_number_rules(s);
        break;
    case KIND_ID:
        write_id_rules(s);
        break;
    case KIND_TIME:
        text_member(s, "format", "date-time");
        break;
    case KIND_LIST:
    case KIND_TEXTS:
        write_items(s);
        break;
    case KIND_OBJECT:
        write_object(s);
        break;
    case KIND_JSON:
        if (s->f->members)
            write_members(s);
        break;
    case KIND_BOOL:
        break;
    }
}

static void write_word_list(struct buf *b, const char *words)
{
    buf_char(b, '[');
    for (const char *at = words; *at;) {
        size_t size = strcspn(at, ",");
        buf_json_text_n(b, at, size);
        at += size + (at[size] != '\0');
        if (*at)
            buf_char(b, ',');
    }
    buf_char(b, ']');
}

/* A fallback or example has the form of a query value. */
static void write_literal(struct schema *s, const char *text)
{
    switch (s->f->kind) {
    case KIND_INT:
    case KIND_NUMBER:
    case KIND_BOOL:
    case KIND_JSON:
    case KIND_OBJECT:
    case KIND_LIST:
        buf_text(s->b, text);
        break;
    case KIND_TEXTS:
        write_word_list(s->b, text);
        break;
    case KIND_TEXT:
    case KIND_ID:
    case KIND_TIME:
        buf_json_text(s->b, text);
        break;
    }
}

static void write_notes(struct schema *s)
{
    const struct field *f = s->f;
    text_member(s, "description", f->doc);
    if (s->use->for_input && f->fallback) {
        key(s, "default");
        write_literal(s, f->fallback);
    }
    if (f->example) {
        key(s, "examples");
        buf_char(s->b, '[');
        write_literal(s, f->example);
        buf_char(s->b, ']');
    }
    if (s->use->for_input && f->secret) {
        key(s, "writeOnly");
        buf_text(s->b, "true");
    }
}

static void write_field(
    struct buf *b, const struct field *f, const struct schema_use *use, bool nullable)
{
    struct schema s = { .b = b, .f = f, .use = use, .nullable = nullable };
    buf_char(b, '{');
    write_type(&s, f->kind);
    write_rules(&s);
    write_notes(&s);
    buf_char(b, '}');
}

void field_schema(struct buf *b, const struct field *f, bool for_input)
{
    const struct schema_use use = { .for_input = for_input };

    write_field(b, f, &use, /* nullable= */ !for_input && f->optional);
}

static bool takes_part(const struct field *f, bool for_input)
{
    return !for_input || f->in == BODY;
}

static bool is_listed_required(const struct shape *s, const struct field *f, bool for_input)
{
    return for_input ? field_is_required(s, f) : !s->present_at;
}

static void write_properties(struct schema *out, const struct shape *s)
{
    key(out, "properties");
    buf_char(out->b, '{');
    struct schema list = { .b = out->b };
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (!takes_part(f, out->use->for_input))
            continue;
        key(&list, f->name);
        bool nullable = out->use->for_input ? field_may_be_null(s, f) : f->optional || f->nullable;
        write_field(out->b, f, out->use, nullable);
    }
    buf_char(out->b, '}');
}

static void write_required(struct schema *out, const struct shape *s)
{
    bool first = true;
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (!takes_part(f, out->use->for_input) || !is_listed_required(s, f, out->use->for_input))
            continue;
        if (first) {
            key(out, "required");
            buf_char(out->b, '[');
        } else {
            buf_char(out->b, ',');
        }
        buf_json_text(out->b, f->name);
        first = false;
    }
    if (!first)
        buf_char(out->b, ']');
}

void shape_schema(struct buf *b, const struct shape *s, const struct schema_use *use)
{
    struct schema out = { .b = b, .use = use };
    buf_char(b, '{');
    text_member(&out, "type", "object");
    text_member(&out, "description", s->doc);
    write_properties(&out, s);
    write_required(&out, s);
    key(&out, "additionalProperties");
    buf_text(b, "false");
    buf_char(b, '}');
}
