/* Absolute deadlines for connections: libmicrohttpd's timeout restarts with every byte, so one byte
 * a second would hold a connection forever. Threads: any. */
#pragma once
#include <ashlar/metrics.h>

struct watched;

/* Creates room for `most` connections, and the thread that cuts them. */
bool reaper_start(int most);
void reaper_stop(void); /* does nothing unless started */

/* Cuts the socket (shutdown(2)) at the deadline. NULL when there is no room. reaper_forget must be
 * called before the descriptor is closed. */
struct watched *reaper_watch(int fd, int64_t deadline_us);
void reaper_forget(struct watched *w);

extern const struct metric METRIC_CONNECTIONS_CUT;

/* A new deadline on clock_monotonic_us's scale; 0: none. NULL is allowed. */
void reaper_until(struct watched *w, int64_t deadline_us);
/* The same, unless the present deadline is earlier. */
void reaper_by(struct watched *w, int64_t deadline_us);
