/* The format of an API key: prefix, secret, checksum.
 *
 * The checksum (CRC-32 in base 62, as in GitHub's tokens) lets secret scanners tell a key from a
 * random string. It also rejects a mistyped key without a query. */
#include "auth_internal.h"

enum { CHECK_SIZE = 6, BASE = 62 };
#define CRC_POLYNOMIAL 0xEDB88320u

static const char *prefix_here(void)
{
    return config_environment() == ENV_PRODUCTION ? "ash_live" : "ash_test";
}

static uint32_t crc32_of(const char *text, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;

    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
    }
    return ~crc;
}

static void write_check(const char *text, size_t size, char out[CHECK_SIZE + 1])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t crc = crc32_of(text, size);

    for (int i = CHECK_SIZE - 1; i >= 0; i--, crc /= BASE)
        out[i] = digits[crc % BASE];
    out[CHECK_SIZE] = '\0';
}

char *auth__new_key(struct arena *a)
{
    char *secret = secret_token(a, prefix_here()), check[CHECK_SIZE + 1];
    char *key;

    write_check(secret, strlen(secret), check);
    key = arena_printf(a, "%s%s", secret, check);
    wipe(secret, strlen(secret));
    return key;
}

bool auth__is_key(const char *token)
{
    const size_t size = strlen(token);
    char check[CHECK_SIZE + 1];

    if (!text_starts_with(token, prefix_here()) || size <= CHECK_SIZE)
        return false;
    write_check(token, size - CHECK_SIZE, check);
    return strcmp(token + size - CHECK_SIZE, check) == 0;
}
