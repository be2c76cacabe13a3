/* Queue between log_error and the table of error groups. */
#pragma once
#include <ashlar/job.h>
#include <ashlar/metrics.h>

extern const struct metric METRIC_ERRORS, METRIC_ERRORS_UNGROUPED;
extern const JOB(nothing) ERROR_GROUP_SWEEP;
CHECKED err error_group_sweep(struct ctx *c, int64_t most, int64_t *gone);

enum { ERRORS_WAITING_MAX = 256 }; /* groups; a repeated error only increases its count */

/* Counts every later log_error. Call before threads start. */
void errors_start(void);
void errors_stop(void);

/* Writes the queue. On failure its groups stay. After ERRORS_REFUSALS_MAX failures with a reachable
 * database they are counted as ungrouped. One thread at a time. */
enum { ERRORS_REFUSALS_MAX = 20 };
CHECKED err errors_flush(void);

/* Number of queued groups. */
int errors_waiting(void);
