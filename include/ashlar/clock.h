/* clock — the one source of time, replaceable in tests. */
#pragma once
#include "arena.h"

/* Microseconds since 1970-01-01T00:00:00Z. Zero means "no time": it renders as null. */
struct instant {
    int64_t us;
};

#define INSTANT_NONE ((struct instant){ 0 })
#define SECONDS(n)   ((int64_t)(n)*1000000)
#define MINUTES(n)   SECONDS((int64_t)(n)*60)
#define HOURS(n)     MINUTES((int64_t)(n)*60)
#define DAYS(n)      HOURS((int64_t)(n)*24)

/* Wall-clock time, or the fake clock's time if one is set. */
PUBLIC struct instant clock_now(void);

/* Monotonic microseconds, for deadlines and durations. Never faked. */
PUBLIC int64_t clock_monotonic_us(void);

/* Development and test only. Sets clock_now (and platform.now() in SQL) to `at`, from where it
 * advances. {0} restores the real clock. */
PUBLIC void clock_fake(struct instant at);
PUBLIC bool clock_is_fake(void);

PUBLIC struct instant instant_add(struct instant at, int64_t us);

/* RFC 3339 in UTC, with microseconds only if not zero: "2026-11-22T08:30:00Z". */
enum { INSTANT_TEXT_SIZE = 32 };
PUBLIC void instant_format(struct instant at, char *out);
PUBLIC CHECKED bool instant_parse(const char *text, size_t size, struct instant *out);
