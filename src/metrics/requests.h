/* Counters of finished requests, per route. */
#pragma once
#include <ashlar/buf.h>

void requests_start(const char *const *route_ids, size_t n_routes);
void requests_count(size_t route, int status, int64_t duration_us, int round_trips);
void requests_render(struct buf *out);
void requests_totals(int64_t *all, int64_t *failed);
