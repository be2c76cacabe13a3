/* Keys for one use and purpose, derived from a master key. */
#pragma once
#include <ashlar/base.h>

enum { KEY_ID_SIZE = 16, DERIVED_SIZE = 32 };

struct master {
    uint8_t bytes[32];
    uint8_t id[KEY_ID_SIZE]; /* sealed texts contain its first bytes */
};

/* Aborts when crypto_start has not run, because empty keys would be insecure. */
const struct master *master_current(void);

/* The current or the previous key with that id. NULL when it is neither. */
const struct master *master_by_id(const uint8_t id[KEY_ID_SIZE]);

/* BLAKE2b-256 keyed with the master key, over use and purpose. The caller must wipe `out`. */
void derive_key(
    const struct master *m, const char *use, const char *purpose, uint8_t out[DERIVED_SIZE]);
