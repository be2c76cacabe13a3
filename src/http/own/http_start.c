/* Start and stop of the HTTP side: checks tables, builds dispatch tables and documents. */
#include "http_start.h"
#include "base/memory.h"
#include "config/platform_settings.h"
#include "http/request/dispatch.h"
#include "http/documents/docs.h"
#include "http/table/error_list.h"
#include "http/request/identity_cache.h"
#include "metrics/metrics_start.h"
#include "http/documents/openapi.h"
#include "http/request/origin.h"
#include "http/documents/schemas.h"
#include "http/request/rate.h"
#include "module/registry.h"
#include "runtime/offload.h"
#include <stdlib.h>

static struct router *router;

static void start_metrics(void)
{
    const struct route *const *routes;
    size_t n = routes_installed(&routes);
    const char **ids = memory_alloc((n + 1) * sizeof *ids);

    for (size_t i = 0; i < n; i++)
        ids[i] = routes[i]->id;
    metrics_start(registry_modules(), ids, n);
    metrics_ask(http_report);
    metrics_ask(bodies_report);
    metrics_ask(identity_cache_report);
    metrics_ask(runtime_report);
    free(ids);
}

static void stop_tables(void)
{
    schemas_stop();
    router_install(NULL);
    router_free(router);
    router = NULL;
}

bool http_start(struct buf *problems)
{
    bool routes_ok = routes_check(registry_modules(), problems);

    if (!support_views_check(registry_modules(), problems) || !routes_ok)
        return false;
    router = router_new(registry_modules(), config_environment());
    router_install(router);
    if (!schemas_start(problems)) {
        stop_tables();
        return false;
    }
    origin_rules = (struct origin_rules){
        .listed = setting_text(&ASHLAR_CORS_ORIGINS),
        .own = setting_text(&ASHLAR_PUBLIC_URL),
        .any_localhost = config_is_local(),
    };
    dispatch_start();
    streams_pull_by(dispatch_pull);
    error_list_start();
    rate_start();
    start_metrics();
    openapi_start();
    docs_start();
    return true;
}

void http_stop(void)
{
    if (router == NULL)
        return;
    docs_stop();
    openapi_stop();
    error_list_stop();
    rate_stop();
    dispatch_stop();
    identity_cache_stop();
    stop_tables();
}
