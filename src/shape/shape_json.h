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

/* What a schema is for. */
struct schema_use {
    bool for_input; /* a request: BODY fields only, of which some may be left out */
    /* The shapes that responses contain, NULL-terminated: a request with one of them has a schema
     * of its own, "…Input". NULL: none. */
    const struct shape *const *outputs;
};

/* JSON Schema 2020-12 of the shape. Nested shapes are `$ref`s to
 * #/components/schemas/<schema_name>.
 */
void shape_schema(struct buf *b, const struct shape *s, const struct schema_use *use);
/* The schema of one field's value alone: for parameters. */
void field_schema(struct buf *b, const struct field *f, bool for_input);

enum { SCHEMA_NAME_MAX = 256 };
/* The component's name: the struct's without its module's name, in PascalCase ("CreateInvitation"
 * of users__create_invitation). */
char *schema_name(struct arena *a, const struct shape *s, const struct schema_use *use);

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
