/* What the unit tests of src/json share: one ctx per test, and a look at the problem it collected.
 */
#pragma once
#include "json_sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int open_ctx(void **state)
{
    *state = sample_ctx_open();
    return 0;
}

static int close_ctx(void **state)
{
    sample_ctx_close(*state);
    return 0;
}

#define IN_CTX(test) cmocka_unit_test_setup_teardown(test, open_ctx, close_ctx)

/* errors[] holds this pointer with this code. */
static inline void assert_refused(const struct ctx *c, const char *pointer, const char *code)
{
    assert_non_null(c->problem);
    for (size_t i = 0; i < c->problem->n_fields; i++) {
        const struct problem_field *f = &c->problem->fields[i];
        if (strcmp(f->pointer, pointer) != 0)
            continue;
        assert_string_equal(f->code, code);
        assert_true(strlen(f->message) > 5);
        return;
    }
    print_error("nothing was said about %s\n", pointer);
    assert_true(false);
}

static inline err parse(struct ctx *c, const struct shape *s, const char *json, void *out)
{
    problem_clear(c);
    return shape_parse_(c, s, json, strlen(json), out);
}
