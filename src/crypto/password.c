/* argon2id in the bounded pool. */
#include "config/platform_settings.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/runtime.h>
#include <sodium.h>

/* Input and output of the pool's thread, which uses no ctx. */
struct work {
    const char *password, *stored; /* stored NULL: hash */
    unsigned long long passes;
    size_t memory;
    int failed; /* 0, or one of the failures below */
    char hash[crypto_pwhash_STRBYTES];
};
enum { MISMATCH = 1, NO_MEMORY, MALFORMED };

static struct work work_for(const char *password, const char *stored)
{
    return (struct work){
        .password = password,
        .stored = stored,
        .passes = (unsigned long long)setting_int(&ASHLAR_PASSWORD_PASSES),
        .memory = (size_t)setting_int(&ASHLAR_PASSWORD_MEMORY_MIB) * 1024 * 1024,
    };
}

static void hash_now(void *arg)
{
    struct work *w = arg;
    if (crypto_pwhash_str_alg(w->hash, w->password, strlen(w->password), w->passes, w->memory,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        w->failed = NO_MEMORY;
}

/* "$argon2id$v=19$m=65536,t=2,p=1$salt$hash", libsodium's format. */
struct stored_hash {
    unsigned memory_kib, passes;
    unsigned char salt[crypto_pwhash_SALTBYTES], hash[HASH_SIZE];
};

static bool from_base64(const char *text, unsigned char *out, size_t size)
{
    size_t got;
    return sodium_base642bin(out, size, text, strlen(text), NULL, &got, NULL,
               sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
           got == size;
}

static bool parse_stored(const char *stored, struct stored_hash *out)
{
    char salt[23], hash[44];
    int end = 0;

    return sscanf(stored, "$argon2id$v=19$m=%7u,t=%2u,p=1$%22[A-Za-z0-9+/]$%43[A-Za-z0-9+/]%n",
               &out->memory_kib, &out->passes, salt, hash, &end) == 4 &&
           stored[end] == '\0' && from_base64(salt, out->salt, sizeof out->salt) &&
           from_base64(hash, out->hash, sizeof out->hash);
}

/* crypto_pwhash_str_verify of libsodium 1.0.18 reports missing memory as a mismatch, so the correct
 * password would be rejected. Therefore the hash is computed here and compared. */
static void verify_now(void *arg)
{
    struct work *w = arg;
    struct stored_hash stored;
    unsigned char hash[HASH_SIZE];

    if (!parse_stored(w->stored, &stored))
        w->failed = MALFORMED;
    else if (crypto_pwhash(hash, sizeof hash, w->password, strlen(w->password), stored.salt,
                 stored.passes, (size_t)stored.memory_kib * 1024,
                 crypto_pwhash_ALG_ARGON2ID13) != 0)
        w->failed = NO_MEMORY;
    else if (sodium_memcmp(hash, stored.hash, sizeof hash) != 0)
        w->failed = MISMATCH;
    wipe(hash, sizeof hash);
}

static err no_memory(struct ctx *c)
{
    log_error(c, "password.memory_exhausted",
        log_int("wanted_mib", setting_int(&ASHLAR_PASSWORD_MEMORY_MIB)),
        log_text("repair", "give the process more memory or lower ASHLAR_PASSWORD_SLOTS"));
    return problem(c, &ERR_UNAVAILABLE, NULL, "Try again in a moment.");
}

err password_hash(struct ctx *c, const char *password, const char **out)
{
    struct work w = work_for(password, NULL);
    TRY(offload(c, hash_now, &w));
    if (w.failed)
        return no_memory(c);
    *out = arena_strdup(c->arena, w.hash);
    return NULL;
}

/* Without an account, a verification's time is spent. */
static err verify_nobody(struct ctx *c, const char *password, bool *ok, bool *outdated)
{
    struct work w = work_for(password, NULL);
    TRY(offload(c, hash_now, &w));
    if (w.failed)
        return no_memory(c);
    *ok = *outdated = false;
    return NULL;
}

err password_verify(
    struct ctx *c, const char *stored, const char *password, bool *ok, bool *outdated)
{
    if (!stored)
        return verify_nobody(c, password, ok, outdated);
    struct work w = work_for(password, stored);
    int stale = crypto_pwhash_str_needs_rehash(stored, w.passes, w.memory);
    if (stale >= 0)
        TRY(offload(c, verify_now, &w));
    if (stale < 0 || w.failed == MALFORMED) {
        log_error(c, "password.hash_malformed");
        return &ERR_INTERNAL;
    }
    if (w.failed == NO_MEMORY)
        return no_memory(c);
    *ok = !w.failed;
    *outdated = stale > 0;
    return NULL;
}
