/* One field's value, whether it came as JSON or as text: what may be wrong with it and how it is
 * kept. */
#pragma once
#include "shape_json.h"

/* Integers beyond this lose digits in JavaScript (RFC 8259 section 6). */
#define JSON_INT_MAX INT64_C(9007199254740991)

/* Why a value is refused, for errors[]; `code` NULL: it is fine. */
struct flaw {
    const char *code;
    const char *message; /* a sentence a front end can show; static or in the arena */
};
#define NO_FLAW ((struct flaw){ NULL })

struct range {
    int64_t min, max; /* INT64_MIN, INT64_MAX: no limit */
};
/* Values of a number, items of a list. */
struct range field_range(const struct field *f);
/* Code points of a text, or of each item of KIND_TEXTS. */
struct range text_range(const struct field *f);

/* The value is not of the kind at all ("type"), or a text that is no id or time ("format"). */
struct flaw kind_flaw(struct arena *a, const struct field *f, const char *code);

struct flaw text_flaw(struct arena *a, const struct field *f, const char *text);
struct flaw number_flaw(struct arena *a, const struct field *f, double value);
struct flaw count_flaw(struct arena *a, const struct field *f, size_t n);

/* What is wrong with `text` as the value of a query or path parameter; when nothing is, it was
 * stored into `strct`. */
struct flaw parameter_store(struct arena *a, const struct field *f, void *strct, const char *text);

/* As it is kept, and judged: e-mail addresses bare, in lower case and ASCII, codes without spaces.
 */
const char *text_kept(struct arena *a, const struct field *f, const char *text);

/* "a|b|c" as "a, b, c". */
char *words_listed(struct arena *a, const char *words);

static inline void *member_of(const struct field *f, void *strct)
{
    return (char *)strct + f->offset;
}

static inline const void *member_in(const struct field *f, const void *strct)
{
    return (const char *)strct + f->offset;
}

static inline size_t *count_of(const struct field *f, void *strct)
{
    return (size_t *)(void *)((char *)strct + f->count_offset);
}
