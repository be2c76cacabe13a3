/* Execution of one claimed job. */
#pragma once
#include "store.h"
#include <ashlar/metrics.h>

extern const struct metric METRIC_JOBS;

/*
 * Runs it by its kind's rules, in its organisation, with its request id and trace, and records the
 * end. All memory is from `a`. `may_wait` is called between attempts to record while the database
 * is unreachable. False ends them, and the job is later rescued as lost.
 */
void executor_run(struct arena *a, const struct job_row *row, bool (*may_wait)(void));
