/* Details collected by problem() in one unit of work. src/http/request/problem_response.c renders
 * them. */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/error.h>

enum { PROBLEM_FIELDS_MAX = 32 };

struct problem_field {
    const char *pointer, *code, *message;
};

struct problem {
    err kind; /* the kind of the last problem() call, which may differ from the returned one */
    const char *detail; /* NULL: none */
    struct problem_field fields[PROBLEM_FIELDS_MAX];
    size_t n_fields;
};

/* Clears the collected details (before a transaction function runs again). */
void problem_clear(struct ctx *c);
