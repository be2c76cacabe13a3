/* Delay of a failed job's next attempt. */
#include "backoff.h"

enum { SECONDS_MAX = 24 * 3600, ATTEMPT_MAX = 18 /* 18^4 s is above the maximum */ };

int64_t backoff_us(int64_t attempt, uint32_t random)
{
    int64_t n = attempt < 1 ? 1 : attempt > ATTEMPT_MAX ? ATTEMPT_MAX : attempt;
    int64_t us = n * n * n * n * 1000000;
    int64_t most = (int64_t)SECONDS_MAX * 1000000;

    if (us > most)
        us = most;
    /* 0.9 … 1.1 in 2^32 steps; us/10 * 2 * random stays below 2^63 for a day of microseconds. */
    return us - us / 10 + (int64_t)((uint64_t)(us / 5) / 1000 * random / UINT32_MAX * 1000);
}
