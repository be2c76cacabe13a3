/*
 * Telling workers that something may be due, so that they need not poll fast. Knows no job.
 *
 * Inside the process a flag is raised; the tending thread turns any number of flags into one NOTIFY
 * for the other processes. A wake-up that is lost costs one poll period, nothing more.
 */
#pragma once
#include <ashlar/ctx.h>

/* Raise the flag once c's open transaction has ended. */
void wake_after(struct ctx *c);

/* Raise it now: this process's claimer, and a NOTIFY soon. */
void wake_everyone(void);
