/* What notifications hears: from what happened below to a letter on its way, in the event's
 * transaction: exactly once. */
#include "notifications_internal.h"

enum { WARNINGS_PER_HOUR = 20 }; /* of one kind to one owner */

EVENT_HANDLER(mail_verification, auth_signup_started)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__verify_email(c, in, &letter);
    return notifications_mail(c, &letter);
}

EVENT_HANDLER(mail_account_exists, auth_signup_for_existing)
{
    struct notifications_letter letter;

    (void)meta;
    notifications__account_exists(c, in, &letter);
    return notifications_mail(c, &letter);
}

/* Not into an organisation that was deleted since, perhaps while it was suspended for such mails,
 * nor by who was erased since: nobody stands for the invitation any more. */
EVENT_HANDLER(mail_invitation, users_invited_event)
{
    struct notifications_letter letter;
    bool gone, may, there = true;

    (void)meta;
    TRY(notifications__is_org_gone(c, &gone));
    if (gone)
        return NULL;
    if (!uuid_is_nil(in->inviter_id))
        TRY(notifications__enter_if_there(c, in->inviter_id, &there));
    if (!there)
        return NULL;
    TRY(auth_may_invite_by_mail(c, in->email, &may));
    if (!may)
        return NULL;
    notifications__invitation(c, in, &letter);
    return notifications_mail(c, &letter);
}

/* As the system, which may count what was mailed. Each kind is bounded by itself, so that nobody
 * hides one thing behind many of another. */
EVENT_HANDLER(mail_owner, users_owner_warning)
{
    struct notifications_letter letter;
    int64_t n;

    (void)meta;
    if (!notifications__owner_warning(c, in, &letter)) {
        log_error(c, "notifications.no_words", log_text("what", in->what),
            log_text("why", "notifications_owner_letters.c has no text for it"));
        return NULL;
    }
    TRY(notifications__count_recent_mails(c, &letter, &n));
    TRY(tx_leave_org(c)); /* where it would wait while that is suspended */
    if (n < WARNINGS_PER_HOUR)
        return notifications_mail(c, &letter);
    log_warn(c, "notifications.warnings_bounded", log_text("what", in->what),
        log_text("person", typeid_text(c->arena, "person", in->person_id)),
        log_int("most_per_hour", WARNINGS_PER_HOUR));
    return NULL;
}

/* A letter about somebody's account: nothing of it is left when they are erased, before it was
 * written or after. */
static err mail_about(
    struct ctx *c, struct uuid person, struct notifications_letter *letter, bool *gone)
{
    bool there = true;

    if (!uuid_is_nil(person))
        TRY(notifications__enter_if_there(c, person, &there));
    *gone = !there;
    if (*gone)
        return NULL;
    letter->person = person;
    return notifications_mail(c, letter);
}

EVENT_HANDLER(mail_reset, auth_reset_requested)
{
    struct notifications_letter letter;
    bool gone;

    (void)meta;
    notifications__reset_password(c, in, &letter);
    return mail_about(c, in->person_id, &letter, &gone);
}

EVENT_HANDLER(mail_new_email, auth_email_change_started)
{
    struct notifications_letter letter;
    bool gone;

    (void)meta;
    notifications__confirm_new_email(c, in, &letter);
    return mail_about(c, in->person_id, &letter, &gone);
}

EVENT_HANDLER(mail_new_email_taken, auth_email_change_for_existing)
{
    struct notifications_letter letter;
    bool gone;

    (void)meta;
    notifications__new_email_taken(c, in, &letter);
    return mail_about(c, in->person_id, &letter, &gone);
}

/* As the system, which may say whose earlier mails to the old address are: nobody will find them by
 * that address any more. The letter goes to the old address, so it is none of the person's notices;
 * the inbox has one. */
