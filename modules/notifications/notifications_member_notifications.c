/* Kinds and texts of notifications about organisations, in English. A new language is added here
 * and in the security notifications. */
#include "notifications_internal.h"

static const struct field notifications__member_news_fields[] = {
    TEXT(notifications__member_news, org_name, .max = 200, .doc = "Name of the organisation"),
    TEXT(notifications__member_news, person_name, .max = 200, .doc = "Name of the member"),
    TEXT(notifications__member_news, role, .one_of = USERS_ROLES,
        .doc = "Current role, or the last one of a removed member"),
};
SHAPE(notifications__member_news);

NOTIFICATION_WORDS(say_joined, notifications__member_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = arena_printf(c->arena, "Welcome to %s", in->org_name),
        .text = arena_printf(
            c->arena, "You are now a member of %s, with the role %s.", in->org_name, in->role),
        .action = "Open",
        .path = "/",
    };
}

NOTIFICATION_WORDS(say_member_added, notifications__member_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = arena_printf(c->arena, "%s joined %s", in->person_name, in->org_name),
        .text = arena_printf(c->arena,
            "%s accepted an invitation and is now a member of %s, with the role %s.",
            in->person_name, in->org_name, in->role),
        .action = "View the members",
        .path = setting_text(&ASHLAR_MEMBERS_PATH),
    };
}

NOTIFICATION_WORDS(say_role_changed, notifications__member_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = arena_printf(c->arena, "You are now %s of %s", in->role, in->org_name),
        .text = "Your role was changed. Your permissions there have changed with it.",
        .action = "Open",
        .path = "/",
    };
}

NOTIFICATION_WORDS(say_removed, notifications__member_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = arena_printf(c->arena, "You are no longer a member of %s", in->org_name),
        .text =
            "You left or were removed. The people who manage members there can invite you again.",
    };
}

NOTIFICATION_WORDS(say_member_removed, notifications__member_news)
{
    (void)locale;
    *out = (struct notifications_content){
        .title =
            arena_printf(c->arena, "%s is no longer a member of %s", in->person_name, in->org_name),
        .text = arena_printf(
            c->arena, "%s left or was removed. The last role was %s.", in->person_name, in->role),
        .action = "View the members",
        .path = setting_text(&ASHLAR_MEMBERS_PATH),
    };
}

NOTIFICATION_KIND(NOTIFICATIONS__JOINED, notifications__member_news, say_joined,
    .name = "users.joined", .title = "Organisation joined",
    .doc = "Sent to a person who accepted an invitation", .category = NOTIFICATIONS_TRANSACTIONAL,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);
NOTIFICATION_KIND(NOTIFICATIONS__MEMBER_ADDED, notifications__member_news, say_member_added,
    .name = "users.member_added", .title = "New member in your organisation",
    .doc = "Sent to those who manage members when an invitation was accepted",
    .category = NOTIFICATIONS_PRODUCT, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);
NOTIFICATION_KIND(NOTIFICATIONS__ROLE_CHANGED, notifications__member_news, say_role_changed,
    .name = "users.role_changed", .title = "Role changed",
    .doc = "Sent to a member whose role was changed", .category = NOTIFICATIONS_TRANSACTIONAL,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);
NOTIFICATION_KIND(NOTIFICATIONS__REMOVED, notifications__member_news, say_removed,
    .name = "users.removed", .title = "Organisation left",
    .doc = "Sent to a person who left an organisation or was removed from it",
    .category = NOTIFICATIONS_TRANSACTIONAL, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);
NOTIFICATION_KIND(NOTIFICATIONS__MEMBER_REMOVED, notifications__member_news, say_member_removed,
    .name = "users.member_removed", .title = "Member left your organisation",
    .doc = "Sent to those who manage members when a member left or was removed",
    .category = NOTIFICATIONS_PRODUCT, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .off = NOTIFICATIONS_MAIL);

const struct extension notifications__extensions[] = {
    NOTIFICATIONS_KINDS(&NOTIFICATIONS__JOINED.kind, &NOTIFICATIONS__MEMBER_ADDED.kind,
        &NOTIFICATIONS__ROLE_CHANGED.kind, &NOTIFICATIONS__REMOVED.kind,
        &NOTIFICATIONS__MEMBER_REMOVED.kind, &NOTIFICATIONS__ORG_SUSPENDED.kind,
        &NOTIFICATIONS__ORG_RESTORED.kind),
    { .to = "notifications", .rows = notifications__security_kinds },
    { .to = NULL },
};
