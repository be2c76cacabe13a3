/*
 * The threads that keep the engine in order, beside the jobs themselves.
 *
 * The keeper has nothing to do but beat and rescue, so that no job, however busy, can delay a
 * heartbeat. The tender does what may take its time: schedules, NOTIFY, counts: nothing that takes
 * longer than a statement or two, or the others would hear late; sweeping is a job's. The listener
 * reads the flags when they changed, and waits for nothing else.
 */
#pragma once
#include <ashlar/metrics.h>
#include <stdbool.h>

extern const struct metric METRIC_JOBS_WAITING, METRIC_JOBS_OLDEST_S;

bool maintenance_start(void);
void maintenance_stop(void);

/* Send a NOTIFY soon: there may be jobs; topics were woken (topics.h). */
void maintenance_notify(void);
void maintenance_notify_topics(void);
