/* The kinds of notices about organisations, and what each says, in English: with the security
 * notices the one place to add a language. Knows no event and no database. */
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
        .path = setting_text(&ASHLAR_MEMBERS_PATH),
    };
}

static void say_role_changed(
    struct ctx *c, const char *locale, const void *data, struct notifications_notice *out)
{
    const struct notifications__member_news *news = data;

    (void)locale;
    *out = (struct notifications_notice){
        .title = arena_printf(c->arena, "You are %s of %s now", news->role, news->org_name),
        .text = "Your role was changed, and with it what you may do there.",
        .action = "Open",
        .path = "/",
    };
}

static void say_removed(
    struct ctx *c, const char *locale, const void *data, struct notifications_notice *out)
{
    const struct notifications__member_news *news = data;

    (void)locale;
    *out = (struct notifications_notice){
        .title = arena_printf(c->arena, "You are no longer a member of %s", news->org_name),
        .text = "You left or were removed. Who manages the members there can invite you again.",
    };
}

static void say_member_removed(
    struct ctx *c, const char *locale, const void *data, struct notifications_notice *out)
{
    const struct notifications__member_news *news = data;

    (void)locale;
    *out = (struct notifications_notice){
        .title = arena_printf(
            c->arena, "%s is no longer a member of %s", news->person_name, news->org_name),
        .text = arena_printf(c->arena, "%s left or was removed; the last role was %s.",
            news->person_name, news->role),
        .action = "See the members",
        .path = setting_text(&ASHLAR_MEMBERS_PATH),
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
const struct notifications_kind NOTIFICATIONS__ROLE_CHANGED = {
    .name = "users.role_changed",
    .title = "Your role changes",
    .doc = "Tells a member what role they have now",
    .category = NOTIFICATIONS_TRANSACTIONAL,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .data = &notifications__member_news_shape,
    .say = say_role_changed,
};
const struct notifications_kind NOTIFICATIONS__REMOVED = {
    .name = "users.removed",
    .title = "You leave an organisation",
    .doc = "Tells who left or was removed",
    .category = NOTIFICATIONS_TRANSACTIONAL,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .data = &notifications__member_news_shape,
    .say = say_removed,
};
const struct notifications_kind NOTIFICATIONS__MEMBER_REMOVED = {
    .name = "users.member_removed",
    .title = "Somebody leaves your organisation",
    .doc = "Tells those who manage members that somebody left or was removed",
    .category = NOTIFICATIONS_PRODUCT,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .off = NOTIFICATIONS_MAIL,
    .data = &notifications__member_news_shape,
    .say = say_member_removed,
};

const struct offer notifications__offers[] = {
    NOTIFICATIONS_KINDS(&NOTIFICATIONS__JOINED, &NOTIFICATIONS__MEMBER_ADDED,
        &NOTIFICATIONS__ROLE_CHANGED, &NOTIFICATIONS__REMOVED, &NOTIFICATIONS__MEMBER_REMOVED),
    { .to = "notifications", .rows = notifications__security_kinds },
    { .to = NULL },
};
