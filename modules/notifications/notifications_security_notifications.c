/* Kinds and texts of security notifications, in English. They are sent to the inbox and by email
 * whatever the preferences are, because a thief of the account would switch them off. */
#include "notifications_internal.h"

static const struct field notifications__security_news_fields[] = {
    TEXT(notifications__security_news, network, .max = 100, .optional = true,
        .doc = "Network of the client that caused the event. Null if unknown."),
    INT(notifications__security_news, codes_left,
        .doc = "Number of unused recovery codes, if a recovery code was used"),
};
SHAPE(notifications__security_news);

static void say(struct ctx *c, struct notifications_content *out, const char *title,
    const struct notifications__security_news *news, const char *text)
{
    *out = (struct notifications_content){
        .title = title,
        .text = arena_printf(c->arena,
            "%s This was done from %s. If it was not you, reset your password now and check your "
            "active sessions.",
            text, news->network != NULL ? news->network : "an unknown network"),
        .action = "View your account",
        .path = setting_text(&ASHLAR_SECURITY_PATH),
    };
}

/* A kind with its text; all other properties are equal. */
#define SECURITY_KIND(id, wire_name, listed_title, when, subject, words)                           \
    NOTIFICATION_WORDS(say_##id, notifications__security_news)                                     \
    {                                                                                              \
        (void)locale;                                                                              \
        say(c, out, subject, in, words);                                                           \
    }                                                                                              \
    NOTIFICATION_KIND(id, notifications__security_news, say_##id, .name = wire_name,               \
        .title = listed_title, .doc = when, .category = NOTIFICATIONS_SECURITY,                    \
        .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL, .resend_when_unknown = true)

SECURITY_KIND(NOTIFICATIONS__PASSWORD_CHANGED, "auth.password_changed", "Password changed",
    "Sent when the password was changed while signed in", "Your password was changed",
    "The password of your account was changed, and all other sessions were signed out.");
SECURITY_KIND(NOTIFICATIONS__PASSWORD_RESET, "auth.password_reset", "Password reset",
    "Sent when the password was reset by an emailed link", "Your password was reset",
    "The password of your account was reset by a link emailed to you, and all sessions were signed "
    "out.");
SECURITY_KIND(NOTIFICATIONS__PASSWORD_GUESSED_AT, "auth.password_guessed_at", "Password locked",
    "Sent when the password was locked after a hundred consecutive failed attempts",
    "Your password was locked after failed sign-ins",
    "Your password was locked after a hundred consecutive wrong passwords. Reset it to sign in by "
    "password again.");
SECURITY_KIND(NOTIFICATIONS__EMAIL_CHANGE_ASKED, "auth.email_change_asked",
    "Email address change requested", "Sent when an email address change was requested",
    "Email address change requested",
    "Someone signed in to your account requested a change of its email address. Nothing changes "
    "until the new email address is confirmed.");
SECURITY_KIND(NOTIFICATIONS__EMAIL_RESTORED, "auth.email_restored", "Email address change undone",
    "Sent when an email address change was undone", "Your email address change was undone",
    "A change of your account's email address was undone by a link emailed to this email address. "
    "All sessions were signed out. You receive a password reset link in a separate email.");
SECURITY_KIND(NOTIFICATIONS__FACTOR_ADDED, "auth.second_factor_added", "Second factor added",
    "Sent when a second factor was added to the account", "A second factor was added",
    "Signing in to your account now requires a second factor.");
SECURITY_KIND(NOTIFICATIONS__FACTOR_REMOVED, "auth.second_factor_removed", "Second factor removed",
    "Sent when the second factor was removed", "A second factor was removed",
    "The second factor of your account was removed.");
SECURITY_KIND(NOTIFICATIONS__CODES_RENEWED, "auth.recovery_codes_renewed",
    "Recovery codes regenerated", "Sent when the recovery codes were regenerated",
    "Your recovery codes were regenerated",
    "Your account has new recovery codes. The previous codes are no longer valid.");

NOTIFICATION_WORDS(say_code_used, notifications__security_news)
{
    (void)locale;
    say(c, out, "A recovery code was used", in,
        arena_printf(c->arena,
            "Someone signed in with one of your recovery codes. Codes left: %lld.",
            (long long)in->codes_left));
}

NOTIFICATION_KIND(NOTIFICATIONS__CODE_USED, notifications__security_news, say_code_used,
    .name = "auth.recovery_code_used", .title = "Recovery code used",
    .doc = "Sent when a recovery code was used to sign in", .category = NOTIFICATIONS_SECURITY,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL, .resend_when_unknown = true);

/* Without a network: it would be the staff member's, not the person's. */
NOTIFICATION_WORDS(say_factor_removed_by_staff, notifications__security_news)
{
    (void)c, (void)locale, (void)in;
    *out = (struct notifications_content){
        .title = "Your second factor was removed by our staff",
        .text = "Our staff removed the second factor of your account with its recovery codes, and "
                "signed you out on all devices. Until you add another second factor, you can sign "
                "in by password only. If you did not request this, reset your password now and "
                "contact us.",
        .action = "View your account",
        .path = setting_text(&ASHLAR_SECURITY_PATH),
    };
}

NOTIFICATION_KIND(NOTIFICATIONS__FACTOR_REMOVED_BY_STAFF, notifications__security_news,
    say_factor_removed_by_staff, .name = "auth.second_factor_removed_by_staff",
    .title = "Second factor removed by staff",
    .doc = "Sent when staff removed the second factor of a person who lost it",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .resend_when_unknown = true);

NOTIFICATION_WORDS(say_new_device, notifications__security_news)
{
    (void)locale;
    say(c, out, "Sign-in from a new device", in,
        "Someone signed in to your account with a browser that was not used for it before.");
}

NOTIFICATION_KIND(NOTIFICATIONS__NEW_DEVICE, notifications__security_news, say_new_device,
    .name = "auth.new_device", .title = "Sign-in from a new device",
    .doc = "Sent when a browser signed in that was not used for this account before",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .resend_when_unknown = true);

NOTIFICATION_WORDS(say_email_changed, notifications__security_news)
{
    (void)locale;
    say(c, out, "Your email address was changed", in,
        "Your account has a new email address. The previous email address was notified and can "
        "undo the change.");
}

/* In the inbox only: the new address has just been confirmed by its reader. */
NOTIFICATION_KIND(NOTIFICATIONS__EMAIL_CHANGED, notifications__security_news, say_email_changed,
    .name = "auth.email_changed", .title = "Email address changed",
    .doc = "Sent when the email address of the account was changed",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX);

const struct notifications_kind *const notifications__security_kinds[] = {
    &NOTIFICATIONS__NEW_DEVICE.kind,
    &NOTIFICATIONS__EMAIL_CHANGED.kind,
    &NOTIFICATIONS__EMAIL_CHANGE_ASKED.kind,
    &NOTIFICATIONS__EMAIL_RESTORED.kind,
    &NOTIFICATIONS__PASSWORD_CHANGED.kind,
    &NOTIFICATIONS__PASSWORD_RESET.kind,
    &NOTIFICATIONS__PASSWORD_GUESSED_AT.kind,
    &NOTIFICATIONS__FACTOR_ADDED.kind,
    &NOTIFICATIONS__FACTOR_REMOVED.kind,
    &NOTIFICATIONS__FACTOR_REMOVED_BY_STAFF.kind,
    &NOTIFICATIONS__CODE_USED.kind,
    &NOTIFICATIONS__CODES_RENEWED.kind,
    NULL,
};
