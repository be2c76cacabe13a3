/* What storage counts and checks at start; its functions are in ashlar/storage.h. */
#pragma once
#include <ashlar/metrics.h>
#include <ashlar/storage.h>

extern const struct metric METRIC_STORAGE;

/* Why these settings cannot work, or NULL. */
const char *storage_check(void);
