/* HMAC with SHA-1 by libcrypto, because libsodium does not have it. */
#include <ashlar/crypto.h>
#include <openssl/hmac.h>

bool hmac_sha1(struct bytes key, struct bytes message, uint8_t out[SHA1_SIZE])
{
    unsigned size = SHA1_SIZE;

    _Static_assert(SHA1_SIZE <= EVP_MAX_MD_SIZE, "one size");
    return HMAC(EVP_sha1(), key.data, (int)key.size, message.data, message.size, out, &size) !=
               NULL &&
           size == SHA1_SIZE;
}
