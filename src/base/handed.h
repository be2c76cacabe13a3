/*
 * File descriptors passed by the parent process: LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of
 * sd_listen_fds(3). Each is identified by its name, not its position: systemd's order of the
 * sockets of several units is not defined.
 */
#pragma once
#include <ashlar/base.h>

/*
 * Their names:
 *   "api"  the API's listening socket. Without that name, the first descriptor whose name is not
 *          listed here (systemd uses the unit's name). Without any names, the first of all
 *   "ops"  the operations listener's
 *   "log"  log destination of a generation after it is ready (src/cli/generation.h)
 */
enum handed { HANDED_API, HANDED_OPS, HANDED_LOG, HANDED_KINDS };
extern const char *const handed_names[HANDED_KINDS];

/* The lowest number of a passed descriptor. */
enum { HANDED_FIRST_FD = 3 };

/* The passed descriptor, which stays open. -1: none. Threads: any that does not change the
 * environment. */
int handed_fd(enum handed what);

/* Number of passed descriptors, and whether they have names. A supervisor without names passes only
 * the API's socket. */
int handed_count(void);
bool handed_have_names(void);
