/* argon2id in the bounded pool. Knows no account. */
#include "config/platform_settings.h"
#include <ashlar/crypto.h>
#include <ashlar/log.h>
#include <ashlar/runtime.h>
#include <errno.h>
#include <sodium.h>

/* What travels to the pool's thread; it touches no ctx. */
struct work {
    const char *password, *stored; /* stored NULL: hash */
    unsigned long long passes;
    size_t memory;
    int failed; /* 0, or errno-like below */
    char hash[crypto_pwhash_STRBYTES];
};
enum { MISMATCH = 1, NO_MEMORY };

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

/* libsodium answers -1 both to a wrong password and to missing memory; only the former sets EINVAL.
 */
static void verify_now(void *arg)
{
    struct work *w = arg;
    errno = 0;
    if (crypto_pwhash_str_verify(w->stored, w->password, strlen(w->password)) != 0)
        w->failed = errno == EINVAL ? MISMATCH : NO_MEMORY;
}

static err no_memory(struct ctx *c)
{
    log_error(c, "password.no_memory",
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

/* Nobody there: spend what a verification costs today. */
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
    if (stale < 0) {
        log_error(c, "password.malformed_hash");
        return &ERR_INTERNAL;
    }
    TRY(offload(c, verify_now, &w));
    if (w.failed == NO_MEMORY)
        return no_memory(c);
    *ok = !w.failed;
    *outdated = stale > 0;
    return NULL;
}
