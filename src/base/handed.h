/*
 * Descriptors that whoever started this process handed to it: LISTEN_PID, LISTEN_FDS and
 * LISTEN_FDNAMES of sd_listen_fds(3). Each is known by its name, not by its place: systemd orders
 * sockets of several units as it likes.
 */
#pragma once
#include <ashlar/base.h>

/*
 * "api": the API's listening socket, or else the first one with a name that is not below (systemd
 * calls it after its unit), or the first of all where there are no names. "ops": the operations
 * listener's. "log": where a generation's log goes once it is ready (src/cli/generation.h).
 */
enum handed { HANDED_API, HANDED_OPS, HANDED_LOG, HANDED_KINDS };
extern const char *const handed_names[HANDED_KINDS];

/* The first descriptor that can be handed over. */
enum { HANDED_FIRST_FD = 3 };

/* The descriptor as it was handed over; it stays the process's. -1: there is none. Threads: any
 * that does not change the environment. */
int handed_fd(enum handed what);

/* How many there are, of whatever name, and whether they have names at all: a supervisor that gives
 * none hands over the API's socket only. */
int handed_count(void);
bool handed_have_names(void);
