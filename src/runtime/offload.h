/* The pool of offload(), for the process. */
#pragma once
#include <ashlar/metrics.h>
#include <stdbool.h>
#include <stdint.h>

enum { OFFLOAD_QUEUE = 64, OFFLOAD_WAIT_MS = 2000 };

/* Reserves a later offload(). False, counted as a rejection, when the pool is full, or when as many
 * callers have entered as it can serve in time. Each successful enter needs a leave. */
bool offload_enter(void);
void offload_leave(void);

/* Calls fn(arg), which waits for another server: for a fiber on a pool thread, for a plain thread
 * on itself. False when it did not start by `until_us`. */
bool runtime_call(void (*fn)(void *arg), void *arg, int64_t until_us);

/* Sets both pools' METRIC_BOUND_USED and _LIMIT. For metrics_ask. */
void runtime_report(void);

/* Finishes started and queued tasks and ends the threads. A later offload starts new ones. */
void runtime_stop(void);

extern const struct metric METRIC_OFFLOADS;
