/* Access of modules to trees: the library's values as an opaque type. */
#include "tree.h"
#include <ashlar/tree.h>

/* The library's functions take a mutable json_t. The ones called here do not change it. */
static json_t *library_value(const struct tree *t)
{
    return (json_t *)(uintptr_t)t;
}

static const struct tree *opaque(const json_t *value)
{
    return (const struct tree *)value;
}

err tree_parse(
    struct ctx *c, const char *json, size_t size, int values_max, const struct tree **out)
{
    json_t *tree;

    TRY(tree_load(c, json, size, values_max, &tree));
    *out = opaque(tree);
    return NULL;
}

err tree_try(struct ctx *c, const char *json, size_t size, int values_max, const struct tree **out,
    const char **why)
{
    json_t *tree;

    TRY(tree_read(c, json, size, values_max, &tree, why));
    *out = opaque(tree);
    return NULL;
}

enum tree_kind tree_kind(const struct tree *t)
{
    static const enum tree_kind kinds[] = {
        [JSON_OBJECT] = TREE_OBJECT,
        [JSON_ARRAY] = TREE_LIST,
        [JSON_STRING] = TREE_TEXT,
        [JSON_INTEGER] = TREE_NUMBER,
        [JSON_REAL] = TREE_NUMBER,
        [JSON_TRUE] = TREE_BOOL,
        [JSON_FALSE] = TREE_BOOL,
        [JSON_NULL] = TREE_NULL,
    };
    return t ? kinds[json_typeof(library_value(t))] : TREE_NULL;
}

const struct tree *tree_get(const struct tree *object, const char *name)
{
    return opaque(json_object_get(library_value(object), name));
}

size_t tree_count(const struct tree *t)
{
    return tree_kind(t) == TREE_LIST ? json_array_size(library_value(t))
                                     : json_object_size(library_value(t));
}

const struct tree *tree_item(const struct tree *list, size_t index)
{
    return opaque(json_array_get(library_value(list), index));
}

const char *tree_text(const struct tree *t)
{
    return json_string_value(library_value(t));
}

bool tree_next(const struct tree *object, struct tree_member *m)
{
    json_t *o = library_value(object);

    m->at = m->at ? json_object_iter_next(o, m->at) : json_object_iter(o);
    if (m->at == NULL)
        return false;
    m->name = json_object_iter_key(m->at);
    m->value = opaque(json_object_iter_value(m->at));
    return true;
}

void tree_render(struct buf *b, const struct tree *t)
{
    if (t)
        tree_write(b, library_value(t));
    else
        buf_text(b, "null");
}

bool tree_is_true(const struct tree *t)
{
    return t && json_is_true(library_value(t));
}

int64_t tree_int(const struct tree *t, int64_t otherwise)
{
    return t && json_is_integer(library_value(t)) ? json_integer_value(library_value(t))
                                                  : otherwise;
}
