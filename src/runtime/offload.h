/* The pool that offload() works in, from the process's side. */
#pragma once
#include <ashlar/metrics.h>
#include <stdbool.h>
#include <stdint.h>

enum { OFFLOAD_QUEUE = 64, OFFLOAD_WAIT_MS = 2000 };

/* Somebody who will call offload() later: false, counted as refused, when it would be refused right
 * now, or when as many have entered as can be served in time. Each that entered leaves. */
bool offload_enter(void);
void offload_leave(void);

/* fn(arg) calls somebody else's server: on a fiber a pool thread does it, a plain thread does it
 * itself. False when it had not begun by `until_us`. */
bool runtime_call(void (*fn)(void *arg), void *arg, int64_t until_us);

/* The two pools' share of METRIC_BOUND_USED and _LIMIT, for metrics_ask. */
void runtime_report(void);

/* Finish what was begun and queued, end the threads; a later offload starts new ones. */
void runtime_stop(void);

extern const struct metric METRIC_OFFLOADS;
