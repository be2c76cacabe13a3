/* Parsing and schema of shapes, for the dispatcher and the OpenAPI document. */
#pragma once
#include <ashlar/shape.h>

struct pair {
    const char *name, *value; /* decoded, NUL-terminated, valid UTF-8 */
};

/*
 * Fills `out` from path parameters, query pairs and a JSON body, each field from its source. All
 * problems are collected before returning. `body` NULL: no body (then no BODY field may be
 * required). Unknown and repeated query names are errors. Errors: ERR_BAD_JSON, ERR_INVALID, and
 * ERR_NOT_FOUND for a PATH id that is no TypeID of the field's prefix.
 */
CHECKED err shape_parse_parts(struct ctx *c, const struct shape *s, const struct pair *path,
    size_t n_path, const struct pair *query, size_t n_query, const char *body, size_t body_size,
    void *out);

/*
 * As shape_parse, for payloads of jobs and events, written by shape_render of this or another
 * version. Unknown members are ignored, so that a newer version may add some. Checks that only
 * concern clients (lengths, formats, null) are skipped. Errors: ERR_BAD_JSON, ERR_INVALID when a
 * member is missing or of another kind.
 */
CHECKED err shape_parse_stored(
    struct ctx *c, const struct shape *s, const char *json, size_t size, void *out);

/* Stores one value given as text (a SQL column, a query parameter) into the struct member. NULL
 * text is null. False when it does not convert. `in_sql`: uuid instead of TypeID, PostgreSQL's
 * timestamptz, bool and array text. */
CHECKED bool field_from_text(struct arena *a, const struct field *f, void *strct, const char *text,
    size_t size, bool in_sql);

/*
 * JSON Schema 2020-12 of the shape, as request body (`for_input`: only BODY fields) or response.
 * Nested shapes are `$ref`s to #/components/schemas/<schema_name>. A response always has all its
 * members. A request may omit some.
 */
void shape_schema(struct buf *b, const struct shape *s, bool for_input);
/* The schema of one field's value alone: for parameters. */
void field_schema(struct buf *b, const struct field *f, bool for_input);
/* Name of the component: the shape's, with "_input" for a request unless it has such an ending
 * ("invite_in", "profile_patch"). */
char *schema_name(struct arena *a, const struct shape *s, bool for_input);

/* NULL, or the reason why a shape is invalid ("shape x, field y: …", in `a`): for the check at
 * start. Nested shapes are checked too, up to a depth of 16. */
const char *shape_check(struct arena *a, const struct shape *s);

/* Whether `text` has format `f`. */
bool text_format_ok(enum text_format f, const char *text);

/* Maximum number of bytes that PostgreSQL writes for this JSON as jsonb. It adds a blank after each
 * comma and colon, and writes every digit of an exponent's value ("1e131071" has 131,072). */
size_t json_stored_size(const char *json, size_t size);

/* Counts values and depth without building a tree. NULL: within the limits. Otherwise the exceeded
 * limit (or a NUL byte between tokens), with line and column. */
const char *json_scan(
    const char *json, size_t size, int max_depth, int max_values, int *line, int *column);
