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

/* Read as the member whose event it is: a name is open to its person, an organisation to its
 * members. */
static err read_news(struct ctx *c, const struct users_member_event *e,
    struct notifications__member_news *out, bool *found)
{
    struct users_person person;
    struct users_org org;
    err failed;

    TRY(tx_enter_person(c, e->person_id));
    failed = users_get_me(c, &person);
    if (failed == NULL)
        failed = users_get_org(c, &org);
    *found = failed != &ERR_NOT_FOUND; /* gone meanwhile: there is nobody to tell */
    if (failed != NULL)
        return *found ? failed : NULL;
    *out = (struct notifications__member_news){
        .org_name = org.name,
        .person_name = person.name,
        .role = e->role,
    };
    return NULL;
}

static err tell_of_new_member(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct users_member_event *e = payload;
    const struct notifications_audience joined = { .person = e->person_id };
    const struct notifications_audience others = {
        .permission = "users.manage_members",
        .except = e->person_id,
    };
    struct notifications__member_news news;
    bool found;

    (void)meta;
    TRY(read_news(c, e, &news, &found));
    if (!found)
        return NULL;
    TRY(notifications_notify(c, &NOTIFICATIONS__JOINED, &joined, &news));
    return notifications_notify(c, &NOTIFICATIONS__MEMBER_ADDED, &others, &news);
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
    {
        .event = &USERS_MEMBER_ADDED,
        .consumer = "notifications.tell_of_new_member",
        .run = tell_of_new_member,
    },
    { .run = NULL },
};
