/*
 * What is bounded in this process, as one family of metrics: how much of each is taken, how much
 * there is, how often somebody was refused. So one alert serves all. Knows no owner: whoever bounds
 * something counts here. Connections to PostgreSQL have their own (db/pool_metrics.c), because who
 * finds none waits.
 */
#pragma once
#include <ashlar/metrics.h>

/* Labels: connections (open; who comes later waits in the kernel's line), handlers (requests being
 * answered: fibers or threads), manual (those of TX_MANUAL routes), hashes and calls (at work and
 * in line, in the pools that compute and that wait for others' servers), streams, memory (of one
 * unit of work; refused alone: each that outgrew its arena), targets (of all
 * feature flags), bodies (bytes of those that are read or worked on). */
extern const struct metric METRIC_BOUND_USED, METRIC_BOUND_LIMIT, METRIC_BOUND_REFUSED;
