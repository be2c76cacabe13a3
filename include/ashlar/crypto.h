/*
 * crypto — the cryptographic operations of modules, by libsodium (SHA-1: libcrypto). `purpose`
 * separates keys ("auth.session"), so that a value of one purpose is invalid for another. All keys
 * derive from ASHLAR_SECRET_KEY. Threads: any.
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

/* 40 bits for a person to type: 8 characters of Crockford base32. Compare only through
 * code_hash. */
PUBLIC char *secret_code(struct arena *a);
/* A typed code in canonical form: upper case, without spaces and hyphens, O I L as 0 1 1. NULL: not
 * a code. */
PUBLIC char *code_normalise(struct arena *a, const char *typed);

/* Keyed BLAKE2b-256 of a token, for storage and lookup. The bytes are in the arena, ready for
 * `arg`. */
PUBLIC struct bytes token_hash(struct arena *a, const char *purpose, const char *token);

/* Constant time. */
PUBLIC bool bytes_equal(struct bytes a, struct bytes b);

/* Authenticated encryption (XChaCha20-Poly1305, versioned key). unseal requires the same `bound_to`
 * (table, row, organisation). seal never fails. unseal returns false if any byte or parameter
 * differs. */
PUBLIC struct bytes seal(
    struct arena *a, const char *purpose, const char *bound_to, struct bytes plain);
PUBLIC CHECKED bool unseal(struct arena *a, const char *purpose, const char *bound_to,
    struct bytes sealed, struct bytes *out);

/* For signatures that third parties require: RFC 2104 with SHA-256, keys of any length, and FIPS
 * 180-4. Compare received signatures by bytes_equal. */
PUBLIC void hmac_sha256(struct bytes key, struct bytes message, uint8_t out[HASH_SIZE]);
PUBLIC void sha256(struct bytes message, uint8_t out[HASH_SIZE]);
/* RFC 2104 with SHA-1, only for codes of authenticator apps (RFC 4226). False: the library rejects
 * the algorithm. Treat it as a wrong code. */
PUBLIC CHECKED bool hmac_sha1(struct bytes key, struct bytes message, uint8_t out[SHA1_SIZE]);

/*
 * argon2id with the configured cost, in the bounded pool of runtime.h. Returns an error while a
 * transaction is open. Errors: ERR_UNAVAILABLE when the pool's queue is full or memory is short
 * (never a false mismatch).
 */
PUBLIC CHECKED err password_hash(struct ctx *c, const char *password, const char **out);

/* Sets `*ok`, and `*outdated` if the stored cost is below the configured one. `stored` NULL means a
 * missing account: the same work is done and *ok is false, so that timing reveals nothing. */
PUBLIC CHECKED err password_verify(
    struct ctx *c, const char *stored, const char *password, bool *ok, bool *outdated);

/* Whether the password is on the list of breached passwords. Offline. */
PUBLIC bool password_is_breached(const char *password);
