/* The queue between log_error and the table of error groups. */
#pragma once
#include <ashlar/job.h>
#include <ashlar/metrics.h>

extern const struct metric METRIC_ERRORS, METRIC_ERRORS_UNGROUPED;
extern const JOB(nothing) ERROR_GROUP_SWEEP;
CHECKED err error_group_sweep(struct ctx *c, int64_t most, int64_t *gone);

enum { ERRORS_WAITING_MAX = 256 }; /* groups; the same error again only counts */

/* From here on every log_error counts. Before threads. */
void errors_start(void);
void errors_stop(void);

/* Write what waits. What cannot be written waits on; refused so many times by a database that is
 * there, it is counted as ungrouped. One thread at a time. */
enum { ERRORS_REFUSALS_MAX = 20 };
CHECKED err errors_flush(void);

/* Groups that wait. */
int errors_waiting(void);
