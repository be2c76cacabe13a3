/*
 * tree — JSON of undeclared form, as third-party libraries send it. For a known form use a shape,
 * which validates, documents and redacts.
 *
 * A value is in its ctx's arena and immutable. Absent values are NULL, and every function accepts
 * NULL: tree_text(tree_get(tree_get(t, "context"), "locale")) needs no checks.
 *
 * Home: tree_open.c.
 */
#pragma once
#include "buf.h"
#include "error.h"

struct tree;

enum tree_kind {
    TREE_NULL, /* null, or absent */
    TREE_BOOL,
    TREE_NUMBER,
    TREE_TEXT,
    TREE_LIST,
    TREE_OBJECT,
};

/*
 * Parses the whole text as one JSON value. Limits: depth 32, `values_max` values (a value costs
 * some 100 bytes of memory), no duplicate keys, UTF-8, no \u0000. Errors: ERR_BAD_JSON (line and
 * column in the detail), ERR_UNAVAILABLE when memory is short.
 */
PUBLIC CHECKED err tree_parse(
    struct ctx *c, const char *json, size_t size, int values_max, const struct tree **out);

/*
 * As tree_parse, for one of many texts, of which an invalid one does not fail the work. For invalid
 * JSON or a text above the limits, *out is NULL and no problem is recorded. Then *why is the reason
 * with its position ("line 1, column 9: the key "a" appears twice"). Errors: ERR_UNAVAILABLE when
 * memory is short.
 */
PUBLIC CHECKED err tree_try(struct ctx *c, const char *json, size_t size, int values_max,
    const struct tree **out, const char **why);

PUBLIC enum tree_kind tree_kind(const struct tree *t);

/* A member of an object. NULL if it is absent or `object` is not an object. */
PUBLIC const struct tree *tree_get(const struct tree *object, const char *name);

/* Number of items of a list or members of an object. 0 for other kinds. */
PUBLIC size_t tree_count(const struct tree *t);
PUBLIC const struct tree *tree_item(const struct tree *list, size_t index);

/* The text of a TREE_TEXT, otherwise NULL. */
PUBLIC const char *tree_text(const struct tree *t);

/* Whether it is `true`. */
PUBLIC bool tree_is_true(const struct tree *t);

/* The value of a whole number, otherwise `otherwise`. */
PUBLIC int64_t tree_int(const struct tree *t, int64_t otherwise);

/* Iterates the members in their order, from a zeroed `m`, until it is false: while
 * (tree_next(object, &m)) */
struct tree_member {
    const char *name;
    const struct tree *value;
    void *at; /* private */
};
PUBLIC bool tree_next(const struct tree *object, struct tree_member *m);

/* The value as compact JSON. NULL writes null. */
PUBLIC void tree_render(struct buf *b, const struct tree *t);
