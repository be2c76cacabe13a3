/* Every shape of every linked module can be used: routes, jobs, events. */
#include "json_test.h"
#include "http/table/routes.h"
#include "shape/format_rules.h"
#include "module/registry.h"

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
        assert_usable(c, (*w.module)->name, r->handler->in);
        assert_usable(c, (*w.module)->name, r->handler->out);
    }
    for (const struct module *const *m = registry_modules(); *m; m++) {
        for (const struct job_kind *const *j = (*m)->jobs; j && *j; j++)
            assert_usable(c, (*m)->name, (*j)->payload);
        for (const struct event_kind *const *e = (*m)->events; e && *e; e++)
            assert_usable(c, (*m)->name, (*e)->payload);
    }
    assert_true(n_routes > 0);
}

struct named {
    const char *name;
    const struct shape *shape;
};
static struct named seen[1024];
static size_t n_seen;

/* The document has one schema for a name: a second shape of that name would be described by it. */
static void assert_alone(struct ctx *c, const char *route, const struct shape *s)
{
    const struct schema_use use = { .for_input = false };
    const struct shape *all[SHAPES_NESTED_MAX];
    size_t n = shape_closure(s, all, COUNT(all));
    for (size_t i = 0; i < n; i++) {
        const struct named own = { schema_name(c->arena, all[i], &use), all[i] };
        size_t k = 0;
        while (k < n_seen && strcmp(seen[k].name, own.name) != 0)
            k++;
        if (k == n_seen)
            seen[n_seen++] = own;
        assert_true(n_seen < COUNT(seen));
        if (seen[k].shape != own.shape)
            fail_msg("%s: another shape is named %s as well", route, own.name);
    }
}

static void no_two_shapes_of_the_document_share_a_name(void **state)
{
    struct route_walk w = { .module = registry_modules() };
    for (const struct route *r = route_next(&w); r; r = route_next(&w)) {
        if (r->hidden)
            continue;
        if (route_has_body(r))
            assert_alone(*state, r->id, r->handler->in);
        if (route_is_json(r))
            assert_alone(*state, r->id, r->handler->out);
        for (size_t i = 0; r->stream && r->stream->events[i]; i++)
            assert_alone(*state, r->id, r->stream->events[i]->data);
    }
    assert_true(n_seen > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { IN_CTX(every_shape_of_every_module_can_be_used),
        IN_CTX(no_two_shapes_of_the_document_share_a_name) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
