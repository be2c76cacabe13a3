/* Texts of emails, in English. Links are built from settings, never from a request. */
#include "notifications_internal.h"

#define TOKEN_MARK "{token}"

enum { FILLED_MAX = 32 * 1024 };

/* The front end's URL, the path, and the token (base64url: nothing to escape) in its place. */
const char *notifications__link_to(struct ctx *c, const char *path, const char *token)
{
    const char *app = setting_text(&ASHLAR_APP_URL);
    const char *mark = token != NULL ? strstr(path, TOKEN_MARK) : NULL;
    const int app_size = (int)(strlen(app) - (app[strlen(app) - 1] == '/'));

    if (mark == NULL)
        return arena_printf(c->arena, "%.*s%s", app_size, app, path);
    return arena_printf(c->arena, "%.*s%.*s%s%s", app_size, app, (int)(mark - path), path, token,
        mark + sizeof TOKEN_MARK - 1);
}

const char *notifications__fill(
    struct ctx *c, const char *text, const struct notifications__mark *marks)
{
    struct buf b;

    buf_init(&b, c->arena, FILLED_MAX);
    while (*text != '\0') {
        const struct notifications__mark *m = marks;

        while (m->name != NULL && !text_starts_with(text, m->name))
            m++;
        if (m->name != NULL)
            buf_text(&b, m->value);
        else
            buf_char(&b, *text);
        text += m->name != NULL ? strlen(m->name) : 1;
    }
    return b.data;
}

/* --- The mails that events cause --- */

const struct notifications__mail_kind NOTIFICATIONS__VERIFY_EMAIL = {
    .template = "auth.verify_email",
    .subject = "Confirm your email address for {product}",
    .paragraphs = {
        "Hello,", /* no name: it is unverified input and could carry a message to the recipient */
        "Someone signed up for {product} with this email address. If it was you, confirm it. The link is valid for 24 hours, the code for 10 minutes.",
    },
    .action = "Confirm the email address",
    .path = &ASHLAR_VERIFY_PATH,
    .resend_when_unknown = true,
    .footer = "If it was not you, do nothing. No account is created without this confirmation.",
};

const struct notifications__mail_kind NOTIFICATIONS__ACCOUNT_EXISTS = {
    .template = "auth.account_exists",
    .subject = "Your {product} account already exists",
    .paragraphs = {
        "Hello,",
        "Someone signed up for {product} with this email address, which already has an account. If it was you, sign in.",
    },
    .action = "Sign in",
    .path = &ASHLAR_SIGN_IN_PATH,
    .footer = "If it was not you, do nothing. Your account has not changed.",
};

const struct notifications__mail_kind NOTIFICATIONS__INVITATION = {
    .template = "users.invitation",
    .subject = "{inviter} invited you to join {org}",
    .paragraphs = {
        "Hello,",
        "{inviter} invited you to join {org} at {product} as {role}.",
        "To accept, sign in or sign up with this email address ({email}). The invitation is valid once, until {expires_at}.",
    },
    .action = "Accept the invitation",
    .path = &ASHLAR_INVITATION_PATH,
    .footer = "If you do not expect this invitation, do nothing. It expires.",
};

const struct notifications__mail_kind NOTIFICATIONS__RESET_PASSWORD = {
    .template = "auth.reset_password",
    .subject = "Reset your {product} password",
    .paragraphs = {
        "Hello,",
        "Someone requested a password reset for the account with this email address. If it was you, follow the link. It is valid once, for 30 minutes.",
    },
    .action = "Reset the password",
    .path = &ASHLAR_RESET_PATH,
    .resend_when_unknown = true,
    .footer = "If it was not you, do nothing. Your password has not changed.",
};

