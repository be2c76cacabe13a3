/* The platform's own routes: probes, documents, error pages, the development index. */
#include "platform_routes.h"
#include "config/platform_settings.h"
#include "db/pool.h"
#include "http/documents/docs.h"
#include "http/documents/error_pages.h"
#include "http/request/exchange.h"
#include "http/server/listener.h"
#include "metrics/metrics_start.h"
#include "base/version.h"
#include "http/documents/openapi.h"
#include "http/documents/html_page.h"
#include "http/table/routes.h"
#include "storage/storage_start.h"
#include <ashlar/log.h>

#define JSON_TYPE "application/json"
#define HTML_TYPE "text/html; charset=utf-8"

enum { METRICS_MAX = 4 * 1024 * 1024, PAGE_MAX = 1024 * 1024, READY_MS = 1000 };

static void content_from(struct content *out, const char *type, const struct buf *b)
{
    *out = (struct content){ .type = type, .data = b->data, .size = b->size };
}

static void content_text(struct content *out, const char *type, const char *text)
{
    *out = (struct content){ .type = type, .data = text, .size = strlen(text) };
}

HANDLER(livez, nothing, content)
{
    (void)c;
    (void)in;
    content_text(out, JSON_TYPE, "{\"status\":\"alive\"}");
    return NULL;
}

/* `why` is for operators and contains PostgreSQL's message, hosts and roles. It is logged, and
 * returned on the operations listener only. Other clients get `what`. */
static err not_ready(struct ctx *c, const char *what, const char *why)
{
    log_warn(c, "http.readiness_failed", log_text("why", why));
    return problem(
        c, &ERR_UNAVAILABLE, NULL, "Not ready: %s.", c->response->request->ops ? why : what);
}

HANDLER(readyz, nothing, content)
{
    const char *why, *what = NULL;

    (void)in;
    if (listener_is_draining())
        return not_ready(c, "draining", "draining");
    why = pool_check(c->arena, READY_MS, &what);
    if (why)
        return not_ready(c, what, why);
    why = storage_trouble(c->arena);
    if (why)
        return not_ready(c, "the storage is not writable", why);
    content_text(out, JSON_TYPE,
        listener_serves_requests() ? "{\"status\":\"ready\"}"
                                   : "{\"status\":\"ready\",\"process\":\"worker\"}");
    return NULL;
}

struct version {
    const char *name, *version, *commit;
};
static const struct field version_fields[] = {
    TEXT(version, name, .doc = "Name of the server: ashlar"),
    TEXT(version, version, .doc = "Version of the binary"),
    TEXT(version, commit, .doc = "Commit that the binary was built from"),
};
static SHAPE(version);

HANDLER(get_version, nothing, version)
{
    (void)c;
    (void)in;
    *out = (struct version){ .name = "ashlar", .version = build_version, .commit = build_commit };
    return NULL;
}

HANDLER(get_metrics, nothing, content)
{
    struct buf b;

    (void)in;
    if (!c->response->request->ops && !config_is_local())
        return problem(c, &ERR_NOT_FOUND, NULL, "This path does not exist.");
    buf_init(&b, c->arena, METRICS_MAX);
    metrics_render(&b);
    content_from(out, "text/plain; version=0.0.4; charset=utf-8", &b);
    return NULL;
}

HANDLER(get_openapi, nothing, content)
{
    struct bytes document = openapi_document();

    (void)c;
    (void)in;
    *out = (struct content){ JSON_TYPE, document.data, document.size };
    return NULL;
}

HANDLER(get_docs, nothing, content)
{
    struct bytes page = docs_page();

    (void)c;
    (void)in;
    *out = (struct content){ HTML_TYPE, page.data, page.size };
    return NULL;
}

static err show_error(struct ctx *c, const char *module, const char *code, struct content *out)
{
    struct buf b;

    buf_init(&b, c->arena, PAGE_MAX);
    if (!error_page_write(&b, module, code))
        return problem(c, &ERR_NOT_FOUND, NULL, "Unknown error code.");
    content_from(out, HTML_TYPE, &b);
    return NULL;
}

