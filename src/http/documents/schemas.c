/* The schemas of the OpenAPI document: which shapes it has, and their names. */
#include "schemas.h"
#include "base/memory.h"
#include "http/table/routes.h"
#include "json_out.h"
#include "shape/shape_json.h"
#include <stdlib.h>

enum { SCHEMAS_MAX = 1024 };

struct schema_entry {
    const struct shape *shape;
    const char *name;
    bool for_input;
};

static struct schemas {
    struct schema_entry list[SCHEMAS_MAX];
    size_t n;
    const struct shape *outputs[SCHEMAS_MAX + 1]; /* NULL-terminated */
    struct arena *arena;
} * all;

/* --- Which shapes --- */

static struct schema_entry *find(const struct shape *s, bool for_input)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].shape == s && all->list[i].for_input == for_input)
            return &all->list[i];
    return NULL;
}

static void add(const struct shape *s, bool for_input)
{
    if (find(s, for_input))
        return;
    if (all->n == SCHEMAS_MAX)
        memory_abort("openapi.too_many_schemas", all->n, SCHEMAS_MAX);
    all->list[all->n++] = (struct schema_entry){ .shape = s, .for_input = for_input };
}

static void add_route(const struct route *r)
{
    if (route_has_body(r))
        add(r->handler->in, true);
    if (route_is_json(r))
        add(r->handler->out, false);
    for (size_t i = 0; r->stream && r->stream->events[i]; i++)
        add(r->stream->events[i]->data, false);
}

static void add_nested(const struct field *f, bool for_input)
{
    if (f->of)
        add(f->of, for_input);
    for (size_t i = 0; f->members && f->members(i).name; i++)
        add(f->members(i).of, for_input);
}

static void collect(void)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);

    for (size_t i = 0; i < n; i++)
        if (!routes[i]->hidden)
            add_route(routes[i]);
    /* The list grows during the loop: nested shapes may contain further shapes. */
    for (size_t i = 0; i < all->n; i++)
        for (size_t f = 0; f < all->list[i].shape->n_fields; f++)
            add_nested(&all->list[i].shape->fields[f], all->list[i].for_input);
}

/* --- Their names --- */

static void name_all(void)
{
    size_t n_outputs = 0;

    for (size_t i = 0; i < all->n; i++)
        if (!all->list[i].for_input)
            all->outputs[n_outputs++] = all->list[i].shape;
    for (size_t i = 0; i < all->n; i++) {
        const struct schema_use use = { all->list[i].for_input, all->outputs };
        all->list[i].name = schema_name(all->arena, all->list[i].shape, &use);
    }
}

static const char problem_name[] = "Problem";

static bool names_differ(struct buf *problems)
{
    bool differ = true;

    for (size_t i = 0; i < all->n; i++) {
        const struct schema_entry *e = &all->list[i];
        const char *other = strcmp(e->name, problem_name) == 0 ? "of problems" : NULL;

        for (size_t k = 0; k < i && other == NULL; k++)
            if (strcmp(e->name, all->list[k].name) == 0)
                other = all->list[k].shape->name;
        if (other == NULL)
            continue;
        buf_printf(problems,
            "struct %s: its schema %s has the name of another one (%s). Rename the struct.\n",
            e->shape->name, e->name, other);
        differ = false;
    }
    return differ;
}

bool schemas_start(struct buf *problems)
{
    schemas_stop();
    all = memset(memory_alloc(sizeof *all), 0, sizeof *all);
    all->arena = arena_new(0);
    collect();
    name_all();
    return names_differ(problems);
}

void schemas_stop(void)
{
    if (all == NULL)
        return;
    arena_free(all->arena);
    free(all);
    all = NULL;
}

const char *schemas_name(const struct shape *s, bool for_input)
{
    return find(s, for_input)->name;
}

/* --- The document --- */

static const char problem_schema[] =
    "{\"type\":\"object\",\"description\":\"RFC 9457 problem details\","
    "\"required\":[\"type\",\"title\",\"status\",\"code\",\"request_id\"],\"properties\":{"
    "\"type\":{\"type\":\"string\",\"description\":\"URL of a page about the code\"},"
    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"code\":{\"type\":\"string\",\"description\":\"Stable error code to program against\"},"
    "\"detail\":{\"type\":\"string\"},\"request_id\":{\"type\":\"string\"},"
    "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"required\":[\"pointer\",\"code\",\"message\"],\"properties\":{"
    "\"pointer\":{\"type\":\"string\",\"description\":\"JSON pointer into the body, or path:, "
    "query: or header: and a name\"},\"code\":{\"type\":\"string\"},"
    "\"message\":{\"type\":\"string\"}}}}}}";

void schemas_write(struct buf *b)
{
    out_open(b, "schemas", '{');
    out_name(b, problem_name);
    buf_text(b, problem_schema);
    for (size_t i = 0; i < all->n; i++) {
        const struct schema_use use = { all->list[i].for_input, all->outputs };
        out_name(b, all->list[i].name);
        shape_schema(b, all->list[i].shape, &use);
    }
    out_close(b, '}');
}
