/* What shapes say about their fields and about each other. */
#pragma once
#include "shape_json.h"

enum { SHAPE_DEPTH_MAX = 16, SHAPES_NESTED_MAX = 64 };

/* Is it left out of logs and audit rows: a secret, or a person's address? */
bool field_is_private(const struct field *f);

/* `s` and every shape inside it, each once, `s` first. Returns how many; more than `room`: there
 * are too many, and `out` is full. */
size_t shape_closure(const struct shape *s, const struct shape **out, size_t room);

/* null says "none": what may be left out may say so, except in a PATCH, where it takes away. */
bool field_may_be_null(const struct shape *s, const struct field *f);
/* Must it be in the input? */
bool field_is_required(const struct shape *s, const struct field *f);

/* The bit of the field at `index` in a PATCH struct. */
void field_mark_present(const struct shape *s, size_t index, void *strct);
bool field_is_present(const struct shape *s, size_t index, const void *strct);
