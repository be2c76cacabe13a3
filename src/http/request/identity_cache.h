/*
 * Rows behind credentials seen lately, so that a request need not ask first who sends it. Only ever
 * a guess: whoever uses a row has it checked by the database before anything is answered or
 * committed, so an entry that outlived its session costs a repetition and gives nothing away.
 *
 * Bounded (16,384 rows, then the least recently used of a set goes). Threads: any.
 */
#pragma once
#include <ashlar/arena.h>
#include <ashlar/id.h>
#include <ashlar/metrics.h>

struct identity_key {
    struct bytes token; /* its hash, HASH_SIZE bytes */
    struct uuid org;    /* nil: the identity itself; else the grant in this organisation */
};

/* A copy in `a`; false when there is none. */
bool identity_cache_get(struct arena *a, const struct identity_key *key, struct bytes *row);

/* `row` of size 0: forget it. Rows larger than 1 KiB are not kept. */
void identity_cache_put(const struct identity_key *key, struct bytes row);

/* Forget all; nobody may be using it. */
void identity_cache_stop(void);

/* Where an identity or grant came from; identity_cache_report sets METRIC_IDENTITIES by it, for
 * metrics_ask. */
enum identity_outcome { IDENTITY_REMEMBERED, IDENTITY_ASKED, IDENTITY_OUTDATED, IDENTITY_OUTCOMES };
void identity_cache_count(enum identity_outcome outcome);
void identity_cache_report(void);

extern const struct metric METRIC_IDENTITIES;
