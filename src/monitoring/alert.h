/*
 * When an alert begins and ends, from readings alone.
 *
 * Hysteresis twice: a value must be at `high` or above for `bad_for_us` to begin, and at `low` or
 * below for `good_for_us` to end; what lies between, or cannot be read, changes nothing.
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
    int64_t since_us; /* firing: when it began */
    int64_t other_us; /* since when the readings ask for the other state; 0: they do not */
    int64_t value;    /* the last one that could be read */
};

enum { ALERT_UNREADABLE = -1 };

/* True when `firing` changed. `now_us` only goes forward. */
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

/* Per cent of `failed` among `all` since the oldest reading within `window_us`, 0 when fewer than
 * `least` came: a single failure at night is no alert. */
int64_t alert_share(struct alert_window *w, int64_t all, int64_t failed, int64_t now_us,
    int64_t window_us, int64_t least);
