/* Notifications to the supervisor: sd_notify(3). */
#pragma once

/* Sends "READY=1" or "STOPPING=1" as one datagram to NOTIFY_SOCKET. No effect without one. A
 * failure is logged, and the supervisor reports a timeout. */
void notify_supervisor(const char *state);
