/*
 * Cache of the rows of recent credentials, which saves a query before each request. An entry is
 * only a guess: the database checks it before a response or a commit. So an outdated entry costs a
 * repetition and reveals nothing.
 *
 * Limited to 16,384 rows; then the least recently used one of a set is replaced. Threads: any.
 */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/id.h>
#include <ashlar/metrics.h>

struct identity_key {
    struct bytes token; /* its hash, HASH_SIZE bytes */
    struct uuid org;    /* nil: the identity itself; else the grant in this organisation */
};

/* A copy in `a`. False: not cached. */
bool identity_cache_get(struct arena *a, const struct identity_key *key, struct bytes *row);

/* `row` of size 0: remove. Rows larger than 1 KiB are not cached. */
void identity_cache_put(const struct identity_key *key, struct bytes row);

/* Remove all. No other thread may use it. */
void identity_cache_stop(void);

/* Where an identity or grant came from; identity_cache_report sets METRIC_IDENTITIES by it, for
 * metrics_ask. */
enum identity_outcome { IDENTITY_REMEMBERED, IDENTITY_ASKED, IDENTITY_OUTDATED, IDENTITY_OUTCOMES };
void identity_cache_count(enum identity_outcome outcome);
void identity_cache_report(void);

extern const struct metric METRIC_IDENTITIES;
