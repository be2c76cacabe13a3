/* Every shape of every linked module can be used: routes, jobs, events. */
#include "json_test.h"
#include "http/routes.h"
#include "registry.h"

static void assert_usable(struct ctx *c, const char *module, const struct shape *s)
{
    const char *wrong = s ? shape_check(c->arena, s) : NULL;
    if (wrong)
        print_error("%s: %s\n", module, wrong);
    assert_null(wrong);
}

static void every_shape_of_every_module_can_be_used(void **state)
{
    struct ctx *c = *state;
    struct route_walk w = { .module = registry_modules() };
    size_t n_routes = 0;
    for (const struct route *r = route_next(&w); r; r = route_next(&w), n_routes++) {
        assert_usable(c, (*w.module)->name, r->in);
        assert_usable(c, (*w.module)->name, r->out);
    }
    for (const struct module *const *m = registry_modules(); *m; m++) {
        for (const struct job_kind *const *j = (*m)->jobs; j && *j; j++)
            assert_usable(c, (*m)->name, (*j)->payload);
        for (const struct event_kind *const *e = (*m)->events; e && *e; e++)
            assert_usable(c, (*m)->name, (*e)->payload);
    }
    assert_true(n_routes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { IN_CTX(every_shape_of_every_module_can_be_used) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
