/* The snapshot behind flag_bool and its like. */
#pragma once
#include <ashlar/ctx.h>
#include <ashlar/flag.h>

enum { FLAG_BUCKETS = 10000 };

/*
 * Which of FLAG_BUCKETS a subject falls into for this flag: SipHash-2-4 with a fixed public key
 * over
 * "<flag>:" and the 16 bytes of the id, as little-endian number, modulo. The same on every process,
 * machine and release; raising a rollout only ever adds subjects.
 */
int flag_bucket(const char *flag, struct uuid subject);

/* Can the flag have this value? */
bool flag_may_have(const struct flag *f, const char *value);

/* What somebody said that counts for these two (either may be nil), copied into `a`, and which rule
 * said it; NULL: the default counts. */
const char *flag_value(struct arena *a, const struct flag *f, struct uuid org, struct uuid person,
    const char **reason);

/* A sentence for each flag of the enabled modules that cannot be one: its name, its doc, a default
 * it could not be given, a date that is none, a second one of the same name. */
void flags_check(struct buf *problems);

/* Read the tables when they changed since the last time, and swap the snapshot. On failure the old
 * one stays. One thread only. */
CHECKED err flags_refresh(void);

/* Forget the snapshot: every flag answers its default. No flag_bool may run meanwhile. */
void flags_release(void);
