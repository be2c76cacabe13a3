/* Absolute deadlines for connections: libmicrohttpd's own timeout starts anew with every byte, so
 * one byte a second holds a connection for ever. Knows no request. Threads: any. */
#pragma once
#include <ashlar/metrics.h>

struct watched;

/* Room for `most` connections, and the thread that cuts them. */
bool reaper_start(int most);
void reaper_stop(void); /* does nothing unless started */

/* From here on the socket is cut (shutdown(2)) when its deadline passes; NULL when there is no
 * room. reaper_forget before the descriptor is closed. */
struct watched *reaper_watch(int fd, int64_t deadline_us);
void reaper_forget(struct watched *w);

extern const struct metric METRIC_CONNECTIONS_CUT;

/* A new deadline on clock_monotonic_us's scale; 0: none. NULL is allowed. */
void reaper_until(struct watched *w, int64_t deadline_us);
/* The same, unless the one it has passes sooner. */
void reaper_by(struct watched *w, int64_t deadline_us);
