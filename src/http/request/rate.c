/*
 * General rate limits: the generic cell rate algorithm (ITU-T I.371), one timestamp per subject. In
 * memory, per process. The exact throttles of sign-in are in auth, in PostgreSQL.
 */
#include "rate.h"
#include <ashlar/clock.h>
#include <pthread.h>
#include <sodium.h>

const struct metric METRIC_RATE_LIMITED = {
    .name = "ashlar_rate_limited_total",
    .help = "Requests rejected by a general rate limit, by the subject of the limit.",
    .kind = METRIC_COUNTER,
    .label = "subject",
    .values = "address|person|org",
};
static const char *const subject_words[] = {
    [RATE_ADDRESS] = "address",
    [RATE_PERSON] = "person",
    [RATE_ORG] = "org",
};

struct rate {
    const char *policy;
    int64_t interval_us; /* between two requests, sustained */
    int64_t burst;
};

/* Sustained rate per second, and burst. An address is counted before authentication and may be an
 * office behind one NAT, so it gets more than a person. An organisation gets more than both. */
#define PER_SECOND(n) (1000000 / (n))
static const struct rate rates[][3] = {
    [RATE_READ] = {
        [RATE_ADDRESS] = { "read-address", PER_SECOND(50), 200 },
        [RATE_PERSON] = { "read-person", PER_SECOND(20), 60 },
        [RATE_ORG] = { "read-org", PER_SECOND(100), 300 },
    },
    [RATE_WRITE] = {
        [RATE_ADDRESS] = { "write-address", PER_SECOND(20), 100 },
        [RATE_PERSON] = { "write-person", PER_SECOND(10), 40 },
        [RATE_ORG] = { "write-org", PER_SECOND(50), 150 },
    },
    [RATE_SENSITIVE] = { /* sign-in, codes, invitations: manual for people, automated for
                          * attackers */
        [RATE_ADDRESS] = { "sensitive-address", SECONDS(2), 30 },
        [RATE_PERSON] = { "sensitive-person", SECONDS(2), 20 },
        [RATE_ORG] = { "sensitive-org", PER_SECOND(5), 100 },
    },
    [RATE_INGEST] = { /* events: many pages behind one address, servers with batches; limited by
                       * address only, before the key is looked up */
        [RATE_ADDRESS] = { "ingest-address", PER_SECOND(200), 1000 },
        [RATE_PERSON] = { "ingest-person", PER_SECOND(200), 1000 },
        [RATE_ORG] = { "ingest-org", PER_SECOND(1000), 5000 },
    },
};

/* Memory: 64 shards x 256 sets x 4 cells of 16 bytes, 1 MiB. A full set replaces the cell whose
 * bucket is closest to full, which loses the least. */
enum { SHARDS = 64, SETS = 256, WAYS = 4 };

struct cell {
    uint64_t key;
    int64_t full_at_us; /* GCRA's theoretical arrival time: the burst is fully available again */
};

static struct shard {
    pthread_mutex_t lock;
    struct cell cells[SETS][WAYS];
} shards[SHARDS];

static uint8_t hash_key[crypto_shorthash_KEYBYTES]; /* unpredictable, so that a client cannot aim
                                                     * at one set */

void rate_start(void)
{
    randombytes_buf(hash_key, sizeof hash_key);
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&shards[i].lock, NULL);
        memset(shards[i].cells, 0, sizeof shards[i].cells);
    }
}

void rate_stop(void)
{
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&shards[i].lock);
}

static uint64_t subject_key(enum rate_class class, enum rate_subject subject, struct bytes id)
{
    uint8_t text[64] = { (uint8_t) class, (uint8_t)subject };
    size_t size = id.size < sizeof text - 2 ? id.size : sizeof text - 2;
    uint64_t key;

    memcpy(text + 2, id.data, size);
    crypto_shorthash((uint8_t *)&key, text, size + 2, hash_key);
    return key ? key : 1; /* 0 is an empty cell */
}

/* The subject's cell; a new one replaces the oldest in its set. */
static struct cell *find_cell(struct shard *shard, uint64_t key)
{
    struct cell *set = shard->cells[key / SHARDS % SETS], *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].full_at_us < oldest->full_at_us)
            oldest = &set[i];
    }
    *oldest = (struct cell){ .key = key };
    return oldest;
}

static int64_t seconds_up(int64_t us)
{
    return us <= 0 ? 0 : (us + SECONDS(1) - 1) / SECONDS(1);
}

/* `behind_us`: the used part of the burst. */
static void fill_report(
    struct rate_report *out, const struct rate *rate, int64_t behind_us, bool refused)
{
    int64_t whole_us = rate->interval_us * rate->burst;
    int64_t left = refused ? 0 : (whole_us - behind_us) / rate->interval_us;

    if (out->policy && !refused && out->left <= left)
        return;
    *out = (struct rate_report){
        .policy = rate->policy,
        .burst = rate->burst,
        .window_s = seconds_up(whole_us),
        .left = left,
        .reset_s = seconds_up(behind_us),
        .retry_s = refused ? seconds_up(behind_us + rate->interval_us - whole_us) : 0,
    };
}

bool rate_take(enum rate_class class, enum rate_subject subject, struct bytes id, int64_t now_us,
    struct rate_report *report)
{
    const struct rate *rate;
    struct shard *shard;
    struct cell *cell;
    uint64_t key;
    int64_t behind_us;
    bool refused;

    if (class == RATE_NONE)
        return true;
    rate = &rates[class][subject];
    key = subject_key(class, subject, id);
    shard = &shards[key % SHARDS];
    pthread_mutex_lock(&shard->lock);
    cell = find_cell(shard, key);
    behind_us = cell->full_at_us > now_us ? cell->full_at_us - now_us : 0;
    refused = behind_us + rate->interval_us > rate->interval_us * rate->burst;
    if (!refused) {
        behind_us += rate->interval_us;
        cell->full_at_us = now_us + behind_us;
    }
    pthread_mutex_unlock(&shard->lock);
    if (refused)
        metric_add(&METRIC_RATE_LIMITED, subject_words[subject], 1);
    fill_report(report, rate, behind_us, refused);
    return !refused;
}
