/* Mapping of paths to rows. */
#include "routes.h"
#include "base/memory.h"
#include "module/registry.h"
#include <stdlib.h>

struct router {
    struct router_row *rows; /* sorted: see compare_rows */
    size_t n;
    size_t first[TARGET_SEGMENTS_MAX + 2]; /* rows with k segments: first[k] … first[k+1] */
    const struct route **routes;           /* in the modules' order */
};

const char *method_text(enum http_method m)
{
    static const char *const names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };
    return names[m];
}

enum http_method method_parse(const char *text)
{
    for (enum http_method m = GET; m <= DELETE_; m++) {
        if (strcmp(text, method_text(m)) == 0)
            return m;
    }
    return 0;
}

/* A row with any member set is not the end. One without id or method is rejected at start, and must
 * not hide the rows after it. */
static bool is_end(const struct route *r)
{
    return r->id == NULL && r->path == NULL && r->method == 0;
}

const struct route *route_next(struct route_walk *w)
{
    for (; *w->module; w->module++, w->table = 0) {
        const struct route *const *tables = (*w->module)->routes;
        for (; tables && tables[w->table]; w->table++, w->row = 0) {
            const struct route *r = &tables[w->table][w->row];
            if (is_end(r))
                continue;
            w->row++;
            return r;
        }
    }
    return NULL;
}

static bool exists_in(const struct route *r, enum environment env)
{
    return r->only_in == 0 || (r->only_in & (unsigned)env) != 0;
}

bool route_is_across(const struct route *r)
{
    return r->scope == SCOPE_SYSTEM || r->scope == SCOPE_STAFF;
}

bool route_is_mutating(const struct route *r)
{
    return r->method != GET;
}

enum tx_kind route_tx(const struct route *r)
{
    if (r->tx != TX_DEFAULT)
        return r->tx;
    return r->method == GET ? TX_READ : TX_WRITE;
}

size_t route_body_max(const struct route *r)
{
    return r->body_max ? r->body_max : LIMIT_BODY_DEFAULT;
}

bool route_has_path_field(const struct route *r, struct span name)
{
    for (size_t i = 0; i < r->handler->in->n_fields; i++) {
        const struct field *f = &r->handler->in->fields[i];
        if (f->in == PATH && strlen(f->name) == name.size &&
            memcmp(f->name, name.at, name.size) == 0)
            return true;
    }
    return false;
}

bool route_has_body(const struct route *r)
{
    for (size_t i = 0; i < r->handler->in->n_fields; i++) {
        if (r->handler->in->fields[i].in == BODY)
            return true;
    }
    return false;
}

bool route_takes_raw(const struct route *r)
{
    return r->handler->in->raw_at != 0;
}

bool route_takes_key(const struct route *r)
{
    if (r->idempotency == KEY_IGNORED || r->handler->out == &content_shape)
        return false;
    return r->method == POST || r->idempotency == KEY_REQUIRED;
}

bool route_is_json(const struct route *r)
{
    return r->handler->out != &content_shape && r->handler->out != &nothing_shape &&
           r->stream == NULL;
}

static struct route_part part_of(struct span text)
{
    if (text.size > 2 && text.at[0] == '{')
        return (struct route_part){ { text.at + 1, text.size - 2 }, true };
    return (struct route_part){ text, false };
}

static void compile_path(struct router_row *out)
{
    const char *at = out->route->path;

    while (*at == '/' && at[1] != '\0' && out->n_parts < TARGET_SEGMENTS_MAX) {
        const char *end = strchrnul(at + 1, '/');
        out->parts[out->n_parts++] = part_of((struct span){ at + 1, (size_t)(end - at - 1) });
        at = end;
    }
}

static struct router_row compile_row(
    const struct route *route, const struct module *module, size_t index)
{
    struct router_row out = {
        .route = route,
        .module = module,
        .index = index,
        .permission = registry_permission(route->permission, route->scope == SCOPE_STAFF),
        .tx = route_tx(route),
        .role = route_is_across(route) ? DB_SYSTEM : DB_APP,
        .body_max = route_body_max(route),
        .mutating = route_is_mutating(route),
        .has_body = route_has_body(route),
        .takes_key = route_takes_key(route),
    };

    compile_path(&out);
    return out;
}

static int compare_parts(const struct route_part *a, const struct route_part *b)
{
    const struct span *left = &a->text, *right = &b->text;
    int order;

    if (a->is_param != b->is_param)
        return a->is_param ? 1 : -1;
    if (a->is_param)
        return 0;
    order = memcmp(left->at, right->at, left->size < right->size ? left->size : right->size);
    if (order != 0)
        return order;
    return left->size < right->size ? -1 : left->size > right->size;
}

/* Fewer segments first; then segment by segment, literals before parameters. So the first matching
 * row is the most literal one. */
static int compare_rows(const void *left, const void *right)
{
    const struct router_row *a = left, *b = right;

    if (a->n_parts != b->n_parts)
        return a->n_parts < b->n_parts ? -1 : 1;
    for (size_t i = 0; i < a->n_parts; i++) {
        int order = compare_parts(&a->parts[i], &b->parts[i]);
        if (order != 0)
            return order;
    }
    return (int)a->route->method - (int)b->route->method;
}

