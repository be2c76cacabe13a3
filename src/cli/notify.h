/* What a supervisor is told about this process: sd_notify(3). */
#pragma once

/* "READY=1", "STOPPING=1": one datagram to NOTIFY_SOCKET. Without one nothing happens; a failure is
 * logged, the supervisor then waits in vain and says so. */
void notify_supervisor(const char *state);
