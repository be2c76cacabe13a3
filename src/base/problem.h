/* What problem() collected in one unit of work. Knows no HTTP; src/http/request/problem_response.c
 * renders it. */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/error.h>

enum { PROBLEM_FIELDS_MAX = 32 };

struct problem_field {
    const char *pointer, *code, *message;
};

struct problem {
    err kind; /* the last kind problem() was called with; may differ from what was returned */
    const char *detail; /* NULL: none */
    struct problem_field fields[PROBLEM_FIELDS_MAX];
    size_t n_fields;
};

/* Forget what was collected (before a transaction function is run again). */
void problem_clear(struct ctx *c);
