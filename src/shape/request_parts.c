/* Conversion of a request's path, query and body into one struct. */
#include "shape_parse.h"
#include "format_rules.h"
#include <ashlar/text.h>

/* Larger than a request's target (src/http/table/target.h). */
enum { QUERY_VALUE_MAX = 64 * 1024 };

void parse_refuse(struct parse *p, const char *pointer, struct flaw flaw)
{
    p->n_refused++;
    problem_add(p->c, pointer, flaw.code, "%s", flaw.message);
}

struct flaw parse_absent(struct parse *p, const struct shape *s, const struct field *f, void *strct)
{
    if (field_is_required(s, f))
        return (struct flaw){ "required", "This field is required." };
    const char *text = f->fallback;
    if (text && !field_from_text(p->c->arena, f, strct, text, strlen(text), false))
        return kind_flaw(p->c->arena, f, "type");
    return NO_FLAW;
}

static const struct pair *find_pair(const struct pair *pairs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return &pairs[i];
    return NULL;
}

static void read_parameter(
    struct parse *p, const struct shape *s, const struct field *f, const char *given, void *strct)
{
    struct arena *a = p->c->arena;
    struct flaw flaw = given ? parameter_store(a, f, strct, given) : parse_absent(p, s, f, strct);
    const char *part = f->in == PATH ? "path" : "query";
    if (flaw.code)
        parse_refuse(p, arena_printf(a, "%s:%s", part, f->name), flaw);
}

/* An id of another form identifies no object, so the response is 404, not 422. */
static err read_path(
    struct parse *p, const struct shape *s, const struct pair *path, size_t n_path, void *strct)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (f->in != PATH)
            continue;
        const struct pair *given = find_pair(path, n_path, f->name);
        if (given && f->kind == KIND_ID &&
            !field_from_text(p->c->arena, f, strct, given->value, strlen(given->value), false))
            return &ERR_NOT_FOUND;
        read_parameter(p, s, f, given ? given->value : NULL, strct);
    }
    return NULL;
}

static void refuse_query(struct parse *p, const struct pair *pair, const char *code,
    const char *message_before, const char *message_after)
{
    struct arena *a = p->c->arena;
    char *name = text_cut(a, pair->name, strlen(pair->name), NAME_SHOWN_MAX);
    char *message = arena_printf(a, "%s\"%s\"%s", message_before, name, message_after);
    parse_refuse(p, arena_printf(a, "query:%s", name), (struct flaw){ code, message });
}

static const struct field *find_query_field(const struct shape *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (s->fields[i].in == QUERY && strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    return NULL;
}

/* Clients write a list as a=1&a=2 (OpenAPI's default), as a=1,2, or as both. Its items are those of
 * all, in order. */
static const char *join_items(
    struct arena *a, const struct pair *query, size_t n_query, const char *name)
{
    struct buf all;

    buf_init(&all, a, QUERY_VALUE_MAX);
    for (size_t i = 0; i < n_query; i++) {
        if (strcmp(query[i].name, name) != 0 || query[i].value[0] == '\0')
            continue;
        buf_text(&all, all.size > 0 ? "," : "");
        buf_text(&all, query[i].value);
    }
    return all.size > 0 ? all.data : "";
}

/* NULL: absent. */
static const char *value_of(
    struct arena *a, const struct field *f, const struct pair *query, size_t n_query)
{
    const struct pair *first = find_pair(query, n_query, f->name);

    if (first != NULL && f->kind == KIND_TEXTS)
        return join_items(a, query, n_query, f->name);
    return first ? first->value : NULL;
}

static void read_query(
    struct parse *p, const struct shape *s, const struct pair *query, size_t n_query, void *strct)
{
    for (size_t i = 0; i < n_query; i++) {
        const struct field *f = find_query_field(s, query[i].name);
        if (f == NULL)
            refuse_query(p, &query[i], "unknown", "Unknown parameter ", ".");
        else if (f->kind != KIND_TEXTS && find_pair(query, i, query[i].name))
            refuse_query(p, &query[i], "repeated", "The parameter ", " is given twice.");
    }
    for (size_t i = 0; i < s->n_fields; i++)
        if (s->fields[i].in == QUERY)
            read_parameter(
                p, s, &s->fields[i], value_of(p->c->arena, &s->fields[i], query, n_query), strct);
}

/* Without a body, all of its fields are absent. */
static void read_no_body(struct parse *p, const struct shape *s, void *strct)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        struct flaw flaw = f->in == BODY ? parse_absent(p, s, f, strct) : NO_FLAW;
        if (flaw.code)
            parse_refuse(p, arena_printf(p->c->arena, "/%s", f->name), flaw);
    }
}

static err finish(const struct parse *p, const struct shape *s, const void *strct, void *out)
{
    if (p->n_refused)
        return problem(p->c, &ERR_INVALID, /* field= */ NULL,
            "Some values are invalid. errors[] lists them with the reasons.");
    memcpy(out, strct, s->size);
    return NULL;
}

err shape_parse_parts(struct ctx *c, const struct shape *s, const struct pair *path, size_t n_path,
    const struct pair *query, size_t n_query, const char *body, size_t body_size, void *out)
{
    struct parse p = { .c = c };
    void *strct = arena_alloc(c->arena, s->size);
    json_t *tree = NULL;
    TRY(read_path(&p, s, path, n_path, strct));
    if (body)
        TRY(tree_load(c, body, body_size, JSON_VALUES_MAX, &tree));
    read_query(&p, s, query, n_query, strct);
    if (body)
        parse_body(&p, tree, s, strct);
    else
        read_no_body(&p, s, strct);
    return finish(&p, s, strct, out);
}

static err parse_text(
    struct parse *p, const struct shape *s, const char *json, size_t size, void *out)
{
    void *strct = arena_alloc(p->c->arena, s->size);
    json_t *tree;
    TRY(tree_load(p->c, json, size, JSON_VALUES_MAX, &tree));
    parse_body(p, tree, s, strct);
    return finish(p, s, strct, out);
}

err shape_parse_(struct ctx *c, const struct shape *s, const char *json, size_t size, void *out)
{
    return parse_text(&(struct parse){ .c = c }, s, json, size, out);
}

err shape_parse_stored(
    struct ctx *c, const struct shape *s, const char *json, size_t size, void *out)
{
    return parse_text(&(struct parse){ .c = c, .stored = true }, s, json, size, out);
}
