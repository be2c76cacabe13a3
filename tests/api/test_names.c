/* Every name that clients and operators rely on stands in docs/names.md, which is reviewed: none
 * changes by accident. ASHLAR_TEST_WRITE_DOCS=1 tests/run api writes the page anew. */
#include "http/table/error_list.h"
#include "http/request/http.h"
#include "http/documents/openapi.h"
#include "http/table/routes.h"
#include "page.h"
#include "module/registry.h"
#include <jansson.h>

enum { NAMES_MAX = 256 * 1024, LINES_MAX = 1000 };

struct names {
    const char *lines[LINES_MAX];
    size_t n;
};

static void add_name(struct t *t, struct names *names, const char *format, ...) PRINTF_LIKE(3, 4);
static void add_name(struct t *t, struct names *names, const char *format, ...)
{
    va_list values;

    assert_in_range(names->n, 0, LINES_MAX - 1);
    va_start(values, format);
    names->lines[names->n++] = arena_vprintf(arena_of(t), format, values);
    va_end(values);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One line each, in order, so that a change shows as lines that went and lines that came. */
static void write_section(struct buf *page, const char *title, struct names *names)
{
    qsort(names->lines, names->n, sizeof *names->lines, by_text);
    buf_printf(page, "\n## %s\n\n```text\n", title);
    for (size_t i = 0; i < names->n; i++)
        if (i == 0 || strcmp(names->lines[i], names->lines[i - 1]) != 0)
            buf_printf(page, "%s\n", names->lines[i]);
    buf_text(page, "```\n");
    names->n = 0;
}

/* --- What the OpenAPI document says --- */

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* A parameter, itself or as a reference to a shared one. */
static const char *parameter(struct t *t, const json_t *document, const json_t *p)
{
    const char *ref = text_in(p, "$ref");

    if (*ref)
        p = json_object_get(json_object_get(json_object_get(document, "components"), "parameters"),
            strrchr(ref, '/') + 1);
    return arena_printf(arena_of(t), "%s:%s%s", text_in(p, "in"), text_in(p, "name"),
        json_is_true(json_object_get(p, "required")) ? "" : "?");
}

static void add_operations(struct t *t, struct names *names, json_t *document)
{
    const char *path, *method;
    json_t *methods, *operation, *p;
    size_t i;

    json_object_foreach(json_object_get(document, "paths"), path, methods)
    {
        if (text_starts_with(path, "/test/"))
            continue;
        json_object_foreach(methods, method, operation)
        {
            const char *line = arena_printf(
                arena_of(t), "%s %s %s", text_in(operation, "operationId"), method, path);
            json_array_foreach(json_object_get(operation, "parameters"), i, p) line =
                arena_printf(arena_of(t), "%s %s", line, parameter(t, document, p));
            add_name(t, names, "%s", line);
        }
    }
}

/* What the schema is of: a reference's name, or its types. */
static const char *type_of(struct t *t, const json_t *schema)
{
    static const char *const either[] = { "anyOf", "oneOf", "allOf" };
    const json_t *type = json_object_get(schema, "type"), *item;
    const char *ref = text_in(schema, "$ref"), *said = "";
    size_t i;

    if (*ref)
        return strrchr(ref, '/') + 1;
    if (json_object_get(schema, "items"))
        return arena_printf(arena_of(t), "[%s]", type_of(t, json_object_get(schema, "items")));
    if (json_is_string(type))
        return json_string_value(type);
    json_array_foreach(type, i, item) said =
        arena_printf(arena_of(t), "%s%s%s", said, *said ? "|" : "", json_string_value(item));
    for (size_t k = 0; k < COUNT(either); k++)
        json_array_foreach(json_object_get(schema, either[k]), i, item) said =
            arena_printf(arena_of(t), "%s%s%s", said, *said ? "|" : "", type_of(t, item));
    return *said ? said : "any";
}

static bool is_required(const json_t *schema, const char *name)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(schema, "required"), i,
        item) if (text_equal(json_string_value(item), name)) return true;
    return false;
}

