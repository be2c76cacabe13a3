/* Cache of the rows of recent credentials: shards of sets with four entries. */
#include "identity_cache.h"
#include "base/memory.h"
#include <ashlar/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

const struct metric METRIC_IDENTITIES = {
    .name = "ashlar_identities_total",
    .help = "Look-ups of credentials: cached, queried, or cached but outdated.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "remembered|asked|outdated",
};

enum { SHARDS = 64, SETS = 64, WAYS = 4, ROW_MAX = 1024 };

struct entry {
    uint8_t token[HASH_SIZE];
    struct uuid org;
    char *row; /* NULL: empty */
    size_t size;
    uint64_t used_at;
};

static struct shard {
    pthread_mutex_t lock;
    uint64_t clock; /* counter of uses */
    struct entry entries[SETS][WAYS];
} shards[SHARDS] = { [0 ... SHARDS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER } };

/* The token's hash is keyed, so that a client cannot aim at one set. */
static uint64_t place_of(const struct identity_key *key)
{
    uint64_t token, org[2];

    memcpy(&token, key->token.data, sizeof token);
    memcpy(org, key->org.b, sizeof org);
    return (token ^ org[0] ^ org[1]) * 0x9E3779B97F4A7C15u >> 32;
}

static bool is_of(const struct entry *e, const struct identity_key *key)
{
    return e->row && memcmp(e->token, key->token.data, HASH_SIZE) == 0 &&
           uuid_equal(e->org, key->org);
}

static struct entry *find(struct entry *set, const struct identity_key *key)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (is_of(&set[i], key))
            return &set[i];
    }
    return NULL;
}

static struct entry *least_used(struct entry *set)
{
    struct entry *least = set;

    for (size_t i = 1; i < WAYS; i++) {
        if (set[i].used_at < least->used_at)
            least = &set[i];
    }
    return least;
}

static void empty(struct entry *e)
{
    if (e == NULL)
        return;
    free(e->row);
    *e = (struct entry){ .row = NULL };
}

static void fill(struct entry *e, const struct identity_key *key, struct bytes row, uint64_t now)
{
    empty(e);
    memcpy(e->token, key->token.data, HASH_SIZE);
    e->org = key->org;
    e->row = memory_alloc(row.size);
    e->size = row.size;
    e->used_at = now;
    memcpy(e->row, row.data, row.size);
}

bool identity_cache_get(struct arena *a, const struct identity_key *key, struct bytes *row)
{
    uint64_t place = place_of(key);
    struct shard *shard = &shards[place % SHARDS];
    struct entry *e;

    pthread_mutex_lock(&shard->lock);
    e = find(shard->entries[place / SHARDS % SETS], key);
    if (e) {
        e->used_at = ++shard->clock;
        *row = (struct bytes){ arena_memdup(a, e->row, e->size), e->size };
    }
    pthread_mutex_unlock(&shard->lock);
    return e != NULL;
}

void identity_cache_put(const struct identity_key *key, struct bytes row)
{
    uint64_t place = place_of(key);
    struct shard *shard = &shards[place % SHARDS];
    struct entry *set, *e;

    pthread_mutex_lock(&shard->lock);
    set = shard->entries[place / SHARDS % SETS];
    e = find(set, key);
    if (row.size == 0 || row.size > ROW_MAX)
        empty(e);
    else
        fill(e ? e : least_used(set), key, row, ++shard->clock);
    pthread_mutex_unlock(&shard->lock);
}

void identity_cache_stop(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        for (size_t j = 0; j < SETS * WAYS; j++)
            empty(&shards[i].entries[j / WAYS][j % WAYS]);
    }
}

static _Atomic int64_t counted[IDENTITY_OUTCOMES];

void identity_cache_count(enum identity_outcome outcome)
{
    atomic_fetch_add_explicit(&counted[outcome], 1, memory_order_relaxed);
}

void identity_cache_report(void)
{
    static const char *const words[IDENTITY_OUTCOMES] = {
        [IDENTITY_REMEMBERED] = "remembered",
        [IDENTITY_ASKED] = "asked",
        [IDENTITY_OUTDATED] = "outdated",
    };

    for (size_t i = 0; i < IDENTITY_OUTCOMES; i++)
        metric_set(
            &METRIC_IDENTITIES, words[i], atomic_load_explicit(&counted[i], memory_order_relaxed));
}
