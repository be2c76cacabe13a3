/* The job threads of this process and the jobs they run. */
#pragma once
#include <ashlar/buf.h>
#include <stdbool.h>

enum { WORKERS_MAX = 64, WORKERS_HELD_SIZE = 8192 /* room for worker_pool_held */ };

/* Start `n` job threads and the thread that claims for them; false (logged) when the system has no
 * more threads. */
bool worker_pool_start(int n);

/* Something may be due. */
void worker_pool_wake(void);

/* What this process is called in platform.job.locked_by. */
const char *worker_pool_name(void);

/* [{"id": …}, …] of the running jobs; how many. */
int worker_pool_held(struct buf *out);

/* Claim nothing more and wait for the running jobs, at most `grace_ms`. */
void worker_pool_drain(int grace_ms);

/* End the idle threads; how many are still in a job. Those still in a job are left to end with the
 * process, which must not take anything away under them. */
int worker_pool_stop(void);
