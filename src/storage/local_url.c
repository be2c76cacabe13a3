/* Presigned URLs of the local directory. */
#include "local_url.h"
#include <ashlar/config.h>
#include <ashlar/crypto.h>
#include <ashlar/text.h>

static char *signature_of(
    struct arena *a, enum http_method method, const char *key, int64_t expires_s)
{
    struct bytes hash = token_hash(a, "storage.local_url",
        arena_printf(a, "%s %s %lld", method == GET ? "GET" : "PUT", key, (long long)expires_s));

    return base64url_from_bytes(a, hash.data, hash.size);
}

char *local_url(struct ctx *c, enum http_method method, const char *key, int seconds)
{
    int64_t expires_s = clock_now().us / SECONDS(1) + seconds;

    return arena_printf(c->arena, "%s" LOCAL_OBJECT_PATH "?key=%s&expires=%lld&signature=%s",
        setting_text(&ASHLAR_PUBLIC_URL), key, (long long)expires_s,
        signature_of(c->arena, method, key, expires_s));
}

bool local_url_is_good(struct ctx *c, enum http_method method, const char *key, int64_t expires_s,
    const char *signature)
{
    const char *right = signature_of(c->arena, method, key, expires_s);

    return clock_now().us / SECONDS(1) <= expires_s &&
           bytes_equal((struct bytes){ right, strlen(right) },
               (struct bytes){ signature, strlen(signature) });
}
