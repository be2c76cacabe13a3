/* Metrics registry and its Prometheus text. Series are fixed at start: labels cannot grow. */
#pragma once
#include <ashlar/buf.h>
#include <ashlar/metrics.h>

/* Allocate series for the metrics of all registry_modules() and `n_routes` route rows. */
void metrics_start(const char *const *route_ids, size_t n_routes);
/* One finished request; `route` is its index, n_routes for "unmatched". */
void metrics_request(size_t route, int status, int64_t duration_us, int round_trips);
void metrics_render(struct buf *out);
