/* Shapes at the border: what the dispatcher and the document need beyond shape.h. */
#pragma once
#include <ashlar/shape.h>

struct pair {
    const char *name, *value; /* decoded, NUL-terminated, valid UTF-8 */
};

/*
 * Fill `out` from path parameters, query pairs and a JSON body, each field from where it says.
 * All problems are collected before returning. `body` NULL means there was none (then no BODY field
 * may be required). Unknown and repeated query names are errors. Errors: ERR_BAD_JSON, ERR_INVALID;
 * a PATH id that is no TypeID of the field's prefix: ERR_NOT_FOUND.
 */
CHECKED err shape_parse_parts(struct ctx *c, const struct shape *s, const struct pair *path,
    size_t n_path, const struct pair *query, size_t n_query, const char *body, size_t body_size,
    void *out);

/*
 * As shape_parse, for what shape_render of this or another version of the house wrote (payloads of
 * jobs and events): members nobody knows are passed over, so that a newer version may add some, and
 * what only guards against outsiders (lengths, formats, null) is not looked at. Errors:
 * ERR_BAD_JSON, ERR_INVALID when a member is missing or of another kind.
 */
CHECKED err shape_parse_stored(
    struct ctx *c, const struct shape *s, const char *json, size_t size, void *out);

/* Store one value given as text (a SQL column, a query parameter) into the struct member; NULL text
 * is null. False when it does not convert. `in_sql`: uuid instead of TypeID, PostgreSQL's
 * timestamptz, bool and array text. */
CHECKED bool field_from_text(struct arena *a, const struct field *f, void *strct, const char *text,
    size_t size, bool in_sql);

/*
 * JSON Schema 2020-12 of the shape, as request body (`for_input`: only BODY fields) or response;
 * nested shapes are `$ref`s to #/components/schemas/<schema_name>. The two differ: a response has
 * all its members always, a request may leave some out.
 */
void shape_schema(struct buf *b, const struct shape *s, bool for_input);
/* The schema of one field's value alone: for parameters. */
void field_schema(struct buf *b, const struct field *f, bool for_input);
/* Name of the component: the shape's, with "_input" for a request unless it says so already
 * ("invite_in", "profile_patch"). */
char *schema_name(struct arena *a, const struct shape *s, bool for_input);

/* Why a shape cannot be used ("shape x, field y: …", in `a`), or NULL: for the check at start.
 * Nested shapes are checked too; they may be 16 deep. */
const char *shape_check(struct arena *a, const struct shape *s);

/* Does `text` have format `f`? */
bool text_format_ok(enum text_format f, const char *text);

/* At most how many bytes PostgreSQL writes for this JSON once it is jsonb: a blank behind each
 * comma and colon, and every digit an exponent stands for ("1e131071" is 131,072 of them). */
size_t json_stored_size(const char *json, size_t size);

/* Count values and depth without building a tree; NULL when fine, otherwise what limit was passed
 * (or that there is a NUL byte between tokens); line and column set. */
const char *json_scan(
    const char *json, size_t size, int max_depth, int max_values, int *line, int *column);
