/* The process's keys, derived from ASHLAR_SECRET_KEY. */
#include "keys.h"
#include "base/memory.h"
#include "config/platform_settings.h"
#include "config/settings_rules.h"
#include "derive.h"
#include <ashlar/log.h>
#include <sodium.h>

struct keys {
    struct master current, previous;
    bool has_previous;
};

static struct keys *keys; /* guarded, and read-only after start */

/* The id selects the key of a sealed text and reveals nothing about the key. */
static bool load(const struct setting *s, struct master *m)
{
    static const char purpose[] = "ashlar key id";
    const char *text = setting_text(s);
    if (!text)
        return false;
    if (!secret_key_decode(text, m->bytes)) {
        log_error(NULL, "crypto.key_malformed", log_text("setting", s->name),
            log_text("repair", "32 random bytes as 64 hex digits: openssl rand -hex 32"));
        return false;
    }
    crypto_generichash(m->id, sizeof m->id, (const uint8_t *)purpose, sizeof purpose - 1, m->bytes,
        sizeof m->bytes);
    return true;
}

bool crypto_start(void)
{
    if (sodium_init() < 0) {
        log_error(NULL, "crypto.library_unusable");
        return false;
    }
    struct keys *fresh = sodium_malloc(sizeof *fresh);
    if (!fresh)
        memory_abort("crypto.memory_exhausted", sizeof *fresh, 0);
    sodium_memzero(fresh, sizeof *fresh);
    bool wanted_previous = setting_text(&ASHLAR_SECRET_KEY_PREVIOUS) != NULL;
    fresh->has_previous = load(&ASHLAR_SECRET_KEY_PREVIOUS, &fresh->previous);
    if (!load(&ASHLAR_SECRET_KEY, &fresh->current) || wanted_previous != fresh->has_previous) {
        if (!setting_text(&ASHLAR_SECRET_KEY))
            log_error(NULL, "crypto.key_missing", log_text("setting", ASHLAR_SECRET_KEY.name));
        sodium_free(fresh);
        return false;
    }
    sodium_mprotect_readonly(fresh);
    sodium_free(keys);
    keys = fresh;
    return true;
}

static const struct keys *started(void)
{
    if (!keys)
        memory_abort("crypto.keys_unloaded", 0, 0);
    return keys;
}

const struct master *master_current(void)
{
    return &started()->current;
}

const struct master *master_by_id(const uint8_t id[KEY_ID_SIZE])
{
    const struct keys *k = started();
    if (memcmp(k->current.id, id, KEY_ID_SIZE) == 0)
        return &k->current;
    return k->has_previous && memcmp(k->previous.id, id, KEY_ID_SIZE) == 0 ? &k->previous : NULL;
}

void derive_key(
    const struct master *m, const char *use, const char *purpose, uint8_t out[DERIVED_SIZE])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, m->bytes, sizeof m->bytes, DERIVED_SIZE);
    /* The NUL between them distinguishes ("a", "bc") from ("ab", "c"). */
    crypto_generichash_update(&state, (const uint8_t *)use, strlen(use) + 1);
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_final(&state, out, DERIVED_SIZE);
    sodium_memzero(&state, sizeof state);
}

void keyed_mac(const char *purpose, const void *data, size_t size, uint8_t *out, size_t out_size)
{
    uint8_t key[DERIVED_SIZE], mac[32];
    derive_key(master_current(), "mac", purpose, key);
    crypto_generichash(mac, sizeof mac, data, size, key, sizeof key);
    memcpy(out, mac, out_size < sizeof mac ? out_size : sizeof mac);
    sodium_memzero(key, sizeof key);
}
