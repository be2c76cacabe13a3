/* The pool that offload() works in, from the process's side. Knows no caller. */
#pragma once
#include <ashlar/metrics.h>

enum { OFFLOAD_QUEUE = 64, OFFLOAD_WAIT_MS = 2000 };

/* Finish what was begun and queued, end the threads; a later offload starts new ones. */
void runtime_stop(void);

extern const struct metric METRIC_OFFLOADS;
