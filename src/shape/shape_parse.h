/* State of the conversion of input into a struct. */
#pragma once
#include "tree.h"
#include "value.h"

/* One request's input. All its problems are collected before it is rejected. */
struct parse {
    struct ctx *c;
    bool stored; /* written by this server: kinds are checked, limits are not */
    size_t n_refused;
};

/* Adds a row to errors[]. `pointer` as in problem_add. */
void parse_refuse(struct parse *p, const char *pointer, struct flaw flaw);

/* An absent field: its fallback, no value, or "required". */
struct flaw parse_absent(
    struct parse *p, const struct shape *s, const struct field *f, void *strct);

/* Reads the BODY fields. The tree is at most JSON_DEPTH_MAX deep. */
void parse_body(struct parse *p, json_t *body, const struct shape *s, void *out);
