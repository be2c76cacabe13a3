/* Signing secrets and signatures by Standard Webhooks 1.0.0. */
#include "integrations_internal.h"

#define SEAL_PURPOSE "integrations.secret"

/* Bound to its row: a secret copied to another endpoint cannot be decrypted. */
static const char *bound_to(struct ctx *c, struct uuid endpoint)
{
    return typeid_text(c->arena, "endpoint", endpoint);
}

void integrations__new_secret(struct ctx *c, struct uuid endpoint, struct integrations__secret *out)
{
    uint8_t secret[INTEGRATIONS__SECRET_SIZE];
    struct bytes sealed;
    char *text;

    random_bytes(secret, sizeof secret);
    text = arena_printf(c->arena, "whsec_%s", base64_from_bytes(c->arena, secret, sizeof secret));
    sealed = seal(
        c->arena, SEAL_PURPOSE, bound_to(c, endpoint), (struct bytes){ secret, sizeof secret });
    out->shown = secret_strdup(c->arena, text);
    out->sealed = base64url_from_bytes(c->arena, sealed.data, sealed.size);
    wipe(text, strlen(text));
    wipe(secret, sizeof secret);
}

err integrations__open_secret(
    struct ctx *c, struct uuid endpoint, const char *sealed, struct bytes *out)
{
    struct bytes bytes;

    if (base64url_to_bytes(c->arena, sealed, strlen(sealed), &bytes) &&
        unseal(c->arena, SEAL_PURPOSE, bound_to(c, endpoint), bytes, out))
        return NULL;
    log_error(c, "integrations.secret_unreadable", log_text("endpoint", bound_to(c, endpoint)),
        log_text("repair", "set ASHLAR_SECRET_KEY_PREVIOUS to the key it was sealed with"));
    return &ERR_INTERNAL;
}

char *integrations__sign(
    struct arena *a, struct bytes secret, const char *id, int64_t seconds, struct bytes body)
{
    uint8_t mac[HASH_SIZE];
    struct buf b;

    buf_init(&b, a, body.size + strlen(id) + 64);
    buf_printf(&b, "%s.%lld.", id, (long long)seconds);
    buf_add(&b, body.data, body.size);
    hmac_sha256(secret, (struct bytes){ b.data, b.size }, mac);
    return arena_printf(a, "v1,%s", base64_from_bytes(a, mac, sizeof mac));
}
