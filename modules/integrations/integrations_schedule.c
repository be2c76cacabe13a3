/* The retry schedule of deliveries. */
#include "integrations_internal.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, JITTER_PER_CENT = 20 };

/* The last one repeats until INTEGRATIONS__TRIES: almost three days in total. */
static const int64_t delays[] = {
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
};

int64_t integrations__delay_ms(int64_t tries, uint32_t random)
{
    size_t at = tries < 1 ? 0 : (size_t)(tries - 1);
    int64_t delay, spread;

    if (tries >= INTEGRATIONS__TRIES)
        return -1;
    delay = delays[at < COUNT(delays) ? at : COUNT(delays) - 1];
    spread = delay * JITTER_PER_CENT / 100;
    return delay - spread + (int64_t)(random % (uint32_t)(2 * spread + 1));
}
