/* From what happened below to a letter on its way, in the event's transaction: exactly once. */
#include "notifications_internal.h"

#define FIRST_HOUR HOURS(1)

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

static err mail_reset(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__reset_password(c, payload, &letter);
    return notifications_mail(c, &letter);
}

static err mail_new_email(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__confirm_new_email(c, payload, &letter);
    return notifications_mail(c, &letter);
}

static err mail_new_email_taken(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__new_email_taken(c, payload, &letter);
    return notifications_mail(c, &letter);
}

/* The letter goes to the old address, so it is none of the person's notices; the inbox has one. */
static err mail_old_email(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct auth_email_changed *e = payload;
    const struct notifications_audience owner = { .person = e->person_id };
    struct notifications_letter letter;

    (void)meta;
    notifications__email_changed(c, e, &letter);
    TRY(notifications_mail(c, &letter));
    return notifications_notify(c, &NOTIFICATIONS__EMAIL_CHANGED, &owner,
        &(struct notifications__security_news){ .network = e->network });
}

/* The organisation's name is read while nobody acts, the person's as that person. */
static err read_news(struct ctx *c, const struct users_member_event *e,
    struct notifications__member_news *out, bool *found)
{
    struct users_person person;
    struct users_org org;
    err failed = users_get_org(c, &org);

    if (failed == NULL)
        failed = tx_enter_person(c, e->person_id);
    if (failed == NULL)
        failed = users_get_me(c, &person);
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

/* To the member it happened to, and to those who manage members; a kind of NULL is told nobody. */
static err tell_members(struct ctx *c, const struct users_member_event *e,
    const struct notifications_kind *to_person, const struct notifications_kind *to_managers)
{
    const struct notifications_audience person = { .person = e->person_id };
    const struct notifications_audience managers = {
        .permission = "users.manage_members",
        .except = e->person_id,
    };
    struct notifications__member_news news;
    bool found;

    TRY(read_news(c, e, &news, &found));
    if (!found)
        return NULL;
    TRY(notifications_notify(c, to_person, &person, &news));
    return to_managers != NULL ? notifications_notify(c, to_managers, &managers, &news) : NULL;
}

static err tell_of_new_member(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    (void)meta;
    return tell_members(c, payload, &NOTIFICATIONS__JOINED, &NOTIFICATIONS__MEMBER_ADDED);
}

static err tell_of_role(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    (void)meta;
    return tell_members(c, payload, &NOTIFICATIONS__ROLE_CHANGED, NULL);
}

static err tell_of_removal(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    (void)meta;
    return tell_members(c, payload, &NOTIFICATIONS__REMOVED, &NOTIFICATIONS__MEMBER_REMOVED);
}

/* Kinds of security notices have the names of the events they tell of. */
static err tell_of_security(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct auth_security_notice *e = payload;
    const struct notifications_audience owner = { .person = e->person_id };
    const struct notifications__security_news news = {
        .network = e->network,
        .codes_left = e->codes_left,
    };

    return notifications_notify(c, notifications__kind_named(meta->kind->name), &owner, &news);
}

/* Does an older session come from the same network with the same browser? Programs keep no mark. */
static err is_familiar(
    struct ctx *c, const struct auth_session_event *e, bool *out, struct auth_session *session)
{
    const struct page_in page = { .limit = 200 };
    struct auth_session_list sessions;

    *out = false;
    *session = (struct auth_session){ .network = NULL };
    TRY(auth_list_sessions_of(c, e->person_id, &page, &sessions));
    for (size_t i = 0; i < sessions.n_data; i++) {
        if (uuid_equal(sessions.data[i].id, e->session_id))
            *session = sessions.data[i];
    }
    for (size_t i = 0; i < sessions.n_data; i++) {
        const struct auth_session *other = &sessions.data[i];
        *out = *out || (!uuid_equal(other->id, e->session_id) &&
                           text_equal(other->network, session->network) &&
                           text_equal(other->user_agent, session->user_agent));
    }
    return NULL;
}

/* Not of the first ones: whoever has just signed up knows. */
static err tell_of_new_device(struct ctx *c, const struct event_meta *meta, const void *payload)
{
    const struct auth_session_event *e = payload;
    const struct notifications_audience owner = { .person = e->person_id };
    struct auth_session session;
    struct users_person person;
    bool familiar;
    err failed;

    if (e->known_device)
        return NULL;
    TRY(tx_enter_person(c, e->person_id));
    failed = users_get_me(c, &person);
    if (failed == &ERR_NOT_FOUND) /* erased meanwhile */
        return NULL;
    TRY(failed);
    TRY(is_familiar(c, e, &familiar, &session));
    if (familiar || meta->at.us < instant_add(person.created_at, FIRST_HOUR).us)
        return NULL;
    return notifications_notify(c, &NOTIFICATIONS__NEW_DEVICE, &owner,
        &(struct notifications__security_news){ .network = session.network });
}

#define SECURITY(event_kind, consumer_name)                                                        \
    {                                                                                              \
        .event = &event_kind, .consumer = consumer_name, .run = tell_of_security                   \
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
    {
        .event = &USERS_ROLE_CHANGED,
        .consumer = "notifications.tell_of_role",
        .run = tell_of_role,
    },
    {
        .event = &USERS_MEMBER_REMOVED,
        .consumer = "notifications.tell_of_removal",
        .run = tell_of_removal,
    },
    {
        .event = &AUTH_RESET_REQUESTED,
        .consumer = "notifications.mail_reset",
        .run = mail_reset,
    },
    {
        .event = &AUTH_EMAIL_CHANGE_STARTED,
        .consumer = "notifications.mail_new_email",
        .run = mail_new_email,
    },
    {
        .event = &AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT,
        .consumer = "notifications.mail_new_email_taken",
        .run = mail_new_email_taken,
    },
    {
        .event = &AUTH_EMAIL_CHANGED,
        .consumer = "notifications.mail_old_email",
        .run = mail_old_email,
    },
    {
        .event = &AUTH_SIGNED_IN,
        .consumer = "notifications.tell_of_new_device",
        .run = tell_of_new_device,
    },
    SECURITY(AUTH_PASSWORD_CHANGED, "notifications.tell_of_password_change"),
    SECURITY(AUTH_PASSWORD_RESET, "notifications.tell_of_password_reset"),
    SECURITY(AUTH_PASSWORD_GUESSED_AT, "notifications.tell_of_guesses"),
    SECURITY(AUTH_EMAIL_CHANGE_ASKED, "notifications.tell_of_asked_email"),
    SECURITY(AUTH_EMAIL_RESTORED, "notifications.tell_of_restored_email"),
    SECURITY(AUTH_SECOND_FACTOR_ADDED, "notifications.tell_of_new_factor"),
    SECURITY(AUTH_SECOND_FACTOR_REMOVED, "notifications.tell_of_lost_factor"),
    SECURITY(AUTH_RECOVERY_CODE_USED, "notifications.tell_of_used_code"),
    SECURITY(AUTH_RECOVERY_CODES_RENEWED, "notifications.tell_of_new_codes"),
    { .run = NULL },
};
