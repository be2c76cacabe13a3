/* The device mark: a sealed value that identifies a browser that signed in before. */
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

/* The content of the mark, not its text: base64url has several spellings of one mark, and all of
 * them are one subject. */
static bool open_mark(struct ctx *c, const char *email, const char *mark, struct bytes *random)
{
    struct bytes sealed;

    return mark != NULL && base64url_to_bytes(c->arena, mark, strlen(mark), &sealed) &&
           unseal(c->arena, DEVICE_PURPOSE, email, sealed, random);
}

bool auth__is_known_device(struct ctx *c, const char *email, const struct auth__browser *browser)
{
    struct bytes random;

    return open_mark(c, email, browser->device, &random);
}

const char *auth__device_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser)
{
    struct bytes random;

    if (!open_mark(c, email, browser->device, &random))
        return email;
    return arena_printf(
        c->arena, "%s %s", email, base64url_from_bytes(c->arena, random.data, random.size));
}

const char *auth__tries_subject(
    struct ctx *c, const char *email, const struct auth__browser *browser)
{
    if (!uuid_is_nil(c->actor.session) && text_equal(c->actor.email, email))
        return arena_printf(
            c->arena, "%s %s", email, typeid_text(c->arena, "session", c->actor.session));
    return auth__device_subject(c, email, browser);
}
