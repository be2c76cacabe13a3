/* What storage counts and checks at start; its functions are in ashlar/storage.h. */
#pragma once
#include <ashlar/metrics.h>
#include <ashlar/storage.h>

extern const struct metric METRIC_STORAGE;

/* Are objects in a folder of this machine? */
bool storage_is_local(void);

/* Why these settings cannot work, or NULL. */
const char *storage_check(void);
