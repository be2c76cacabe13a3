/* Unsubscription by the link in an email: no sign-in, one person and one kind (RFC 8058). */
#include "notifications_internal.h"

#define PURPOSE  "notifications.unsubscribe"
#define BOUND_TO "mail"

/* Encrypted and not only signed, so that a forwarded email does not reveal an id. It does not
 * expire: an old email must be as easy to unsubscribe from as a new one. */
const char *notifications__unsubscribe_url(
    struct ctx *c, struct uuid person, const struct notifications_kind *kind)
{
    const char *plain =
        arena_printf(c->arena, "%s %s", typeid_text(c->arena, "person", person), kind->name);
    const struct bytes sealed =
        seal(c->arena, PURPOSE, BOUND_TO, (struct bytes){ plain, strlen(plain) });
    const char *host = setting_text(&ASHLAR_PUBLIC_URL);
    const size_t host_size = strlen(host) - (host[strlen(host) - 1] == '/');

    return arena_printf(c->arena, "%.*s/unsubscribe/%s", (int)host_size, host,
        base64url_from_bytes(c->arena, sealed.data, sealed.size));
}

static bool open_token(
    struct ctx *c, const char *token, struct uuid *person, const struct notifications_kind **kind)
{
    struct bytes sealed, plain;
    const char *text, *space;

    if (!base64url_to_bytes(c->arena, token, strlen(token), &sealed) ||
        !unseal(c->arena, PURPOSE, BOUND_TO, sealed, &plain))
        return false;
    text = arena_strndup(c->arena, plain.data, plain.size);
    space = strchr(text, ' ');
    if (space == NULL || !typeid_parse("person", text, (size_t)(space - text), person))
        return false;
    *kind = notifications__kind_named(space + 1);
    return *kind != NULL && !notifications__is_mandatory(*kind);
}

static err no_such_link(struct ctx *c)
{
    return problem(c, &ERR_NOT_FOUND, NULL, "This link leads to nothing that can be left.");
}

err notifications__read_unsubscribe(
    struct ctx *c, const char *token, const struct notifications_kind **kind)
{
    struct uuid person;

    return open_token(c, token, &person, kind) ? NULL : no_such_link(c);
}

err notifications__unsubscribe(
    struct ctx *c, const char *token, const struct notifications_kind **kind)
{
    struct notifications__channel_preference preference = { .channel = "mail", .wanted = false };
    struct uuid person;

    if (!open_token(c, token, &person, kind))
        return no_such_link(c);
    preference.kind = (*kind)->name;
    TRY(tx_enter_person(c, person));
    TRY(notifications__lock_preferences(c));
    return notifications__put_channel_preference(c, &preference, "unsubscribe");
}
