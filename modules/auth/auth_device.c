/* A browser that signed in before is known by a sealed mark. Knows no HTTP and no SQL. */
#include "auth_internal.h"

#define DEVICE_PURPOSE "auth.device"

const char *auth__device_mark(struct ctx *c, const char *email)
{
    uint8_t random[16];
    struct bytes sealed;

    random_bytes(random, sizeof random);
    sealed = seal(c->arena, DEVICE_PURPOSE, email, (struct bytes){ random, sizeof random });
    return base64url_from_bytes(c->arena, sealed.data, sealed.size);
}

static bool is_known(struct ctx *c, const char *email, const char *mark)
{
    struct bytes sealed, random;

    return mark != NULL && base64url_to_bytes(c->arena, mark, strlen(mark), &sealed) &&
           unseal(c->arena, DEVICE_PURPOSE, email, sealed, &random);
}

bool auth__is_known_device(struct ctx *c, const char *email, const struct auth__browser *browser)
{
    return is_known(c, email, browser->device);
}

const char *auth__tries_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser)
{
    if (!is_known(c, email, browser->device))
        return email;
    return arena_printf(c->arena, "%s %s", email, browser->device);
}
