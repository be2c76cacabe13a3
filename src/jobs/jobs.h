/* The worker side of jobs and events. */
#pragma once
#include <ashlar/job.h>

/* Starts ASHLAR_WORKERS worker threads, the heartbeat and rescue thread. */
bool jobs_start(void);
/* Stops claiming, waits `grace_ms` for running jobs, and releases the others without using an
 * attempt. Returns the number of jobs that still run. Then the process must end immediately
 * (_exit), without freeing anything they use. */
CHECKED int jobs_stop(int grace_ms);

/* Runs all due jobs in this thread and returns their number. For tests and commands. */
int jobs_drain(void);

/* Bites of the platform's tables (table.h), and their sweep job. */
extern const JOB(nothing) JOBS_SWEEP;
CHECKED err jobs_sweep_jobs(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err jobs_sweep_events(struct ctx *c, int64_t most, int64_t *gone);

/* purge_org of the platform: ends a deleted organisation's hold. */
CHECKED err jobs_purge_org(struct ctx *c);

/* `ashlar jobs list|show|retry|discard`: writes to stdout, returns the exit code. */
int jobs_command(int argc, char **argv);
