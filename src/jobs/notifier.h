/*
 * Telling workers that something may be due, so that they need not poll fast.
 *
 * Inside the process a signal flag is set; the tending thread turns any number of rings into one
 * NOTIFY for the other processes, because each NOTIFY takes a lock of the whole database while it
 * commits. A wake-up that is lost costs one poll period, nothing more.
 */
#pragma once
#include <ashlar/ctx.h>

/* Once c's open transaction has committed: this process's claimer, and the others' soon. */
void notifier_after_commit(struct ctx *c);

/* Listen for the other processes, on one connection of the pool, unless ASHLAR_JOBS_LISTEN says no.
 * `heard` is called for each wake-up; `tell` when one should be sent. */
void notifier_start(void (*heard)(void), void (*tell)(void));
void notifier_stop(void);
