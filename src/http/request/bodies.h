/*
 * How many bytes of bodies are on their way, of each address and of all: asked before the first of
 * them is read, when nobody is known yet. Knows no request. Threads: any, after bodies_start.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one body takes, until bodies_leave. All 0: nothing. */
struct body_hold {
    uint64_t address; /* a keyed hash, 0: none */
    size_t bytes;
};

enum body_entry { BODY_ENTERED, BODY_ADDRESS_FULL, BODY_ALL_FULL };

/* At most `most_bytes` of all, three quarters of it for bodies above 16 KiB; of one address
 * LIMIT_BODIES_ADDRESS or a quarter of that, whichever is less, and at most `most_bodies` at a
 * time. False without memory. Until then, and after bodies_stop, everything enters. */
bool bodies_start(size_t most_bytes, int most_bodies);
void bodies_stop(void);

/* Enter with as many bytes as Content-Length says. `address` NULL: it counts for all only. Unless
 * it is BODY_ENTERED nothing is held. Refusals count in METRIC_RATE_LIMITED ("address") and
 * METRIC_BOUND_REFUSED ("bodies"). */
enum body_entry bodies_enter(const char *address, size_t bytes, struct body_hold *hold);
/* When its memory is given back. Empties the hold; an empty one does nothing. */
void bodies_leave(struct body_hold *hold);

/* Sets METRIC_BOUND_USED; for metrics_ask. */
void bodies_report(void);
