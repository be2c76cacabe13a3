/* Snapshot and evaluation of feature flags. */
#pragma once
#include <ashlar/ctx.h>
#include <ashlar/flag.h>

enum { FLAG_BUCKETS = 10000 };

/*
 * Bucket of a subject for this flag, of FLAG_BUCKETS. It is SipHash-2-4 with a fixed public key
 * over "<flag>:" and the 16 bytes of the id, as little-endian number, modulo. It is the same on
 * every process, machine and release, so raising a rollout only adds subjects.
 */
int flag_bucket(const char *flag, struct uuid subject);

/* Whether the flag allows this value. */
bool flag_may_have(const struct flag *f, const char *value);

/* The stored value that applies to these two (either may be nil), copied into `a`, with its reason.
 * NULL: the default applies. */
const char *flag_value(struct arena *a, const struct flag *f, struct uuid org, struct uuid person,
    const char **reason);

/* Writes a sentence for each defect of the enabled modules' flags: name, doc, invalid default,
 * invalid date, duplicate name. */
void flags_check(struct buf *problems);

/* Reads the tables if they changed since the last call, and swaps the snapshot. On failure the old
 * one stays. One thread only. */
CHECKED err flags_refresh(void);

/* Frees the snapshot: every flag has its default. No flags_refresh may run concurrently. */
void flags_release(void);
