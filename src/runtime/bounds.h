/*
 * Bounds of this process as one family of metrics: used amount, limit, number of rejections. So one
 * alert covers all bounds. The code that enforces a bound counts here. PostgreSQL connections have
 * separate metrics (db/pool_metrics.c), because their callers wait instead of being rejected.
 */
#pragma once
#include <ashlar/metrics.h>

/* Labels:
 *   connections  open ones. Later clients wait in the listen backlog
 *   handlers     requests in progress: fibers or threads
 *   manual       requests of TX_MANUAL routes
 *   hashes       tasks, running and queued, of the pool that computes
 *   calls        tasks, running and queued, of the pool that waits for other servers
 *   streams      open streams
 *   memory       of one unit of work. Only rejections: units that outgrew their arena
 *   targets      of all feature flags
 *   bodies       bytes of request bodies, while read or processed */
extern const struct metric METRIC_BOUND_USED, METRIC_BOUND_LIMIT, METRIC_BOUND_REFUSED;
