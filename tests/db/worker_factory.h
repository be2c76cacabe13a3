/* Worker processes of a test: the test program again, as a process that can be killed. */
#pragma once
#include "testkit.h"
#include <sys/types.h>

/* First thing in main: true when this process is such a worker; it has then worked, was asked to
 * end and has ended. */
bool worker_was_meant(const struct module *const *modules);

/* Start one on the test's database. Its jobs_stop has `grace_ms`. */
pid_t worker_start(struct t *t, int grace_ms);
void worker_kill(pid_t pid); /* kill -9, and wait until it is gone */
void worker_end(pid_t pid);  /* SIGTERM, and wait until it has ended by itself */

/* Look every 20 ms until `sql` gives something else than 0; fails the test after `ms`. How long it
 * took. */
int wait_until(struct t *t, int ms, const char *sql);
