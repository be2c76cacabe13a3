/*
 * List of common and breached passwords, as sorted fingerprints in breached.bin. It has 122,946
 * passwords of at least 10 characters from Mark Burnett's list (public domain) and zxcvbn's (MIT).
 * The script make_breached.mjs documents how the file is generated.
 */
#include <ashlar/crypto.h>
#include <sodium.h>

enum { FINGERPRINT = 5, PASSWORD_MAX = 1024 };

/* Part of the binary, so that a missing file cannot disable the check unnoticed. */
__asm__(".pushsection .rodata\n"
        "breached_list:\n"
        ".incbin \"" BREACHED_FILE "\"\n"
        "breached_list_end:\n"
        ".popsection\n");
extern const uint8_t breached_list[] __attribute__((visibility("hidden")));
extern const uint8_t breached_list_end[] __attribute__((visibility("hidden")));

static bool is_listed(const uint8_t *wanted)
{
    size_t low = 0, high = (size_t)(breached_list_end - breached_list) / FINGERPRINT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(wanted, breached_list + middle * FINGERPRINT, FINGERPRINT);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

bool password_is_breached(const char *password)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char lowered[PASSWORD_MAX];
    size_t size = strlen(password);
    if (size > sizeof lowered)
        return false;
    for (size_t i = 0; i < size; i++)
        lowered[i] =
            password[i] >= 'A' && password[i] <= 'Z' ? (char)(password[i] | 0x20) : password[i];
    crypto_hash_sha256(hash, (const uint8_t *)lowered, size);
    wipe(lowered, sizeof lowered);
    return is_listed(hash);
}
