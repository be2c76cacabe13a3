/*
 * crypto — the few operations modules need, from libsodium only. Knows no purpose of its own:
 * `purpose` separates keys ("auth.session") so that one use can never be confused with another. All
 * keys derive from ASHLAR_SECRET_KEY. Threads: any.
 *
 * Home: crypto.c, password.c, breached.c and hmac_sha1.c.
 */
#pragma once
#include "ctx.h"
#include "random.h"
#include "wipe.h"

enum { HASH_SIZE = 32, SHA1_SIZE = 20, CODE_SIZE = 8, TOKEN_TEXT_MAX = 80 };

/* A 256-bit secret for a link, session or cookie: prefix + "_" + 43 characters of base64url. */
PUBLIC char *secret_token(struct arena *a, const char *prefix);

/* 40 bits for a person to type: 8 characters of Crockford base32. Compare only through code_hash.
 */
PUBLIC char *secret_code(struct arena *a);
/* As typed: upper-cased, spaces and hyphens out, O I L read as 0 1 1. NULL when it is no code. */
PUBLIC char *code_normalise(struct arena *a, const char *typed);

/* Keyed BLAKE2b-256 of a token, for storing and looking up; `arg`-ready bytes in the arena. */
PUBLIC struct bytes token_hash(struct arena *a, const char *purpose, const char *token);

/* Constant time. */
PUBLIC bool bytes_equal(struct bytes a, struct bytes b);

/* Authenticated encryption (XChaCha20-Poly1305, versioned key); `bound_to` (table, row,
 * organisation) must be the same when opening. seal never fails; open is false when anything was
 * changed. */
PUBLIC struct bytes seal(
    struct arena *a, const char *purpose, const char *bound_to, struct bytes plain);
PUBLIC CHECKED bool unseal(struct arena *a, const char *purpose, const char *bound_to,
    struct bytes sealed, struct bytes *out);

/* For signatures others demand of us: RFC 2104 with SHA-256, keys of any length; FIPS 180-4. What
 * we check ourselves is compared by bytes_equal. */
PUBLIC void hmac_sha256(struct bytes key, struct bytes message, uint8_t out[HASH_SIZE]);
PUBLIC void sha256(struct bytes message, uint8_t out[HASH_SIZE]);
/* RFC 2104 with SHA-1, for codes of authenticator apps (RFC 4226) and nothing else. False when the
 * library refuses it: treat that as a wrong code. */
PUBLIC CHECKED bool hmac_sha1(struct bytes key, struct bytes message, uint8_t out[SHA1_SIZE]);

/*
 * argon2id with the configured cost, in the bounded pool of runtime.h: refused while a transaction
 * is open. Errors: ERR_UNAVAILABLE when the pool's queue is full or memory is short (never
 * "wrong").
 */
PUBLIC CHECKED err password_hash(struct ctx *c, const char *password, const char **out);

/* `*ok`, and `*outdated` when the stored cost is below today's. `stored` NULL, for an account that
 * is not there: the same work is done and *ok is false, so that timing tells nothing. */
PUBLIC CHECKED err password_verify(
    struct ctx *c, const char *stored, const char *password, bool *ok, bool *outdated);

/* Is it on the list of passwords known to attackers? Offline. */
PUBLIC bool password_is_breached(const char *password);
