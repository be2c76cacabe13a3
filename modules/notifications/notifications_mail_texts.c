/* Texts of emails, in English. Links are built from settings, never from a request. */
#include "notifications_internal.h"

#define TOKEN_MARK "{token}"

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

static const char *link_to(struct ctx *c, const struct setting *path, const char *token)
{
    return notifications__link_to(c, setting_text(path), token);
}

void notifications__verify_email(
    struct ctx *c, const struct auth_signup_started *e, struct notifications_mail_text *out)
{
    const char *product = setting_text(&ASHLAR_PRODUCT_NAME);

    *out = (struct notifications_mail_text){
        .template = "auth.verify_email",
        .to = e->email,
        .subject = arena_printf(c->arena, "Confirm your email address for %s", product),
        .paragraphs = {
            "Hello,", /* no name: it is unverified input and could carry a message to the
                       * recipient */
            arena_printf(c->arena,
                "Someone signed up for %s with this email address. If it was you, confirm it. The link is valid for 24 hours, the code for 10 minutes.",
                product),
        },
        .action = "Confirm the email address",
        .url = link_to(c, &ASHLAR_VERIFY_PATH, e->token),
        .code = e->code,
        .resend_when_unknown = true,
        .footer = "If it was not you, do nothing. No account is created without this confirmation.",
    };
}

void notifications__account_exists(
    struct ctx *c, const struct auth_signup_for_existing *e, struct notifications_mail_text *out)
{
    const char *product = setting_text(&ASHLAR_PRODUCT_NAME);

    *out = (struct notifications_mail_text){
        .template = "auth.account_exists",
        .to = e->email,
        .subject = arena_printf(c->arena, "Your %s account already exists", product),
        .paragraphs = {
            "Hello,",
            arena_printf(c->arena,
                "Someone signed up for %s with this email address, which already has an account. If it was you, sign in.",
                product),
        },
        .action = "Sign in",
        .url = link_to(c, &ASHLAR_SIGN_IN_PATH, NULL),
        .footer = "If it was not you, do nothing. Your account has not changed.",
    };
}

void notifications__invitation(
    struct ctx *c, const struct users_invited_event *e, struct notifications_mail_text *out)
{
    const char *inviter = text_in_mail(c->arena, e->inviter_name);
    const char *org = text_in_mail(c->arena, e->org_name);
    char expires_at[INSTANT_TEXT_SIZE];

    instant_format(e->expires_at, expires_at);
    *out = (struct notifications_mail_text){
        .template = "users.invitation",
        .to = e->email,
        .about = e->inviter_id,
        .subject =
            arena_printf(c->arena, "%s invited you to join %s", inviter, org),
        .paragraphs = {
            "Hello,",
            arena_printf(c->arena, "%s invited you to join %s at %s as %s.", inviter,
                org, setting_text(&ASHLAR_PRODUCT_NAME), e->role),
            arena_printf(c->arena,
                "To accept, sign in or sign up with this email address (%s). The invitation is valid once, until %.10s.",
                e->email, expires_at),
        },
        .action = "Accept the invitation",
        .url = link_to(c, &ASHLAR_INVITATION_PATH, e->token),
        .footer = "If you do not expect this invitation, do nothing. It expires.",
    };
}

void notifications__reset_password(
    struct ctx *c, const struct auth_reset_requested *e, struct notifications_mail_text *out)
{
    *out = (struct notifications_mail_text){
        .template = "auth.reset_password",
        .to = e->email,
        .subject = arena_printf(
            c->arena, "Reset your %s password", setting_text(&ASHLAR_PRODUCT_NAME)),
        .paragraphs = {
            "Hello,",
            "Someone requested a password reset for the account with this email address. If it was you, follow the link. It is valid once, for 30 minutes.",
        },
        .action = "Reset the password",
        .url = link_to(c, &ASHLAR_RESET_PATH, e->token),
        .resend_when_unknown = true,
        .footer = "If it was not you, do nothing. Your password has not changed.",
    };
}

void notifications__confirm_new_email(
    struct ctx *c, const struct auth_email_change_started *e, struct notifications_mail_text *out)
{
    const char *product = setting_text(&ASHLAR_PRODUCT_NAME);

    *out = (struct notifications_mail_text){
        .template = "auth.confirm_new_email",
        .to = e->email,
        .subject = arena_printf(c->arena, "Confirm your new email address for %s", product),
        .paragraphs = {
            "Hello,",
            arena_printf(c->arena,
                "Someone requested to change the email address of a %s account to this one. If it was you, sign in to that account and confirm the change. The link is valid once, for an hour.",
                product),
        },
        .action = "Confirm the new email address",
        .url = link_to(c, &ASHLAR_NEW_EMAIL_PATH, e->token),
        .resend_when_unknown = true,
        .footer = "If it was not you, do nothing. Without the link the change does not take effect.",
    };
}

void notifications__new_email_taken(struct ctx *c, const struct auth_email_change_for_existing *e,
    struct notifications_mail_text *out)
{
    const char *product = setting_text(&ASHLAR_PRODUCT_NAME);

    *out = (struct notifications_mail_text){
        .template = "auth.new_email_taken",
        .to = e->email,
        .subject = arena_printf(c->arena, "This email address already has an account at %s", product),
        .paragraphs = {
            "Hello,",
            arena_printf(c->arena,
                "Someone requested to change the email address of another %s account to this one, which already has an account. If it was you, first change the email address of the account with this email address, or delete that account.",
                product),
        },
        .action = "Sign in",
        .url = link_to(c, &ASHLAR_SIGN_IN_PATH, NULL),
        .footer = "If it was not you, do nothing. Your account has not changed.",
    };
}

void notifications__email_changed(
    struct ctx *c, const struct auth_email_changed *e, struct notifications_mail_text *out)
{
    const char *product = setting_text(&ASHLAR_PRODUCT_NAME);

    *out = (struct notifications_mail_text){
        .template = "auth.email_changed",
        .to = e->old_email,
        .subject = arena_printf(c->arena, "Your %s email address was changed", product),
        .paragraphs = {
            "Hello,",
            arena_printf(c->arena,
                "The email address of your %s account is now %s. The change was confirmed from %s.", product, e->email,
                e->network != NULL ? e->network : "an unknown network"),
            "If it was not you, follow the link. It restores this email address, signs out all sessions, and sends you a password reset link. It is valid for seven days, unless a password is reset from the new email address before.",
        },
        .action = "Undo the change",
        .url = link_to(c, &ASHLAR_OLD_EMAIL_PATH, e->token),
        .resend_when_unknown = true,
        .footer = "If it was you, do nothing. We will not send further email about this account to this address.",
    };
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
