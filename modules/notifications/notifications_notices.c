/* The kinds of notices about what users and auth publish, and what each says, in English: the one
 * place to add a language. Knows no event and no database. */
#include "notifications_internal.h"

static const struct field notifications__member_news_fields[] = {
    TEXT(notifications__member_news, org_name, .max = 200, .doc = "The organisation"),
    TEXT(notifications__member_news, person_name, .max = 200, .doc = "Whose membership it is"),
    TEXT(notifications__member_news, role, .one_of = USERS_ROLES, .doc = "Role now, or last"),
};
SHAPE(notifications__member_news);

static void say_joined(
    struct ctx *c, const char *locale, const void *data, struct notifications_notice *out)
{
    const struct notifications__member_news *news = data;

    (void)locale;
    *out = (struct notifications_notice){
        .title = arena_printf(c->arena, "Welcome to %s", news->org_name),
        .text = arena_printf(
            c->arena, "You are a member of %s now, as %s.", news->org_name, news->role),
        .action = "Open",
        .path = "/",
    };
}

static void say_member_added(
    struct ctx *c, const char *locale, const void *data, struct notifications_notice *out)
{
    const struct notifications__member_news *news = data;

    (void)locale;
    *out = (struct notifications_notice){
        .title = arena_printf(c->arena, "%s joined %s", news->person_name, news->org_name),
        .text =
            arena_printf(c->arena, "%s accepted an invitation and is a member of %s now, as %s.",
                news->person_name, news->org_name, news->role),
        .action = "See the members",
        .path = "/members",
    };
}

const struct notifications_kind NOTIFICATIONS__JOINED = {
    .name = "users.joined",
    .title = "You join an organisation",
    .doc = "Welcomes who accepted an invitation",
    .category = NOTIFICATIONS_TRANSACTIONAL,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .data = &notifications__member_news_shape,
    .say = say_joined,
};
const struct notifications_kind NOTIFICATIONS__MEMBER_ADDED = {
    .name = "users.member_added",
    .title = "Somebody joins your organisation",
    .doc = "Tells those who manage members that an invitation was accepted",
    .category = NOTIFICATIONS_PRODUCT,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .data = &notifications__member_news_shape,
    .say = say_member_added,
};

const struct offer notifications__offers[] = {
    NOTIFICATIONS_KINDS(&NOTIFICATIONS__JOINED, &NOTIFICATIONS__MEMBER_ADDED),
    { .to = NULL },
};
