/* The modules' views of one organisation or person for staff, combined. */
#include "shape/shape_json.h"
#include "module/registry.h"
#include <ashlar/log.h>

enum { SUPPORT_VIEW_MAX = 1024 * 1024 };

typedef const struct support_view *view_fn(const struct module *m);

static const struct support_view *org_view(const struct module *m)
{
    return m->org_support_view;
}

static const struct support_view *person_view(const struct module *m)
{
    return m->person_support_view;
}

static struct shape_member member_at(view_fn *view_of, size_t index)
{
    for (const struct module *const *m = registry_modules(); *m; m++) {
        const struct support_view *view = view_of(*m);
        if (view && index-- == 0)
            return (struct shape_member){ (*m)->name, view->loader->shape, view->doc };
    }
    return (struct shape_member){ .name = NULL };
}

struct shape_member support_view_org_member(size_t index)
{
    return member_at(org_view, index);
}

struct shape_member support_view_person_member(size_t index)
{
    return member_at(person_view, index);
}

static err add_view(struct ctx *c, struct buf *b, const struct module *m,
    const struct support_view *view, struct uuid of)
{
    void *seen = arena_alloc(c->arena, view->loader->shape->size);
    err e = view->loader->load(c, of, seen);

    if (e) {
        log_warn(
            c, "support_view.load_failed", log_text("module", m->name), log_text("code", e->code));
        return e;
    }
    if (b->size > 1)
        buf_char(b, ',');
    buf_printf(b, "\"%s\":", m->name);
    shape_render_(b, view->loader->shape, seen);
    return NULL;
}

static err write_views(struct ctx *c, view_fn *view_of, struct uuid of, const char **json)
{
    struct buf b;

    buf_init(&b, c->arena, SUPPORT_VIEW_MAX);
    buf_char(&b, '{');
    for (const struct module *const *m = registry_modules(); *m; m++) {
        if (view_of(*m))
            TRY(add_view(c, &b, *m, view_of(*m), of));
    }
    buf_char(&b, '}');
    if (buf_is_full(&b)) {
        log_error(c, "support_view.size_exceeded", log_int("most", SUPPORT_VIEW_MAX));
        return &ERR_INTERNAL;
    }
    *json = b.data;
    return NULL;
}

err support_view_org(struct ctx *c, const char **json)
{
    return write_views(c, org_view, c->org, json);
}

err support_view_person(struct ctx *c, struct uuid person, const char **json)
{
    return write_views(c, person_view, person, json);
}

static const char *what_is_wrong(struct arena *a, const struct support_view *view)
{
    if (view->doc == NULL || view->doc[0] == '\0' || view->loader == NULL)
        return "needs a doc and a loader.";
    if (shape_has_secrets(view->loader->shape))
        return "shows staff a secret field.";
    return shape_check(a, view->loader->shape);
}

bool support_views_check(const struct module *const *modules, struct buf *problems)
{
    struct arena *a = arena_new(0);
    const size_t before = problems->size;

    for (; *modules; modules++) {
        const struct support_view *views[] = { (*modules)->org_support_view,
            (*modules)->person_support_view };
        for (size_t i = 0; i < COUNT(views); i++) {
            const char *wrong = views[i] ? what_is_wrong(a, views[i]) : NULL;
            if (wrong)
                buf_printf(problems, "%s: its %s: %s\n", (*modules)->name,
                    i == 0 ? "org_support_view" : "person_support_view", wrong);
        }
    }
    arena_free(a);
    return problems->size == before;
}
