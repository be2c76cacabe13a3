/*
 * Wake-up of workers when jobs may be due, so that they need not poll often.
 *
 * Inside the process a signal flag is set. The tender merges any number of wake-ups into one NOTIFY
 * for the other processes, because its commit takes a lock of the whole database. A lost wake-up
 * costs one poll period.
 */
#pragma once
#include <ashlar/ctx.h>

/* After the commit of c's open transaction, wakes this process's claimer, and the others' soon
 * after. */
void notifier_after_commit(struct ctx *c);

/* Listens to the other processes on one connection of the pool, unless ASHLAR_JOBS_LISTEN is false.
 * `heard` is called for each wake-up, `tell` when one should be sent. */
void notifier_start(void (*heard)(void), void (*notify)(void));
void notifier_stop(void);
