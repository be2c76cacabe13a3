/* General rate limits, in memory per process (GCRA). Threads: any. */
#pragma once
#include <ashlar/id.h>
#include <ashlar/metrics.h>
#include <ashlar/route.h>

enum rate_subject { RATE_ADDRESS, RATE_PERSON, RATE_ORG };

struct rate_report {
    const char *policy; /* "read-address"; NULL: none was counted */
    int64_t burst;      /* requests allowed at the same time */
    int64_t window_s;   /* seconds until a used burst is available again */
    int64_t left;       /* requests allowed now */
    int64_t reset_s;    /* until the whole burst is available */
    int64_t retry_s;    /* if rejected: until the next one is accepted */
};

extern const struct metric METRIC_RATE_LIMITED;

void rate_start(void);
void rate_stop(void);

/*
 * Count one request of `class` for the subject with `id` at `now_us` (clock_monotonic_us). False:
 * rejected. `report` keeps the subject with the fewest requests left, so calls for address, person
 * and organisation can share one.
 */
bool rate_take(enum rate_class class, enum rate_subject subject, struct bytes id, int64_t now_us,
    struct rate_report *report);
