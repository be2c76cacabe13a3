/* From what happened below to a letter on its way, in the event's transaction: exactly once. */
#include "notifications_internal.h"

static err mail_verification(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__verify_email(c, payload, &letter);
    return notifications_mail(c, &letter);
}

static err mail_account_exists(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__account_exists(c, payload, &letter);
    return notifications_mail(c, &letter);
}

static err mail_invitation(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__invitation(c, payload, &letter);
    return notifications_mail(c, &letter);
}

const struct subscription notifications__subscriptions[] = {
    {
        .event = &AUTH_SIGNUP_STARTED,
        .consumer = "notifications.mail_verification",
        .run = mail_verification,
    },
    {
        .event = &AUTH_SIGNUP_FOR_EXISTING_ACCOUNT,
        .consumer = "notifications.mail_account_exists",
        .run = mail_account_exists,
    },
    {
        .event = &USERS_INVITED,
        .consumer = "notifications.mail_invitation",
        .run = mail_invitation,
    },
    { .event = NULL },
};
