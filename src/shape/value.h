/* One field's value, from JSON or text: its limits, defects and stored form. */
#pragma once
#include "shape_json.h"

/* Integers beyond this lose digits in JavaScript (RFC 8259 section 6). */
#define JSON_INT_MAX INT64_C(9007199254740991)

/* Reason to reject a value, for errors[]. `code` NULL: it is valid. */
struct flaw {
    const char *code;
    const char *message; /* a sentence for a front end; static or in the arena */
};
#define NO_FLAW ((struct flaw){ NULL })

struct range {
    int64_t min, max; /* INT64_MIN, INT64_MAX: no limit */
};
/* Range of a number's value, or of a list's items. */
struct range field_range(const struct field *f);
/* Range of a text's code points, or of each item of KIND_TEXTS. */
struct range text_range(const struct field *f);

/* The value has another kind ("type"), or the text is no id or time ("format"). */
struct flaw kind_flaw(struct arena *a, const struct field *f, const char *code);

struct flaw text_flaw(struct arena *a, const struct field *f, const char *text);
struct flaw number_flaw(struct arena *a, const struct field *f, double value);
struct flaw count_flaw(struct arena *a, const struct field *f, size_t n);

/* Defect of `text` as the value of a query or path parameter. Without one it is stored into
 * `strct`. */
struct flaw parameter_store(struct arena *a, const struct field *f, void *strct, const char *text);

/* The stored form, which is also the checked one: email addresses bare, in lower case and ASCII,
 * codes without spaces. */
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
