/* Connects sockets to http_handle by libmicrohttpd: threads or reactors. */
#pragma once
#include <stdbool.h>

/* Listen on ASHLAR_LISTEN. False on failure, with a log line. */
bool listener_start(void);
/* For a process that serves operators only: the listener of ASHLAR_OPS_LISTEN, or none if that is
 * unset. */
bool listener_start_ops(void);
/* False after listener_start_ops. */
bool listener_serves_requests(void);
/* Whether this process owns the listening socket. False for a supervisor's, which outlives it. */
bool listener_is_alone(void);
/* Stop accepting, answer the requests in flight with Connection: close, and end, within `grace_ms`.
 * Does nothing unless started. */
void listener_stop(int grace_ms);
/* /readyz reports not ready afterwards. */
void listener_drain(void);
bool listener_is_draining(void);
