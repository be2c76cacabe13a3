/* A JSON text as a tree of the library, within the limits of the platform. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/ctx.h>
#include <jansson.h>

enum { JSON_DEPTH_MAX = 32, JSON_VALUES_MAX = 10000, NAME_SHOWN_MAX = 64 };
enum { VALUE_COST = 96 }; /* approximate bytes of one value in the library */

/* The tree ends with c's arena, and its memory is wiped. Strings in it are valid until then.
 * Errors: ERR_BAD_JSON with line and column, ERR_UNAVAILABLE when memory is short. */
CHECKED err tree_load(struct ctx *c, const char *json, size_t size, int values_max, json_t **out);

/* As tree_load, but an invalid text is not a failure: *out is NULL, and *why the reason with its
 * position. */
CHECKED err tree_read(
    struct ctx *c, const char *json, size_t size, int values_max, json_t **out, const char **why);

/* The tree as compact JSON text. Its depth is at most JSON_DEPTH_MAX. */
void tree_write(struct buf *b, json_t *tree);
