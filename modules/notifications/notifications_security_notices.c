/* The kinds of notices about the safety of an account, and what each says, in English. They come to
 * the inbox and by mail whatever somebody prefers, because whoever took over the account would
 * switch them off. Knows no database. */
#include "notifications_internal.h"

static const struct field notifications__security_news_fields[] = {
    TEXT(notifications__security_news, network, .max = 100, .optional = true,
        .doc = "Network of the client that caused the event. Null if unknown."),
    INT(notifications__security_news, codes_left,
        .doc = "Number of unused recovery codes, if a recovery code was used"),
};
SHAPE(notifications__security_news);

static void say(struct ctx *c, struct notifications_notice *out, const char *title,
    const struct notifications__security_news *news, const char *text)
{
    *out = (struct notifications_notice){
        .title = title,
        .text = arena_printf(c->arena,
            "%s It was done from %s. If it was not you, reset your password now and look at where "
            "you are signed in.",
            text, news->network != NULL ? news->network : "an unknown network"),
        .action = "Look at your account",
        .path = setting_text(&ASHLAR_SECURITY_PATH),
    };
}

/* A kind and its words, which are all that differs. */
#define SECURITY_KIND(id, wire_name, listed_title, when, subject, words)                           \
    NOTICE_WORDS(say_##id, notifications__security_news)                                           \
    {                                                                                              \
        (void)locale;                                                                              \
        say(c, out, subject, in, words);                                                           \
    }                                                                                              \
    NOTICE_KIND(id, notifications__security_news, say_##id, .name = wire_name,                     \
        .title = listed_title, .doc = when, .category = NOTIFICATIONS_SECURITY,                    \
        .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL, .resend_when_unknown = true)

SECURITY_KIND(NOTIFICATIONS__PASSWORD_CHANGED, "auth.password_changed", "Your password changes",
    "Tells that the password was changed while signed in", "Your password was changed",
    "The password of your account was changed, and all other sessions have ended.");
SECURITY_KIND(NOTIFICATIONS__PASSWORD_RESET, "auth.password_reset", "Your password is reset",
    "Tells that a new password was set by a mailed link", "Your password was reset",
    "A new password was set by a link mailed to you, and all sessions have ended.");
SECURITY_KIND(NOTIFICATIONS__PASSWORD_GUESSED_AT, "auth.password_guessed_at",
    "Somebody guesses at your password",
    "Tells that a hundred wrong passwords in a row have locked the password",
    "Somebody guesses at your password",
    "After a hundred wrong passwords in a row yours opens nothing until you reset it.");
SECURITY_KIND(NOTIFICATIONS__EMAIL_CHANGE_ASKED, "auth.email_change_asked",
    "Another address is asked for",
    "Tells that somebody wants the account to go by another address",
    "Another address was asked for",
    "Somebody signed in to your account wants it to go by another address. Nothing changes until "
    "that address is confirmed.");
SECURITY_KIND(NOTIFICATIONS__EMAIL_RESTORED, "auth.email_restored", "Your address is restored",
    "Tells that a change of address was taken back", "Your address was restored",
    "A change of your account's address was taken back by a link mailed to this one. Everybody was "
    "signed out; a link to set a new password comes by another mail.");
SECURITY_KIND(NOTIFICATIONS__FACTOR_ADDED, "auth.second_factor_added", "A second factor is added",
    "Tells that signing in asks for a second factor from now on", "A second factor was added",
    "Signing in to your account asks for a second factor from now on.");
SECURITY_KIND(NOTIFICATIONS__FACTOR_REMOVED, "auth.second_factor_removed",
    "A second factor is removed", "Tells that a second factor was taken away",
    "A second factor was removed", "A second factor of your account was taken away.");
SECURITY_KIND(NOTIFICATIONS__CODES_RENEWED, "auth.recovery_codes_renewed",
    "Recovery codes are renewed", "Tells that the old recovery codes are worth nothing",
    "Your recovery codes were renewed",
    "There are new recovery codes for your account; the old ones open nothing.");

NOTICE_WORDS(say_code_used, notifications__security_news)
{
    (void)locale;
    say(c, out, "A recovery code was used", in,
        arena_printf(c->arena, "Somebody signed in with one of your recovery codes; %lld are left.",
            (long long)in->codes_left));
}

NOTICE_KIND(NOTIFICATIONS__CODE_USED, notifications__security_news, say_code_used,
    .name = "auth.recovery_code_used", .title = "A recovery code is used",
    .doc = "Sent when a recovery code was used to sign in", .category = NOTIFICATIONS_SECURITY,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL, .resend_when_unknown = true);

/* No network: it is not the person's, nor anybody's they should look out for. */
NOTICE_WORDS(say_factor_removed_by_staff, notifications__security_news)
{
    (void)c, (void)locale, (void)in;
    *out = (struct notifications_notice){
        .title = "Your second factor was removed by our staff",
        .text = "Our staff removed the second factor of your account, with its recovery codes, and "
                "signed you out everywhere. Your password is enough to sign in until you add "
                "another one. If you did not ask for it, reset your password now and tell us.",
        .action = "Look at your account",
        .path = setting_text(&ASHLAR_SECURITY_PATH),
    };
}

NOTICE_KIND(NOTIFICATIONS__FACTOR_REMOVED_BY_STAFF, notifications__security_news,
    say_factor_removed_by_staff, .name = "auth.second_factor_removed_by_staff",
    .title = "Staff remove your second factor",
    .doc = "Sent when staff removed the second factor of a person who lost it",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .resend_when_unknown = true);

NOTICE_WORDS(say_new_device, notifications__security_news)
{
    (void)locale;
    say(c, out, "A sign-in from a new device", in,
        "Somebody signed in to your account with a browser that was not used for it before.");
}

NOTICE_KIND(NOTIFICATIONS__NEW_DEVICE, notifications__security_news, say_new_device,
    .name = "auth.new_device", .title = "A sign-in from a new device",
    .doc = "Sent when a browser signed in that was not used for this account before",
    .category = NOTIFICATIONS_SECURITY, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .resend_when_unknown = true);

NOTICE_WORDS(say_email_changed, notifications__security_news)
{
    (void)locale;
    say(c, out, "Your address was changed", in,
        "Your account goes by another address now; the old one was told and can take it back.");
}

/* In the inbox alone: whoever reads the new address has just confirmed it. */
NOTICE_KIND(NOTIFICATIONS__EMAIL_CHANGED, notifications__security_news, say_email_changed,
    .name = "auth.email_changed", .title = "Your address changes",
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
