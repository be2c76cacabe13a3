/*
 * Maintenance threads of the job engine.
 *
 * The keeper only sends heartbeats and rescues jobs, so that no job can delay a heartbeat. The
 * tender runs schedules, NOTIFY and counts, each of at most two statements, so that wake-ups are
 * not late. Sweeping is a job. The listener reads the flags after a change and does no other work.
 */
#pragma once
#include <ashlar/metrics.h>
#include <stdbool.h>

extern const struct metric METRIC_JOBS_WAITING, METRIC_JOBS_OLDEST_S;

bool maintenance_start(void);
void maintenance_stop(void);

/* Requests a NOTIFY: jobs may be due, or topics were woken (topics.h). */
void maintenance_notify(void);
void maintenance_notify_topics(void);
