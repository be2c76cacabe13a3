/* libmicrohttpd between sockets and http_handle: threads or reactors. Knows no route. */
#pragma once
#include <stdbool.h>

/* Listen as ASHLAR_LISTEN says; false and a log line saying why when it cannot. */
bool listener_start(void);
/* For a process that answers nobody but operators: the listener of ASHLAR_OPS_LISTEN alone, or none
 * where that is unset. */
bool listener_start_ops(void);
/* False after listener_start_ops. */
bool listener_serves_requests(void);
/* The listening socket is this process's alone: none of a supervisor's, which outlives it. */
bool listener_is_alone(void);
/* Does nothing unless started. Stop accepting, answer what is in flight with Connection: close,
 * then end; at most `grace_ms`. */
void listener_stop(int grace_ms);
/* /readyz says no from here on. */
void listener_drain(void);
bool listener_is_draining(void);