EVENT_HANDLER(mail_old_email, auth_email_changed)
{
    const struct notifications_audience owner = { .person = in->person_id };
    struct notifications_letter letter;
    bool gone;

    (void)meta;
    TRY(notifications__adopt_mails(c, in->old_email, in->person_id));
    notifications__email_changed(c, in, &letter);
    TRY(mail_about(c, in->person_id, &letter, &gone));
    if (gone)
        return NULL;
    return notifications_notify(c, &NOTIFICATIONS__EMAIL_CHANGED, &owner,
        &(struct notifications__security_news){ .network = in->network });
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
        .org_name = text_in_mail(c->arena, org.name),
        .person_name = text_in_mail(c->arena, person.name),
        .role = e->role,
    };
    return NULL;
}

/* To the member it happened to, and to those who manage members; a kind of NULL is told nobody. */
static err tell_members(struct ctx *c, const struct users_member_event *e,
    const NOTICE(notifications__member_news) * to_person,
    const NOTICE(notifications__member_news) * to_managers)
{
    const struct notifications_audience person = { .person = e->person_id };
    const struct notifications_audience managers = {
        .permission = "users.manage_members",
        .except = e->person_id,
        .about = e->person_id,
    };
    struct notifications__member_news news;
    bool found;

    TRY(read_news(c, e, &news, &found));
    if (!found)
        return NULL;
    TRY(notifications_notify(c, to_person, &person, &news));
    return to_managers != NULL ? notifications_notify(c, to_managers, &managers, &news) : NULL;
}

EVENT_HANDLER(tell_of_new_member, users_member_event)
{
    (void)meta;
    return tell_members(c, in, &NOTIFICATIONS__JOINED, &NOTIFICATIONS__MEMBER_ADDED);
}

EVENT_HANDLER(tell_of_role, users_member_event)
{
    (void)meta;
    return tell_members(c, in, &NOTIFICATIONS__ROLE_CHANGED, NULL);
}

EVENT_HANDLER(tell_of_removal, users_member_event)
{
    (void)meta;
    TRY(tell_members(c, in, &NOTIFICATIONS__REMOVED, &NOTIFICATIONS__MEMBER_REMOVED));
    /* What goes on inside is not theirs to read any more; that they left follows. */
    TRY(tx_enter_person(c, in->person_id));
    return notifications__delete_items_of_org(c);
}

EVENT_HANDLER(tell_of_suspension, users_suspension_event)
{
    (void)meta;
    return notifications__tell_owners(c, in, true);
}

EVENT_HANDLER(tell_of_restoring, users_suspension_event)
{
    (void)meta;
    return notifications__tell_owners(c, in, false);
}

static err tell_of_security(struct ctx *c, const struct auth_security_notice *e,
    const NOTICE(notifications__security_news) * notice)
{
    const struct notifications_audience owner = { .person = e->person_id };
    const struct notifications__security_news news = {
        .network = e->network,
        .codes_left = e->codes_left,
    };

    return notifications_notify(c, notice, &owner, &news);
}

#define TELLS(fn, notice)                                                                          \
    EVENT_HANDLER(fn, auth_security_notice)                                                        \
    {                                                                                              \
        (void)meta;                                                                                \
        return tell_of_security(c, in, &notice);                                                   \
    }
TELLS(tell_of_password_change, NOTIFICATIONS__PASSWORD_CHANGED)
TELLS(tell_of_password_reset, NOTIFICATIONS__PASSWORD_RESET)
TELLS(tell_of_guesses, NOTIFICATIONS__PASSWORD_GUESSED_AT)
TELLS(tell_of_asked_email, NOTIFICATIONS__EMAIL_CHANGE_ASKED)
TELLS(tell_of_restored_email, NOTIFICATIONS__EMAIL_RESTORED)
TELLS(tell_of_new_factor, NOTIFICATIONS__FACTOR_ADDED)
TELLS(tell_of_lost_factor, NOTIFICATIONS__FACTOR_REMOVED)
TELLS(tell_of_factor_staff_removed, NOTIFICATIONS__FACTOR_REMOVED_BY_STAFF)
TELLS(tell_of_used_code, NOTIFICATIONS__CODE_USED)
TELLS(tell_of_new_codes, NOTIFICATIONS__CODES_RENEWED)

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

/* From the account's first minute on: the session of whoever confirmed the address is no news,
 * every other one may be. */
