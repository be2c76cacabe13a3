/* Tokens, codes, keyed hashes and sealed texts. */
#include "base/memory.h"
#include "derive.h"
#include "token_key.h"
#include <ashlar/crypto.h>
#include <ashlar/text.h>
#include <sodium.h>

char *secret_token(struct arena *a, const char *prefix)
{
    uint8_t secret[32];
    random_bytes(secret, sizeof secret);
    char *text = base64url_from_bytes(a, secret, sizeof secret);
    char *token = arena_printf(a, "%s_%s", prefix, text);
    wipe(secret, sizeof secret);
    wipe(text, strlen(text));
    return token;
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

char *secret_code(struct arena *a)
{
    uint8_t secret[CODE_SIZE];
    char *code = arena_alloc(a, CODE_SIZE + 1);
    random_bytes(secret, sizeof secret);
    for (int i = 0; i < CODE_SIZE; i++)
        code[i] = crockford[secret[i] & 31];
    wipe(secret, sizeof secret);
    return code;
}

/* Crockford's digit for a typed character. 0: not a digit. */
static char code_digit(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - ('a' - 'A'));
    if (c == 'O')
        return '0';
    if (c == 'I' || c == 'L')
        return '1';
    return c && strchr(crockford, c) ? c : 0;
}

char *code_normalise(struct arena *a, const char *typed)
{
    char *code = arena_alloc(a, CODE_SIZE + 1);
    size_t size = 0;
    for (; typed && *typed; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        char digit = code_digit(*typed);
        if (!digit || size == CODE_SIZE)
            return NULL;
        code[size++] = digit;
    }
    return size == CODE_SIZE ? code : NULL;
}

struct token_key {
    uint8_t bytes[DERIVED_SIZE];
};

static void derive_token_key(struct token_key *out, const char *purpose)
{
    derive_key(master_current(), "hash", purpose, out->bytes);
}

struct token_key *token_key_new(const char *purpose)
{
    struct token_key *k = sodium_malloc(sizeof *k);

    if (k == NULL)
        memory_abort("crypto.memory_exhausted", sizeof *k, 0);
    derive_token_key(k, purpose);
    sodium_mprotect_readonly(k);
    return k;
}

void token_key_free(struct token_key *k)
{
    sodium_free(k);
}

struct bytes token_key_hash(struct arena *a, const struct token_key *k, const char *token)
{
    uint8_t *hash = arena_alloc(a, HASH_SIZE);

    crypto_generichash(
        hash, HASH_SIZE, (const uint8_t *)token, strlen(token), k->bytes, sizeof k->bytes);
    return (struct bytes){ hash, HASH_SIZE };
}

struct bytes token_hash(struct arena *a, const char *purpose, const char *token)
{
    struct token_key key;
    struct bytes hash;

    derive_token_key(&key, purpose);
    hash = token_key_hash(a, &key, token);
    wipe(&key, sizeof key);
    return hash;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (!a.size || sodium_memcmp(a.data, b.data, a.size) == 0);
}

_Static_assert(
    HASH_SIZE == crypto_auth_hmacsha256_BYTES && HASH_SIZE == crypto_hash_sha256_BYTES, "one size");

void hmac_sha256(struct bytes key, struct bytes message, uint8_t out[HASH_SIZE])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key.data, key.size);
    crypto_auth_hmacsha256_update(&state, message.data, message.size);
    crypto_auth_hmacsha256_final(&state, out);
    wipe(&state, sizeof state);
}

void sha256(struct bytes message, uint8_t out[HASH_SIZE])
{
    crypto_hash_sha256(out, message.data, message.size);
}

/*
 * Sealed: version, key id, nonce, then ciphertext with its tag. The nonce is random: 192 bits do
 * not collide. The bytes before the nonce and `bound_to` are authenticated too.
 */
enum {
    SEAL_VERSION = 1,
    ID_AT = 1,
    NONCE_AT = ID_AT + KEY_ID_SIZE,
    BOX_AT = NONCE_AT + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};
_Static_assert(DERIVED_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one size of key");

static struct bytes associated(struct arena *a, const uint8_t *head, const char *bound_to)
{
    size_t size = strlen(bound_to);
    uint8_t *data = arena_alloc(a, NONCE_AT + size);
    memcpy(data, head, NONCE_AT);
    memcpy(data + NONCE_AT, bound_to, size);
    return (struct bytes){ data, NONCE_AT + size };
}

struct bytes seal(struct arena *a, const char *purpose, const char *bound_to, struct bytes plain)
{
    const struct master *m = master_current();
    uint8_t key[DERIVED_SIZE];
    uint8_t *out = arena_array(a, 1, plain.size + BOX_AT + TAG_SIZE);
    out[0] = SEAL_VERSION;
    memcpy(out + ID_AT, m->id, KEY_ID_SIZE);
    random_bytes(out + NONCE_AT, BOX_AT - NONCE_AT);
    struct bytes ad = associated(a, out, bound_to);
    derive_key(m, "seal", purpose, key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + BOX_AT, NULL, plain.data, plain.size, ad.data, ad.size, NULL, out + NONCE_AT, key);
    wipe(key, sizeof key);
    return (struct bytes){ out, BOX_AT + plain.size + TAG_SIZE };
}

struct opened {
    uint8_t *data;
    size_t size;
};

static void wipe_opened(void *arg)
{
    struct opened *o = arg;
    wipe(o->data, o->size);
}

/* Memory for opened text: wiped with the arena, with a NUL at the end so that text may be used
 * directly. */
static uint8_t *opened_room(struct arena *a, size_t size)
{
    struct opened *o = arena_alloc(a, sizeof *o);
    *o = (struct opened){ arena_alloc(a, size + 1), size };
    arena_cleanup(a, wipe_opened, o);
    return o->data;
}

bool unseal(struct arena *a, const char *purpose, const char *bound_to, struct bytes sealed,
    struct bytes *out)
{
    const uint8_t *in = sealed.data;
    uint8_t key[DERIVED_SIZE];
    if (sealed.size < BOX_AT + TAG_SIZE || in[0] != SEAL_VERSION)
        return false;
    const struct master *m = master_by_id(in + ID_AT);
    if (!m)
        return false;
    size_t size = sealed.size - BOX_AT - TAG_SIZE;
    uint8_t *plain = opened_room(a, size);
    struct bytes ad = associated(a, in, bound_to);
    derive_key(m, "seal", purpose, key);
    int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, NULL, NULL, in + BOX_AT, sealed.size - BOX_AT, ad.data, ad.size, in + NONCE_AT, key);
    wipe(key, sizeof key);
    if (opened != 0)
        return false;
    *out = (struct bytes){ plain, size };
    return true;
}
