/* Delay of a failed job's next attempt. */
#pragma once
#include <stdint.h>

/* attempt^4 seconds (1, 16, 81 …), at most 24 h, spread by +-10 %: `random` is any number. In
 * microseconds. `attempt` counts from 1. */
int64_t backoff_us(int64_t attempt, uint32_t random);
