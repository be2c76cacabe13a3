/* Start and stop of the HTTP side: tables checked, dispatch tables and documents built. */
#include "http.h"
#include "base/memory.h"
#include "config/platform_settings.h"
#include "dispatch.h"
#include "docs.h"
#include "identity.h"
#include "obs/obs.h"
#include "openapi.h"
#include "origin.h"
#include "rate.h"
#include "registry.h"
#include "runtime/offload.h"
#include <stdlib.h>

static struct router *router;
static struct buf openapi, docs;
static const struct error_kind **kinds;
static size_t n_kinds;

const struct router *http_router(void)
{
    return router;
}

size_t http_routes(const struct route *const **out)
{
    return router_routes(router, out);
}

const struct module *http_route_module(const struct route *r)
{
    return router_module(router, r);
}

struct bytes http_openapi(void)
{
    return (struct bytes){ openapi.data, openapi.size };
}

struct bytes http_docs(void)
{
    return (struct bytes){ docs.data, docs.size };
}

size_t http_error_kinds(const struct error_kind *const **out)
{
    *out = kinds;
    return n_kinds;
}

/* Keys' authenticators; several may share a kind, which is then told once. */
static const struct error_kind *orphaned_kind(size_t index)
{
    const struct error_kind *last = NULL;

    for (const struct module *const *m = registry_modules(); *m; m++)
        for (const struct authenticator *a = (*m)->authenticate; a && a->prefix; a++) {
            if (a->orphaned == NULL || a->orphaned == last)
                continue;
            last = a->orphaned;
            if (index-- == 0)
                return last;
        }
    return NULL;
}

/* What the row answers while its organisation is suspended; NULL: it goes on. */
static const struct error_kind *suspended_kind(const struct route *r)
{
    const struct authorizer *by = registry_authorizer();

    return by && r->scope == SCOPE_ORG && !r->while_suspended ? by->suspended : NULL;
}

const struct error_kind *http_route_error(const struct route *r, size_t index)
{
    const struct error_kind *suspended = suspended_kind(r);

    for (size_t own = 0; r->errors[own] != NULL; own++) {
        if (index-- == 0)
            return r->errors[own];
    }
    if (suspended && index-- == 0)
        return suspended;
    return r->auth == AUTH_SESSION_OR_KEY ? orphaned_kind(index) : NULL;
}

static void add_kind(const struct error_kind *kind)
{
    for (size_t i = 0; i < n_kinds; i++) {
        if (kinds[i] == kind)
            return;
    }
    kinds = memory_grow(kinds, (n_kinds + 1) * sizeof *kinds);
    kinds[n_kinds++] = kind;
}

/* Codes without a slash are the platform's. */
static int compare_kinds(const void *left, const void *right)
{
    const struct error_kind *a = *(const struct error_kind *const *)left;
    const struct error_kind *b = *(const struct error_kind *const *)right;
    bool slash_a = strchr(a->code, '/'), slash_b = strchr(b->code, '/');

    return slash_a != slash_b ? slash_a - slash_b : strcmp(a->code, b->code);
}

static void collect_kinds(void)
{
    const struct route *const *routes;
    size_t n = http_routes(&routes);

    for (const struct error_kind *const *k = error_platform_kinds; *k; k++)
        add_kind(*k);
    for (size_t i = 0; i < n; i++) {
        const struct error_kind *kind;
        for (size_t at = 0; (kind = http_route_error(routes[i], at)) != NULL; at++)
            add_kind(kind);
    }
    qsort(kinds, n_kinds, sizeof *kinds, compare_kinds);
}

static void start_metrics(void)
{
    const struct route *const *routes;
    size_t n = http_routes(&routes);
    const char **ids = memory_alloc((n + 1) * sizeof *ids);

    for (size_t i = 0; i < n; i++)
        ids[i] = routes[i]->id;
    metrics_start(ids, n);
    metrics_ask(http_report);
    metrics_ask(bodies_report);
    metrics_ask(runtime_report);
    free(ids);
}

bool http_start(struct buf *problems)
{
    enum { DOCUMENT_MAX = 16 * 1024 * 1024 };

    bool routes_ok = routes_check(registry_modules(), problems);

    if (!case_views_check(registry_modules(), problems) || !routes_ok)
        return false;
    router = router_new(registry_modules(), config_environment());
    origin_rules = (struct origin_rules){
        .listed = setting_text(&ASHLAR_CORS_ORIGINS),
        .own = setting_text(&ASHLAR_PUBLIC_URL),
        .any_localhost = config_is_local(),
    };
    collect_kinds();
    rate_start();
    start_metrics();
    buf_init(&openapi, NULL, DOCUMENT_MAX);
    openapi_write(&openapi);
    buf_init(&docs, NULL, DOCUMENT_MAX);
    docs_write(&docs);
    return true;
}

void http_stop(void)
{
    if (router == NULL)
        return;
    buf_release(&openapi);
    buf_release(&docs);
    free(kinds);
    kinds = NULL;
    n_kinds = 0;
    rate_stop();
    identity_stop();
    router_free(router);
    router = NULL;
}
