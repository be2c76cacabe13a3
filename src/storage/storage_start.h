/* What storage counts and checks at start; its functions are in ashlar/storage.h. */
#pragma once
#include <ashlar/metrics.h>
#include <ashlar/storage.h>

extern const struct metric METRIC_STORAGE;

/* Are objects in a folder of this machine? */
bool storage_is_local(void);

/* Why nothing can be put there now, or NULL: the folder, and 64 MiB free on its disk. Of a bucket
 * it says nothing: that is asked by storage_probe, which waits for others. Blocks as a local disk
 * does. */
const char *storage_trouble(struct arena *a);
/* The same, and of a bucket whether it answers. `*found`: what there is, for people. */
const char *storage_probe(struct ctx *c, const char **found);

/* Why these settings cannot work, or NULL. */
const char *storage_check(void);
