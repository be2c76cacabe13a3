/* Rules derived from shapes: privacy, nesting, required and null fields. */
#pragma once
#include "shape_json.h"

enum { SHAPE_DEPTH_MAX = 16, SHAPES_NESTED_MAX = 64 };

/* Whether logs and audit rows omit it: a secret, or a person's email address. */
bool field_is_private(const struct field *f);

/* `s` and every shape inside it, each once, `s` first. Returns their number. More than `room`:
 * there are too many, and `out` is full. */
size_t shape_closure(const struct shape *s, const struct shape **out, size_t room);

/* null means "none". A field that may be absent may be null, except in a PATCH, where null removes
 * the value. */
bool field_may_be_null(const struct shape *s, const struct field *f);
/* Whether the input must contain it. */
bool field_is_required(const struct shape *s, const struct field *f);

/* The bit of the field at `index` in a PATCH struct. */
void field_mark_present(const struct shape *s, size_t index, void *strct);
bool field_is_present(const struct shape *s, size_t index, const void *strct);
