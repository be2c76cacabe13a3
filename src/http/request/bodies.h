/*
 * Limits of request bodies in memory, per address and in total. Checked before the first byte is
 * read, when the client is not authenticated yet. Threads: any, after bodies_start.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The share of one body, until bodies_leave. All 0: none. */
struct body_hold {
    uint64_t address; /* a keyed hash, 0: none */
    size_t bytes;
};

enum body_entry { BODY_ENTERED, BODY_ADDRESS_FULL, BODY_ALL_FULL };

/* Limits: `most_bytes` in total, three quarters of it for bodies above 16 KiB. One address:
 * LIMIT_BODIES_ADDRESS or a quarter of the total, whichever is less. `most_bodies`: number of
 * bodies at the same time. False without memory. Before it, and after bodies_stop, there is no
 * limit. */
bool bodies_start(size_t most_bytes, int most_bodies);
void bodies_stop(void);

/* Admit a body of the size of Content-Length. `address` NULL: it counts for the total only. Unless
 * the result is BODY_ENTERED nothing is held. Rejections count in METRIC_RATE_LIMITED ("address")
 * and METRIC_BOUND_REFUSED ("bodies"). */
enum body_entry bodies_enter(const char *address, size_t bytes, struct body_hold *hold);
/* To be called when the body's memory is freed. Empties the hold; an empty one does nothing. */
void bodies_leave(struct body_hold *hold);

/* Sets METRIC_BOUND_USED; for metrics_ask. */
void bodies_report(void);
