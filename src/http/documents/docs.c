/* The page at /docs, from the route tables. */
#include "docs.h"
#include "config/platform_settings.h"
#include "http/table/error_list.h"
#include "http/request/http.h"
#include "openapi.h"
#include "html_page.h"
#include "module/registry.h"
#include "http/table/routes.h"
#include <ashlar/text.h>

static void write_code(struct buf *b, const char *text)
{
    buf_text(b, "<code>");
    buf_html(b, text);
    buf_text(b, "</code>");
}

static const char *type_text(const struct field *f)
{
    static const char *const names[] = {
        [KIND_TEXT] = "text",
        [KIND_INT] = "integer",
        [KIND_NUMBER] = "number",
        [KIND_BOOL] = "true or false",
        [KIND_ID] = "id",
        [KIND_TIME] = "time, RFC 3339",
        [KIND_JSON] = "any JSON",
        [KIND_OBJECT] = "object",
        [KIND_LIST] = "list",
        [KIND_TEXTS] = "list of texts",
    };
    return names[f->kind];
}

/* "admin|member" as "admin, member". */
static void write_words(struct buf *b, const char *words)
{
    for (const char *at = words; *at;) {
        size_t size = strcspn(at, "|");
        buf_text(b, at == words ? " one of <code>" : ", <code>");
        buf_add(b, at, size); /* from our own tables: nothing to escape */
        buf_text(b, "</code>");
        at += size + (at[size] != '\0');
    }
}

static void write_type(struct buf *b, const struct field *f)
{
    buf_text(b, "<td>");
    if (f->kind == KIND_ID && f->prefix)
        buf_printf(b, "id, <code>%s_…</code>", f->prefix);
    else if (f->one_of)
        write_words(b, f->one_of);
    else
        buf_text(b, type_text(f));
    if (f->of)
        buf_printf(b, " of %s", f->of->name);
    if (f->fallback)
        buf_printf(b, ", otherwise <code>%s</code>", f->fallback);
    else if (f->optional)
        buf_text(b, ", optional");
    if (f->nullable)
        buf_text(b, ", nullable");
    buf_text(b, "</td>");
}

static void write_field(struct buf *b, const struct field *f, bool is_input)
{
    static const char *const from[] = { "", " (path)", " (query)" };

    buf_text(b, "<tr><td>");
    write_code(b, f->name);
    buf_printf(b, "<span class=\"q\">%s</span></td>", is_input ? from[f->in] : "");
    write_type(b, f);
    buf_text(b, "<td>");
    buf_html(b, f->doc ? f->doc : "");
    buf_text(b, "</td></tr>");
}

static void write_shape(struct buf *b, const char *title, const struct shape *s, bool is_input)
{
    if (s->n_fields == 0)
        return;
    buf_printf(b, "<table><tr><th>%s</th><th></th><th></th></tr>", title);
    for (size_t i = 0; i < s->n_fields; i++)
        write_field(b, &s->fields[i], is_input);
    buf_text(b, "</table>");
}

static void write_error(struct buf *b, const struct error_kind *kind)
{
    buf_printf(b, " <a href=\"/errors/%s\">%d %s</a>", kind->code, kind->status, kind->code);
}

static void write_errors(struct buf *b, const struct route *r)
{
    const struct error_kind *own;

    buf_text(b, "<p>Errors:");
    for (size_t i = 0; (own = route_error(r, i)) != NULL; i++)
        write_error(b, own);
    for (const struct error_kind *const *k = error_platform_kinds; *k; k++) {
        if (route_may_answer(r, *k))
            write_error(b, *k);
    }
    buf_text(b, "</p>");
}

static void write_access(struct buf *b, const struct route *r)
{
    static const char *const who[] = {
        [AUTH_PUBLIC] = "Anyone.",
        [AUTH_SESSION] = "A session, by cookie or bearer token.",
        [AUTH_SESSION_OR_KEY] = "A session, by cookie or bearer token, or the organisation's API "
                                "key.",
        [AUTH_TOKEN] = "The bearer token of a setting.",
        [AUTH_SIGNATURE] = "Another service, by its signature over the body.",
    };

    buf_printf(b, "<p class=\"q\">%s", who[r->auth]);
    if (r->scope == SCOPE_STAFF)
        buf_printf(b, " Staff only, with the permission <code>%s</code> and a second factor.",
            r->permission);
    else if (r->permission)
        buf_printf(
            b, " Requires the permission <code>%s</code> in the organisation.", r->permission);
    else if (r->scope == SCOPE_ORG)
        buf_text(b, " Members of the organisation only.");
    if (r->while_suspended)
        buf_text(b, " Available while the organisation is suspended.");
    if (r->sudo)
        buf_text(b, " Requires authentication in the last 15 minutes (<code>sudo</code>).");
    buf_printf(b, " Rate class %s.", rate_class_text(r->rate));
    if (r->deprecated)
        buf_printf(b, " <strong>Deprecated since %s.</strong>", r->deprecated);
    buf_text(b, "</p>");
}