struct platform_error_ref {
    const char *code;
};
static const struct field platform_error_ref_fields[] = {
    TEXT(platform_error_ref, code, .in = PATH, .format = SLUG, .max = 100),
};
static SHAPE(platform_error_ref);

HANDLER(get_platform_error, platform_error_ref, content)
{
    return show_error(c, NULL, in->code, out);
}

struct error_ref {
    const char *module, *code;
};
static const struct field error_ref_fields[] = {
    TEXT(error_ref, module, .in = PATH, .format = TOKEN, .max = 60),
    TEXT(error_ref, code, .in = PATH, .format = SLUG, .max = 100),
};
static SHAPE(error_ref);

HANDLER(get_error, error_ref, content)
{
    return show_error(c, in->module, in->code, out);
}

HANDLER(get_error_index, nothing, content)
{
    struct buf b;

    (void)in;
    buf_init(&b, c->arena, PAGE_MAX);
    error_index_write(&b);
    content_from(out, HTML_TYPE, &b);
    return NULL;
}

static bool is_dev_page(const struct route *r)
{
    return r->method == GET && r->only_in && (r->only_in & ~(unsigned)ENV_LOCAL) == 0 &&
           strchr(r->path, '{') == NULL;
}

HANDLER(get_dev_index, nothing, content)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);
    struct buf b;

    (void)in;
    buf_init(&b, c->arena, PAGE_MAX);
    html_page_begin(&b, "Development");
    buf_text(&b, "<ul><li><a href=\"/docs\">API documentation</a></li><li><a "
                 "href=\"/errors\">Error codes</a></li><li><a "
                 "href=\"/metrics\">Metrics</a></li><li><a href=\"/readyz\">Readiness</a></li>");
    for (size_t i = 0; i < n; i++) {
        if (!is_dev_page(routes[i]) || strcmp(routes[i]->path, "/dev") == 0)
            continue;
        buf_printf(&b, "<li><a href=\"%s\">", routes[i]->path);
        buf_html(&b, routes[i]->summary);
        buf_text(&b, "</a></li>");
    }
    buf_text(&b, "</ul>");
    html_page_end(&b);
    content_from(out, HTML_TYPE, &b);
    return NULL;
}

/* All are public, change nothing and read no table. A read without a statement takes no connection,
 * and unlike TX_MANUAL it has no limit that sign-ins could use up. Rows with any_origin check no
 * identity, so they respond to a signed-in browser while PostgreSQL is unreachable. */
#define OWN_ROUTE(p, i, s, fn)                                                                     \
    .method = GET, .path = p, .id = i, .summary = s, .auth = AUTH_PUBLIC, .rate = RATE_NONE,       \
    .status = 200, .errors = NO_ERRORS, .ops = true, .hidden = true, .handler = BY(fn)

const struct route platform_routes[] = {
    { OWN_ROUTE("/livez", "livez", "Check liveness", livez), .any_origin = true },
    { OWN_ROUTE("/readyz", "readyz", "Check readiness", readyz),
        .doc = "Ready: the database is reachable, the schema fits and the process is not draining.",
        .any_origin = true },
    { OWN_ROUTE("/version", "getVersion", "Get the version", get_version), .any_origin = true },
    { OWN_ROUTE("/metrics", "getMetrics", "Get metrics in Prometheus format", get_metrics) },
    { OWN_ROUTE("/openapi.json", "getOpenapi", "Get the OpenAPI document", get_openapi),
        .any_origin = true },
    { OWN_ROUTE("/docs", "getDocs", "Get the API documentation page", get_docs),
        .any_origin = true },
    { OWN_ROUTE("/errors", "listErrors", "List error codes", get_error_index), .any_origin = true },
    { OWN_ROUTE("/errors/{code}", "getPlatformError", "Get an error code of the platform",
          get_platform_error),
        .any_origin = true },
    { OWN_ROUTE("/errors/{module}/{code}", "getError", "Get an error code of a module", get_error),
        .any_origin = true },
    { OWN_ROUTE("/dev", "getDevIndex", "List development pages", get_dev_index),
        .only_in = ENV_LOCAL },
    { .id = NULL },
};
