/* Metrics registry and its Prometheus text. Series are fixed at start, so labels cannot grow. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/module.h>

/* Allocates series for the metrics of `modules` (NULL-terminated) and `n_routes` route rows. Call
 * before threads start; again only while nothing is served (tests). The ids must stay valid. */
void metrics_start(
    const struct module *const *modules, const char *const *route_ids, size_t n_routes);
/* Counts one finished request. `route` is its index, n_routes for "unmatched". Threads: any. */
void metrics_request(size_t route, int status, int64_t duration_us, int round_trips);
/* Number of finished requests since the start, and of those with a 5xx. Threads: any. */
void metrics_totals(int64_t *all, int64_t *failed);
/* Prometheus text format 0.0.4. Threads: any. */
void metrics_render(struct buf *out);

/* Calls fn at the start of each metrics_render, to set gauges that must be computed (a pool's
 * size). Call before threads start. At most 16; a repeated fn counts once. */
void metrics_ask(void (*fn)(void));