static void add_schemas(struct t *t, struct names *names, json_t *document)
{
    json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    const char *name, *member;
    json_t *schema, *value;

    json_object_foreach(schemas, name, schema)
    {
        add_name(t, names, "%s", name);
        json_object_foreach(json_object_get(schema, "properties"), member, value) add_name(t, names,
            "%s.%s%s %s", name, member, is_required(schema, member) ? "" : "?", type_of(t, value));
    }
}

/* --- What the tables say --- */

static void add_errors(struct t *t, struct names *names)
{
    const err *kinds;
    size_t n = error_list(&kinds);

    for (size_t i = 0; i < n; i++)
        add_name(t, names, "%s %d", kinds[i]->code, kinds[i]->status);
}

static void add_events(struct t *t, struct names *names, const struct module *m)
{
    for (const struct event_kind *const *e = m->events; e && *e; e++)
        add_name(t, names, "%s %d%s", (*e)->name, (*e)->version, (*e)->public ? " public" : "");
}

static void add_settings(struct t *t, struct names *names, const struct module *m)
{
    for (const struct setting *const *s = m->settings; s && *s; s++)
        add_name(t, names, "%s", (*s)->name);
}

static void add_metrics(struct t *t, struct names *names, const struct module *m)
{
    for (const struct metric *const *k = m->metrics; k && *k; k++)
        add_name(t, names, "%s%s%s%s%s", (*k)->name, (*k)->label ? " " : "",
            (*k)->label ? (*k)->label : "", (*k)->label ? "=" : "",
            (*k)->label && (*k)->values ? (*k)->values : "");
}

static void add_permissions(struct t *t, struct names *names, const struct module *m)
{
    for (const struct permission *p = m->permissions; p && p->name; p++)
        add_name(t, names, "%s", p->name);
    for (const struct permission *p = m->staff_permissions; p && p->name; p++)
        add_name(t, names, "%s", p->name);
}

static void add_jobs(struct t *t, struct names *names, const struct module *m)
{
    for (const struct job_kind *const *k = m->jobs; k && *k; k++)
        add_name(t, names, "%s", (*k)->name);
}

static void add_commands(struct t *t, struct names *names, const struct module *m)
{
    for (const struct command *k = m->commands; k && k->name; k++)
        add_name(t, names, "ashlar %s %s", m->name, k->name);
}

static void of_all_modules(struct t *t, struct buf *page, const char *title,
    void (*add)(struct t *t, struct names *names, const struct module *m))
{
    struct names names = { .n = 0 };

    for (const struct module *const *m = registry_modules(); *m; m++)
        add(t, &names, *m);
    write_section(page, title, &names);
}

static void no_name_changes_by_accident(void **state)
{
    struct t *t = *state;
    struct bytes text = openapi_document();
    json_t *document = json_loadb(text.data, text.size, 0, NULL);
    struct names names = { .n = 0 };
    struct buf page;

    assert_non_null(document);
    buf_init(&page, arena_of(t), NAMES_MAX);
    add_operations(t, &names, document);
    write_section(&page, "Operations", &names);
    add_schemas(t, &names, document);
    write_section(&page, "Schemas", &names);
    json_decref(document);
    add_errors(t, &names);
    write_section(&page, "Error codes", &names);
    of_all_modules(t, &page, "Events", add_events);
    of_all_modules(t, &page, "Permissions", add_permissions);
    of_all_modules(t, &page, "Settings", add_settings);
    of_all_modules(t, &page, "Metrics", add_metrics);
    of_all_modules(t, &page, "Job kinds", add_jobs);
    of_all_modules(t, &page, "Commands", add_commands);
    buf_text(&page, "\n");
    assert_false(buf_is_full(&page));
    expect_page(t, "docs/names.md", page.data);
}

int main(void)
{
    return run_db_tests(no_name_changes_by_accident);
}
