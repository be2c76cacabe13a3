/* Input on its way into a struct: what its parts share. */
#pragma once
#include "tree.h"
#include "value.h"

/* One request's input; all that is wrong with it is collected before it is refused. */
struct parse {
    struct ctx *c;
    bool stored; /* written by this house: kinds are checked, limits are not */
    size_t n_refused;
};

/* Add to errors[]. `pointer` as problem_add takes it. */
void parse_refuse(struct parse *p, const char *pointer, struct flaw flaw);

/* The field was not there: its fallback, nothing, or "required". */
struct flaw parse_absent(
    struct parse *p, const struct shape *s, const struct field *f, void *strct);

/* Read the BODY fields. A tree no deeper than JSON_DEPTH_MAX. */
void parse_body(struct parse *p, json_t *body, const struct shape *s, void *out);
