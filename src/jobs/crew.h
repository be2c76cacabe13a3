/* The job threads of this process and what they have in their hands. Knows no schedule. */
#pragma once
#include <ashlar/buf.h>
#include <stdbool.h>

enum { CREW_MAX = 64, CREW_HELD_SIZE = 8192 /* room for crew_held */ };

/* Start `n` job threads and the thread that claims for them; false (logged) when the system has no
 * more threads. */
bool crew_start(int n);

/* Something may be due. */
void crew_wake(void);

/* What this process is called in platform.job.locked_by. */
const char *crew_name(void);

/* [{"id": …}, …] of the jobs in hand; how many. */
int crew_held(struct buf *out);

/* Claim nothing more and wait for the jobs in hand, at most `grace_ms`. */
void crew_drain(int grace_ms);

/* End the idle threads; how many are still in a job. Those still in a job are left to end with the
 * process, which must not take anything away under them. */
int crew_stop(void);