EVENT_HANDLER(tell_of_new_device, auth_session_event)
{
    const struct notifications_audience owner = { .person = in->person_id };
    struct auth_session session;
    struct users_person person;
    bool familiar;
    err failed;

    (void)meta;
    if (in->known_device)
        return NULL;
    TRY(tx_enter_person(c, in->person_id));
    failed = users_get_me(c, &person);
    if (failed == &ERR_NOT_FOUND) /* erased meanwhile */
        return NULL;
    TRY(failed);
    TRY(is_familiar(c, in, &familiar, &session));
    if (familiar)
        return NULL;
    return notifications_notify(c, &NOTIFICATIONS__NEW_DEVICE, &owner,
        &(struct notifications__security_news){ .network = session.network });
}

const struct subscription notifications__subscriptions[] = {
    { HEARS(AUTH_SIGNUP_STARTED, mail_verification),
        .consumer = "notifications.mail_verification" },
    { HEARS(AUTH_SIGNUP_FOR_EXISTING_ACCOUNT, mail_account_exists),
        .consumer = "notifications.mail_account_exists" },
    { HEARS(USERS_INVITED, mail_invitation), .consumer = "notifications.mail_invitation" },
    { HEARS(USERS_OWNER_WARNED, mail_owner), .consumer = "notifications.mail_owner", .system = true,
        .while_held = true },
    { HEARS(USERS_MEMBER_ADDED, tell_of_new_member),
        .consumer = "notifications.tell_of_new_member" },
    { HEARS(USERS_ROLE_CHANGED, tell_of_role), .consumer = "notifications.tell_of_role" },
    { HEARS(USERS_MEMBER_REMOVED, tell_of_removal), .consumer = "notifications.tell_of_removal" },
    { HEARS(USERS_ORG_WAS_SUSPENDED, tell_of_suspension),
        .consumer = "notifications.tell_of_suspension" },
    { HEARS(USERS_ORG_WAS_RESTORED, tell_of_restoring),
        .consumer = "notifications.tell_of_restoring" },
    { HEARS(AUTH_RESET_REQUESTED, mail_reset), .consumer = "notifications.mail_reset" },
    { HEARS(AUTH_EMAIL_CHANGE_STARTED, mail_new_email),
        .consumer = "notifications.mail_new_email" },
    { HEARS(AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT, mail_new_email_taken),
        .consumer = "notifications.mail_new_email_taken" },
    { HEARS(AUTH_EMAIL_CHANGED, mail_old_email), .consumer = "notifications.mail_old_email",
        .system = true },
    { HEARS(AUTH_SIGNED_IN, tell_of_new_device), .consumer = "notifications.tell_of_new_device" },
    { HEARS(AUTH_PASSWORD_CHANGED, tell_of_password_change),
        .consumer = "notifications.tell_of_password_change" },
    { HEARS(AUTH_PASSWORD_RESET, tell_of_password_reset),
        .consumer = "notifications.tell_of_password_reset" },
    { HEARS(AUTH_PASSWORD_GUESSED_AT, tell_of_guesses),
        .consumer = "notifications.tell_of_guesses" },
    { HEARS(AUTH_EMAIL_CHANGE_ASKED, tell_of_asked_email),
        .consumer = "notifications.tell_of_asked_email" },
    { HEARS(AUTH_EMAIL_RESTORED, tell_of_restored_email),
        .consumer = "notifications.tell_of_restored_email" },
    { HEARS(AUTH_SECOND_FACTOR_ADDED, tell_of_new_factor),
        .consumer = "notifications.tell_of_new_factor" },
    { HEARS(AUTH_SECOND_FACTOR_REMOVED, tell_of_lost_factor),
        .consumer = "notifications.tell_of_lost_factor" },
    { HEARS(AUTH_SECOND_FACTOR_REMOVED_BY_STAFF, tell_of_factor_staff_removed),
        .consumer = "notifications.tell_of_factor_staff_removed" },
    { HEARS(AUTH_RECOVERY_CODE_USED, tell_of_used_code),
        .consumer = "notifications.tell_of_used_code" },
    { HEARS(AUTH_RECOVERY_CODES_RENEWED, tell_of_new_codes),
        .consumer = "notifications.tell_of_new_codes" },
    { .consumer = NULL },
};
