/* Metric and checks of storage at start. Its functions are in ashlar/storage.h. */
#pragma once
#include <ashlar/metrics.h>
#include <ashlar/storage.h>

extern const struct metric METRIC_STORAGE;

/* Whether objects are in a directory of this machine. */
bool storage_is_local(void);

/* NULL, or the reason why no object can be written now: the directory, and 64 MiB free on its disk.
 * A bucket is only checked by storage_probe, which waits for other servers. Blocks like a local
 * disk. */
const char *storage_trouble(struct arena *a);
/* The same, and for a bucket whether it responds. `*found`: description for people. */
const char *storage_probe(struct ctx *c, const char **found);

/* NULL, or the reason why these settings are invalid. */
const char *storage_check(void);
