/* General rate limits, in memory per process (GCRA). Knows no route row. Threads: any. */
#pragma once
#include <ashlar/id.h>
#include <ashlar/metrics.h>
#include <ashlar/route.h>

enum rate_subject { RATE_ADDRESS, RATE_PERSON, RATE_ORG };

struct rate_report {
    const char *policy; /* "read-address"; NULL: nothing was counted */
    int64_t burst;      /* requests that may come at once */
    int64_t window_s;   /* seconds in which the burst comes back */
    int64_t left;       /* requests that may still come now */
    int64_t reset_s;    /* until the whole burst is back */
    int64_t retry_s;    /* refused: until the next one is let in */
};

extern const struct metric METRIC_RATE_LIMITED;

void rate_start(void);
void rate_stop(void);

/*
 * Count one request of `class` by the subject named by `id` at `now_us` (clock_monotonic_us);
 * false: refused. `report` keeps whichever subject has the least left, so calls for address,
 * person and organisation can share one.
 */
bool rate_take(enum rate_class class, enum rate_subject subject, struct bytes id, int64_t now_us,
    struct rate_report *report);
