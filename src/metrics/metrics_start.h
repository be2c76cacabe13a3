/* Metrics registry and its Prometheus text. Series are fixed at start: labels cannot grow. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/module.h>

/* Allocate series for the metrics of `modules` (NULL-terminated) and `n_routes` route rows. Before
 * threads; again only while nothing is served (tests). The ids must live on. */
void metrics_start(
    const struct module *const *modules, const char *const *route_ids, size_t n_routes);
/* One finished request; `route` is its index, n_routes for "unmatched". Threads: any. */
void metrics_request(size_t route, int status, int64_t duration_us, int round_trips);
/* Finished requests since the start, and those of them with a 5xx. Threads: any. */
void metrics_totals(int64_t *all, int64_t *failed);
/* Prometheus text format 0.0.4. Threads: any. */
void metrics_render(struct buf *out);

/* Call fn at the beginning of each metrics_render, to metric_set what is only known by asking (a
 * pool's size). Before threads; at most 16, the same one counts once. */
void metrics_ask(void (*fn)(void));
