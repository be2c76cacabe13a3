/*
 * Start and end of an alert, computed from readings.
 *
 * Hysteresis in value and time: an alert starts after a value at `high` or above for `bad_for_us`.
 * It ends after one at `low` or below for `good_for_us`. Values between them, and unreadable ones,
 * change nothing.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct alert_rule {
    const char *name;
    int64_t high, low;
    int64_t bad_for_us, good_for_us;
};

struct alert_state {
    bool firing;
    int64_t since_us; /* firing: start time */
    int64_t other_us; /* start of readings for the other state; 0: none */
    int64_t value;    /* the last readable one */
};

enum { ALERT_UNREADABLE = -1 };

/* True when `firing` changed. `now_us` must be monotonic. */
bool alert_step(
    struct alert_state *s, const struct alert_rule *rule, int64_t value, int64_t now_us);

/* A share over the last minutes, of counters that only grow. */
enum { ALERT_WINDOW = 30 };
struct alert_window {
    struct {
        int64_t at_us, all, failed;
    } seen[ALERT_WINDOW];
    int n, next;
};

/* Per cent of `failed` among `all` since the oldest reading within `window_us`. 0 below `least`
 * requests: a single failure at low traffic is not an alert. */
int64_t alert_share(struct alert_window *w, int64_t all, int64_t failed, int64_t now_us,
    int64_t window_us, int64_t least);
