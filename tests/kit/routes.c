/* Walking the route table; see routes.h. */
#include "routes.h"
#include "http/request/http.h"
#include "http/table/routes.h"

size_t routes_in_test(struct t *t, const struct route *const **out)
{
    const struct route *const *all;
    size_t n_all = routes_installed(&all), n = 0;
    const struct route **here = arena_array(arena_of(t), n_all + 1, sizeof *here);

    for (size_t i = 0; i < n_all; i++)
        if (all[i]->only_in == 0 || (all[i]->only_in & ENV_TEST))
            here[n++] = all[i];
    *out = here;
    return n;
}

const char *method_of(const struct route *r)
{
    static const char *const names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

    return names[r->method];
}

const struct field *field_of(const struct route *r, const char *name, enum field_in in)
{
    for (size_t i = 0; i < r->handler->in->n_fields; i++)
        if (r->handler->in->fields[i].in == in && text_equal(r->handler->in->fields[i].name, name))
            return &r->handler->in->fields[i];
    return NULL;
}

bool has_body_fields(const struct route *r)
{
    for (size_t i = 0; i < r->handler->in->n_fields; i++)
        if (r->handler->in->fields[i].in == BODY)
            return true;
    return false;
}

bool has_org(const struct route *r)
{
    return strstr(r->path, "{org_id}") != NULL;
}

static const char *nameless(struct t *t, const struct route *r, const char *name)
{
    const struct field *f = field_of(r, name, PATH);

    if (f && f->kind == KIND_ID)
        return typeid_text(arena_of(t), f->prefix, uuid_new());
    return f && f->kind == KIND_INT ? "1" : "nothing";
}

const char *path_with(
    struct t *t, const struct route *r, const char *org, const char *name, const char *value)
{
    struct buf b;
    const char *p = r->path;

    buf_init(&b, arena_of(t), 1 << 20);
    while (*p) {
        size_t size = strcspn(p, "{");
        buf_add(&b, p, size);
        p += size;
        if (*p == '\0')
            break;
        size = strcspn(p, "}");
        const char *word = arena_strndup(arena_of(t), p + 1, size - 1);
        if (text_equal(word, name))
            buf_text(&b, value);
        else
            buf_text(&b, text_equal(word, "org_id") ? org : nameless(t, r, word));
        p += size + 1;
    }
    return b.data;
}

const char *path_of(struct t *t, const struct route *r, const char *org)
{
    return path_with(t, r, org, NULL, NULL);
}
