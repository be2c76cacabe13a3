/* The worker side of jobs and events. */
#pragma once
#include <ashlar/job.h>

/* Start ASHLAR_WORKERS worker threads, the heartbeat and rescue thread. */
bool jobs_start(void);
/* Stop claiming, give running jobs `grace_ms`, release the rest without burning an attempt; how
 * many still run on their threads. Then the process has to end at once (_exit), with all that they
 * use still there. */
CHECKED int jobs_stop(int grace_ms);

/* In this thread: run everything that is due until nothing is; how many ran. For tests and
 * commands. */
int jobs_drain(void);

/* Bites of the platform's tables (table.h), and what takes them. */
extern const JOB(nothing) JOBS_SWEEP;
CHECKED err jobs_sweep_jobs(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err jobs_sweep_events(struct ctx *c, int64_t most, int64_t *gone);

/* purge_org of the platform: a deleted organisation's hold ends. */
CHECKED err jobs_purge_org(struct ctx *c);

/* `ashlar jobs list|show|retry|discard`: writes to stdout, exit code. */
int jobs_command(int argc, char **argv);