static bool there_are_staff(const struct module *const *modules)
{
    for (; *modules; modules++) {
        if ((*modules)->staff)
            return true;
    }
    return false;
}

/* The next row that exists here. Without a module that manages staff, a staff route could never be
 * called: it is left out, also of the document. */
static const struct route *next_existing(struct route_walk *w, bool has_staff, enum environment env)
{
    const struct route *r;

    do
        r = route_next(w);
    while (r && (!exists_in(r, env) || (r->scope == SCOPE_STAFF && !has_staff)));
    return r;
}

static size_t count_routes(const struct module *const *modules, enum environment env)
{
    const bool has_staff = there_are_staff(modules);
    struct route_walk w = { .module = modules };
    size_t n = 0;

    while (next_existing(&w, has_staff, env))
        n++;
    return n;
}

static void *allocate(size_t n, size_t size)
{
    return memset(memory_alloc((n + 1) * size), 0, (n + 1) * size);
}

static void collect_rows(
    struct router *out, const struct module *const *modules, enum environment env)
{
    const bool has_staff = there_are_staff(modules);
    struct route_walk w = { .module = modules };

    for (const struct route *r; (r = next_existing(&w, has_staff, env)) != NULL;) {
        out->routes[out->n] = r;
        out->rows[out->n] = compile_row(r, *w.module, out->n);
        out->n++;
    }
}

bool shape_has_etag(const struct shape *s)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].etag)
            return true;
    }
    return false;
}

static bool has_versions(const struct router *r, const struct route *route)
{
    if (!route_is_mutating(route) || route->method == POST)
        return false;
    if (shape_has_etag(route->handler->out))
        return true;
    for (size_t i = 0; i < r->n; i++) {
        if (r->routes[i]->method == GET && strcmp(r->routes[i]->path, route->path) == 0)
            return shape_has_etag(r->routes[i]->handler->out);
    }
    return false;
}

struct router *router_new(const struct module *const *modules, enum environment env)
{
    struct router *out = allocate(1, sizeof *out);
    size_t n = count_routes(modules, env);

    out->rows = allocate(n, sizeof *out->rows);
    out->routes = allocate(n, sizeof *out->routes);
    collect_rows(out, modules, env);
    for (size_t i = 0; i < out->n; i++)
        out->rows[i].has_versions = has_versions(out, out->rows[i].route);
    qsort(out->rows, out->n, sizeof *out->rows, compare_rows);
    for (size_t i = 0; i < out->n; i++)
        out->first[out->rows[i].n_parts + 1]++;
    for (size_t k = 1; k < COUNT(out->first); k++)
        out->first[k] += out->first[k - 1];
    return out;
}

void router_free(struct router *r)
{
    if (r == NULL)
        return;
    free(r->rows);
    free(r->routes);
    free(r);
}

/* Compares the target's first n_parts segments. */
static bool row_matches(const struct router_row *row, const struct target *t)
{
    for (size_t i = 0; i < row->n_parts; i++) {
        const struct span text = row->parts[i].text, segment = t->segments[i];
        if (segment.size == 0)
            return false;
        if (row->parts[i].is_param)
            continue;
        if (text.size != segment.size || memcmp(text.at, segment.at, text.size) != 0)
            return false;
    }
    return true;
}

static void take_row(const struct router_row *row, const struct target *t, struct match *out)
{
    out->row = row;
    for (size_t i = 0; i < row->n_parts; i++) {
        if (!row->parts[i].is_param)
            continue;
        out->params[out->n_params].name = row->parts[i].text;
        out->params[out->n_params++].value = t->segments[i];
    }
}

/* An empty last segment: a trailing slash, which only lenient rows accept. */
static bool ends_with_slash(const struct target *t)
{
    return t->n_segments > 0 && t->segments[t->n_segments - 1].size == 0;
}

void router_match(
    const struct router *r, enum http_method method, const struct target *t, struct match *out)
{
    bool slash = ends_with_slash(t);
    size_t n = t->n_segments - slash;

    *out = (struct match){ .row = NULL };
    for (size_t i = r->first[n]; i < r->first[n + 1]; i++) {
        const struct router_row *row = &r->rows[i];
        if ((slash && !row->route->lenient) || !row_matches(row, t))
            continue;
        out->allowed |= 1u << row->route->method;
        if (row->route->method == method && out->row == NULL)
            take_row(row, t, out);
    }
}

static const struct router *installed;

void router_install(const struct router *r)
{
    installed = r;
}

const struct router *router_installed(void)
{
    return installed;
}

size_t routes_installed(const struct route *const **out)
{
    *out = installed->routes;
    return installed->n;
}

const struct router_row *route_row(const struct route *r)
{
    for (size_t i = 0; i < installed->n; i++) {
        if (installed->rows[i].route == r)
            return &installed->rows[i];
    }
    return NULL;
}
