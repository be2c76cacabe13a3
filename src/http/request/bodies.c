/* Limits of request bodies in memory, per address and in total. */
#include "bodies.h"
#include "rate.h"
#include "runtime/bounds.h"
#include <ashlar/limits.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADDRESS_PART = 4, /* largest part of the total for one address: a quarter */
    SMALL_PART = 4,   /* part reserved for small bodies: large ones cannot block sign-ins */
    SMALL = 16 * 1024,
};

struct place {
    uint64_t address; /* 0: free */
    size_t bytes;
};

/* Open addressing, at most half full: each admitted body uses at most one place. */
static struct {
    pthread_mutex_t lock;
    struct place *places;
    size_t mask, bytes, large_bytes, most_bytes, most_of_one, n, most;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* unpredictable, so that a client cannot aim at one
                                             * place */
} bodies = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t room_for(size_t most)
{
    size_t room = 16;

    while (room < 2 * most)
        room *= 2;
    return room;
}

bool bodies_start(size_t most_bytes, int most_bodies)
{
    size_t room = room_for((size_t)most_bodies), part = most_bytes / ADDRESS_PART;
    struct place *places = calloc(room, sizeof *places);

    if (places == NULL)
        return false;
    pthread_mutex_lock(&bodies.lock);
    bodies.places = places;
    bodies.mask = room - 1;
    bodies.bytes = bodies.large_bytes = bodies.n = 0;
    bodies.most = (size_t)most_bodies;
    bodies.most_bytes = most_bytes;
    bodies.most_of_one = part < LIMIT_BODIES_ADDRESS ? part : LIMIT_BODIES_ADDRESS;
    randombytes_buf(bodies.key, sizeof bodies.key);
    pthread_mutex_unlock(&bodies.lock);
    metric_set(&METRIC_BOUND_LIMIT, "bodies", (int64_t)most_bytes);
    return true;
}

void bodies_stop(void)
{
    pthread_mutex_lock(&bodies.lock);
    free(bodies.places);
    bodies.places = NULL;
    bodies.bytes = bodies.n = 0;
    pthread_mutex_unlock(&bodies.lock);
}

static uint64_t hash(const char *address)
{
    uint64_t key;

    if (address == NULL)
        return 0;
    crypto_shorthash((uint8_t *)&key, (const uint8_t *)address, strlen(address), bodies.key);
    return key ? key : 1;
}

/* The place of this address, or the free one where it belongs. */
static struct place *find(uint64_t address)
{
    size_t at = address & bodies.mask;

    while (bodies.places[at].address != 0 && bodies.places[at].address != address)
        at = (at + 1) & bodies.mask;
    return &bodies.places[at];
}

/* Frees the place, and moves up entries displaced by it. */
static void give_up(struct place *p)
{
    size_t hole = (size_t)(p - bodies.places), at = hole;

    for (;;) {
        size_t home;
        at = (at + 1) & bodies.mask;
        if (bodies.places[at].address == 0)
            break;
        home = bodies.places[at].address & bodies.mask;
        if (((at - home) & bodies.mask) < ((at - hole) & bodies.mask))
            continue;
        bodies.places[hole] = bodies.places[at];
        hole = at;
    }
    bodies.places[hole] = (struct place){ 0 };
}

static bool has_room(size_t bytes)
{
    if (bodies.n == bodies.most || bytes > bodies.most_bytes - bodies.bytes)
        return false;
    return bytes <= SMALL ||
           bytes <= bodies.most_bytes - bodies.most_bytes / SMALL_PART - bodies.large_bytes;
}

/* With the lock held. */
static enum body_entry enter(uint64_t address, size_t bytes)
{
    struct place *p = address ? find(address) : NULL;

    if (p && bytes > bodies.most_of_one - p->bytes)
        return BODY_ADDRESS_FULL;
    if (!has_room(bytes))
        return BODY_ALL_FULL;
    if (p) {
        p->address = address;
        p->bytes += bytes;
    }
    bodies.bytes += bytes;
    bodies.large_bytes += bytes > SMALL ? bytes : 0;
    bodies.n++;
    return BODY_ENTERED;
}

enum body_entry bodies_enter(const char *address, size_t bytes, struct body_hold *hold)
{
    enum body_entry entry = BODY_ENTERED;

    *hold = (struct body_hold){ 0 };
    if (bytes == 0)
        return BODY_ENTERED;
    pthread_mutex_lock(&bodies.lock);
    if (bodies.places) {
        uint64_t key = hash(address);
        entry = enter(key, bytes);
        if (entry == BODY_ENTERED)
            *hold = (struct body_hold){ .address = key, .bytes = bytes };
    }
    pthread_mutex_unlock(&bodies.lock);
    if (entry == BODY_ADDRESS_FULL)
        metric_add(&METRIC_RATE_LIMITED, "address", 1);
    if (entry == BODY_ALL_FULL)
        metric_add(&METRIC_BOUND_REFUSED, "bodies", 1);
    return entry;
}

void bodies_leave(struct body_hold *hold)
{
    if (hold->bytes == 0)
        return;
    pthread_mutex_lock(&bodies.lock);
    if (bodies.places) {
        struct place *p = hold->address ? find(hold->address) : NULL;
        bodies.bytes -= hold->bytes;
        bodies.large_bytes -= hold->bytes > SMALL ? hold->bytes : 0;
        bodies.n--;
        if (p && (p->bytes -= hold->bytes) == 0)
            give_up(p);
    }
    pthread_mutex_unlock(&bodies.lock);
    *hold = (struct body_hold){ 0 };
}

void bodies_report(void)
{
    size_t bytes;

    pthread_mutex_lock(&bodies.lock);
    bytes = bodies.bytes;
    pthread_mutex_unlock(&bodies.lock);
    metric_set(&METRIC_BOUND_USED, "bodies", (int64_t)bytes);
}
