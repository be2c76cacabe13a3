/*
 * tree — JSON of a form nobody declared, as strangers' libraries send it. Where the form is known a
 * shape is right: it validates, documents and redacts.
 *
 * A value lives in its ctx's arena and is never changed. Absent values are NULL, and every function
 * takes NULL: tree_text(tree_get(tree_get(t, "context"), "locale")) needs no checks on its way.
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
 * One JSON value that fills the whole text. Limits: depth 32, `values_max` values (a value costs
 * some 100 bytes of memory), no duplicate keys, UTF-8, no \u0000. Errors: ERR_BAD_JSON (line and
 * column in the detail), ERR_UNAVAILABLE when memory is short.
 */
PUBLIC CHECKED err tree_parse(
    struct ctx *c, const char *json, size_t size, int values_max, const struct tree **out);

/*
 * As tree_parse, for one of many texts, of which a bad one does not end the work: where this is not
 * JSON within the limits, *out is NULL, *why says what is wrong and where ("line 1, column 9: the
 * key "a" appears twice"), and no problem is told. Errors: ERR_UNAVAILABLE when memory is short.
 */
PUBLIC CHECKED err tree_try(struct ctx *c, const char *json, size_t size, int values_max,
    const struct tree **out, const char **why);

PUBLIC enum tree_kind tree_kind(const struct tree *t);

/* A member of an object, NULL when there is none or `object` is none. */
PUBLIC const struct tree *tree_get(const struct tree *object, const char *name);

/* Items of a list or members of an object; 0 of anything else. */
PUBLIC size_t tree_count(const struct tree *t);
PUBLIC const struct tree *tree_item(const struct tree *list, size_t index);

/* The text of a TREE_TEXT, otherwise NULL. */
PUBLIC const char *tree_text(const struct tree *t);

/* Is it `true`? */
PUBLIC bool tree_is_true(const struct tree *t);

/* The value of a whole number, otherwise `otherwise`. */
PUBLIC int64_t tree_int(const struct tree *t, int64_t otherwise);

/* Members in the order they were written: `struct tree_member m = { 0 }; while (tree_next(o, &m))`.
 */
struct tree_member {
    const char *name;
    const struct tree *value;
    void *at; /* its own */
};
PUBLIC bool tree_next(const struct tree *object, struct tree_member *m);

/* The value as compact JSON; NULL writes null. */
PUBLIC void tree_render(struct buf *b, const struct tree *t);