static void write_example_text(struct buf *b, const struct field *f)
{
    size_t word = f->one_of ? strcspn(f->one_of, "|") : 0;

    buf_text(b, "&quot;");
    if (f->example)
        buf_html(b, f->example);
    else if (f->format == EMAIL)
        buf_text(b, "ann@example.org");
    else if (word)
        buf_add(b, f->one_of, word);
    else
        buf_text(b, "…");
    buf_text(b, "&quot;");
}

/* A value to try: the table's example, or one of the field's type. */
static void write_example(struct buf *b, const struct field *f)
{
    static const char *const usual[] = {
        [KIND_INT] = "1",
        [KIND_NUMBER] = "1",
        [KIND_BOOL] = "true",
        [KIND_LIST] = "[]",
        [KIND_TEXTS] = "[]",
        [KIND_OBJECT] = "{}",
        [KIND_JSON] = "{}",
    };

    if (f->kind >= COUNT(usual) || usual[f->kind] == NULL)
        write_example_text(b, f);
    else
        buf_html(b, f->example ? f->example : usual[f->kind]);
}

static void write_curl_body(struct buf *b, const struct shape *s)
{
    const char *between = "";

    buf_text(b, " \\\n  -H 'Content-Type: application/json' -d '{");
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (f->in != BODY || (f->optional && !s->present_at))
            continue;
        buf_printf(b, "%s&quot;%s&quot;: ", between, f->name);
        write_example(b, f);
        between = ", ";
    }
    buf_text(b, "}'");
}

static void write_curl(struct buf *b, const struct route *r)
{
    const char *url = setting_text(&ASHLAR_PUBLIC_URL);

    buf_text(b, "<pre>curl ");
    if (r->method != GET)
        buf_printf(b, "-X %s ", method_text(r->method));
    buf_html(b, url ? url : "");
    buf_html(b, r->path);
    if (r->auth != AUTH_PUBLIC && r->auth != AUTH_SIGNATURE)
        buf_text(b, " \\\n  -H &quot;Authorization: Bearer $TOKEN&quot;");
    if (route_has_body(r))
        write_curl_body(b, r->handler->in);
    if (route_takes_raw(r))
        buf_text(b, " \\\n  --data-binary @FILE");
    buf_text(b, "</pre>");
}

static void write_route(struct buf *b, const struct route *r)
{
    buf_printf(b, "<h3 id=\"%s\"><span class=\"m\">%s</span> ", r->id, method_text(r->method));
    write_code(b, r->path);
    buf_text(b, "</h3><p>");
    buf_html(b, r->summary);
    buf_text(b, ".</p>");
    if (r->doc) {
        buf_text(b, "<p>");
        buf_html(b, r->doc);
        buf_text(b, "</p>");
    }
    write_access(b, r);
    write_shape(b, "Request", r->handler->in, true);
    write_shape(b, "Reply", r->handler->out, false);
    write_errors(b, r);
    write_curl(b, r);
}

static void write_index_of(struct buf *b, const struct module *m)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);

    for (size_t i = 0; i < n; i++) {
        if (routes[i]->hidden || route_row(routes[i])->module != m)
            continue;
        buf_printf(b, "<tr><td><a href=\"#%s\"><span class=\"m\">%s</span> ", routes[i]->id,
            method_text(routes[i]->method));
        write_code(b, routes[i]->path);
        buf_text(b, "</a></td><td>");
        buf_html(b, routes[i]->summary);
        buf_text(b, "</td></tr>");
    }
}

static void write_module(struct buf *b, const struct module *m)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);
    bool begun = false;

    for (size_t i = 0; i < n; i++) {
        if (routes[i]->hidden || route_row(routes[i])->module != m)
            continue;
        if (!begun) {
            buf_printf(b, "<h2>%s</h2><p>", m->name);
            buf_html(b, m->summary);
            buf_text(b, ".</p>");
            begun = true;
        }
        write_route(b, routes[i]);
    }
}

static struct buf page;

void docs_start(void)
{
    struct buf *out = &page;

    buf_init(out, NULL, DOCUMENT_MAX);
    html_page_begin(out, "Ashlar API");
    buf_text(out, "<p>Generated from the route tables. For machines: <a "
                  "href=\"/openapi.json\">openapi.json</a>. Every POST accepts an "
                  "<code>Idempotency-Key</code>. Errors are problem+json with a stable "
                  "<code>code</code>. Lists are paginated by <code>next_cursor</code>.</p><table>");
    for (const struct module *const *m = registry_modules(); *m; m++)
        write_index_of(out, *m);
    buf_text(out, "</table>");
    for (const struct module *const *m = registry_modules(); *m; m++)
        write_module(out, *m);
    html_page_end(out);
}

void docs_stop(void)
{
    buf_release(&page);
}

struct bytes docs_page(void)
{
    return (struct bytes){ page.data, page.size };
}
