/* The job threads of this process and their jobs. */
#pragma once
#include <ashlar/buf.h>
#include <stdbool.h>

enum { WORKERS_MAX = 64, WORKERS_HELD_SIZE = 8192 /* room for worker_pool_held */ };

/* Starts `n` job threads and the thread that claims for them. False (logged) when the system has no
 * more threads. */
bool worker_pool_start(int n);

/* Jobs may be due. */
void worker_pool_wake(void);

/* Name of this process in platform.job.locked_by. */
const char *worker_pool_name(void);

/* Writes [{"id": …}, …] of the running jobs and returns their number. */
int worker_pool_held(struct buf *out);

/* Stops claiming and waits for the running jobs, at most `grace_ms`. */
void worker_pool_drain(int grace_ms);

/* Ends the idle threads and returns the number of threads that still run a job. Those end with the
 * process, which must not free anything they use. */
int worker_pool_stop(void);