const struct notifications__mail_kind NOTIFICATIONS__CONFIRM_NEW_EMAIL = {
    .template = "auth.confirm_new_email",
    .subject = "Confirm your new email address for {product}",
    .paragraphs = {
        "Hello,",
        "Someone requested to change the email address of a {product} account to this one. If it was you, sign in to that account and confirm the change. The link is valid once, for an hour.",
    },
    .action = "Confirm the new email address",
    .path = &ASHLAR_NEW_EMAIL_PATH,
    .resend_when_unknown = true,
    .footer = "If it was not you, do nothing. Without the link the change does not take effect.",
};

const struct notifications__mail_kind NOTIFICATIONS__NEW_EMAIL_TAKEN = {
    .template = "auth.new_email_taken",
    .subject = "This email address already has an account at {product}",
    .paragraphs = {
        "Hello,",
        "Someone requested to change the email address of another {product} account to this one, which already has an account. If it was you, first change the email address of the account with this email address, or delete that account.",
    },
    .action = "Sign in",
    .path = &ASHLAR_SIGN_IN_PATH,
    .footer = "If it was not you, do nothing. Your account has not changed.",
};

const struct notifications__mail_kind NOTIFICATIONS__OLD_EMAIL_CHANGED = {
    .template = "auth.email_changed",
    .subject = "Your {product} email address was changed",
    .paragraphs = {
        "Hello,",
        "The email address of your {product} account is now {email}. The change was confirmed from {network}.",
        "If it was not you, follow the link. It restores this email address, signs out all sessions, and sends you a password reset link. It is valid for seven days, unless a password is reset from the new email address before.",
    },
    .action = "Undo the change",
    .path = &ASHLAR_OLD_EMAIL_PATH,
    .resend_when_unknown = true,
    .footer = "If it was you, do nothing. We will not send further email about this account to this address.",
};

static const char *name_of(struct ctx *c, const char *typed)
{
    return typed != NULL ? text_in_mail(c->arena, typed) : "";
}

void notifications__mail_text_by(struct ctx *c, const struct notifications__mail_kind *kind,
    const struct notifications__facts *facts, struct notifications_mail_text *out)
{
    char expires_at[INSTANT_TEXT_SIZE];
    const struct notifications__mark marks[] = {
        { "{product}", setting_text(&ASHLAR_PRODUCT_NAME) },
        { "{inviter}", name_of(c, facts->inviter) },
        { "{org}", name_of(c, facts->org) },
        { "{email}", facts->email != NULL ? facts->email : "" },
        { "{role}", facts->role != NULL ? facts->role : "" },
        { "{network}", facts->network != NULL ? facts->network : "an unknown network" },
        { "{expires_at}", expires_at },
        { NULL, NULL },
    };

    instant_format(facts->expires_at, expires_at);
    expires_at[sizeof "2027-01-31" - 1] = '\0'; /* the day */
    *out = (struct notifications_mail_text){
        .template = kind->template,
        .to = facts->to,
        .person = facts->person,
        .about = facts->about,
        .subject = notifications__fill(c, kind->subject, marks),
        .action = kind->action,
        .url = notifications__link_to(c, setting_text(kind->path), facts->token),
        .code = facts->code,
        .footer = kind->footer,
        .resend_when_unknown = kind->resend_when_unknown,
    };
    for (size_t i = 0; kind->paragraphs[i] != NULL; i++)
        out->paragraphs[i] = notifications__fill(c, kind->paragraphs[i], marks);
}

void notifications__mail_text_of(struct ctx *c, const struct users_person *to,
    const struct notifications_content *content, struct notifications_mail_text *out)
{
    *out = (struct notifications_mail_text){
        .to = to->email,
        .subject = content->title,
        .paragraphs = { arena_printf(c->arena, "Hello %s,", text_in_mail(c->arena, to->name)),
            content->text },
        .action = content->action,
        .url = content->path != NULL ? notifications__link_to(c, content->path, NULL) : NULL,
        .footer = arena_printf(c->arena, "You receive this email because you have a %s account.",
            setting_text(&ASHLAR_PRODUCT_NAME)),
    };
}
