/* One claimed job, from its row to its end. */
#pragma once
#include "store.h"
#include <ashlar/metrics.h>

extern const struct metric METRIC_JOBS;

/*
 * Run it as its kind says, in its organisation, with its request id and trace, and record the end.
 * Everything is allocated from `a`. `may_wait` is asked between tries to record while the database
 * is away: false gives up (the job will be rescued as lost).
 */
void executor_run(struct arena *a, const struct job_row *row, bool (*may_wait)(void));
