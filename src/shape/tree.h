/* A JSON text as a tree of the library's, behind the house's limits. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/ctx.h>
#include <jansson.h>

enum { JSON_DEPTH_MAX = 32, JSON_VALUES_MAX = 10000, NAME_SHOWN_MAX = 64 };
enum { VALUE_COST = 96 }; /* bytes the library takes for one value, about */

/* The tree ends with c's arena, its memory wiped: strings in it may be used until then. Errors:
 * ERR_BAD_JSON with line and column, ERR_UNAVAILABLE when memory is short. */
CHECKED err tree_load(struct ctx *c, const char *json, size_t size, int values_max, json_t **out);

/* As tree_load, but what is wrong with the text is no failure: *out is NULL then, and *why says
 * what and where. */
CHECKED err tree_read(
    struct ctx *c, const char *json, size_t size, int values_max, json_t **out, const char **why);

/* The tree as compact JSON text. It is no deeper than JSON_DEPTH_MAX. */
void tree_write(struct buf *b, json_t *tree);
