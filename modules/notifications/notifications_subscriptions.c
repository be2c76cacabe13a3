/* Subscriptions of notifications: events of the modules below become queued emails, in the event's
 * transaction: exactly once. */
#include "notifications_internal.h"

enum { WARNINGS_PER_HOUR = 20 }; /* of one kind to one owner */

static err mail(struct ctx *c, const struct notifications__mail_kind *kind,
    const struct notifications__facts *facts)
{
    struct notifications_mail_text mail_text;

    notifications__mail_text_by(c, kind, facts, &mail_text);
    return notifications_mail(c, &mail_text);
}

/* An email about a person's account: nothing of it is left after an erasure, whether that came
 * before it was written or after. */
static err mail_about(struct ctx *c, const struct notifications__mail_kind *kind,
    const struct notifications__facts *facts, bool *gone)
{
    bool there = true;

    if (!uuid_is_nil(facts->person))
        TRY(notifications__enter_if_there(c, facts->person, &there));
    *gone = !there;
    return there ? mail(c, kind, facts) : NULL;
}

/* An email: its event, its words, and the facts for their marks. */
#define MAILS(fn, S, kind, ...)                                                                    \
    EVENT_HANDLER(fn, S)                                                                           \
    {                                                                                              \
        bool gone;                                                                                 \
                                                                                                   \
        (void)meta;                                                                                \
        return mail_about(c, &kind, &(struct notifications__facts){ __VA_ARGS__ }, &gone);         \
    }
MAILS(mail_verification, auth_signup_started, NOTIFICATIONS__VERIFY_EMAIL, .to = in->email,
    .token = in->token, .code = in->code)
MAILS(mail_account_exists, auth_signup_for_existing, NOTIFICATIONS__ACCOUNT_EXISTS, .to = in->email)
MAILS(mail_reset, auth_reset_requested, NOTIFICATIONS__RESET_PASSWORD, .to = in->email,
    .token = in->token, .person = in->person_id)
MAILS(mail_new_email, auth_email_change_started, NOTIFICATIONS__CONFIRM_NEW_EMAIL, .to = in->email,
    .token = in->token, .person = in->person_id)
MAILS(mail_new_email_taken, auth_email_change_for_existing, NOTIFICATIONS__NEW_EMAIL_TAKEN,
    .to = in->email, .person = in->person_id)

/* Not for an organisation that was deleted since, possibly while it was suspended for such emails.
 * Not for an erased inviter either: no person is responsible for the invitation any longer. */
EVENT_HANDLER(mail_invitation, users_invited_event)
{
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
    return mail(c, &NOTIFICATIONS__INVITATION,
        &(struct notifications__facts){ .to = in->email,
            .token = in->token,
            .about = in->inviter_id,
            .email = in->email,
            .role = in->role,
            .org = in->org_name,
            .inviter = in->inviter_name,
            .expires_at = in->expires_at });
}

/* As the system, which may count emails. Each kind has its own limit, so that one kind cannot hide
 * another. */
EVENT_HANDLER(mail_owner, users_owner_warning)
{
    struct notifications_mail_text mail_text;
    int64_t n;

    (void)meta;
    if (!notifications__owner_warning(c, in, &mail_text)) {
        log_error(c, "notifications.text_missing", log_text("what", in->what),
            log_text("why", "notifications_owner_mail_texts.c has no text for it"));
        return NULL;
    }
    TRY(notifications__count_recent_mails(c, &mail_text, &n));
    TRY(tx_leave_org(c)); /* otherwise it would wait while the organisation is suspended */
    if (n < WARNINGS_PER_HOUR)
        return notifications_mail(c, &mail_text);
    log_warn(c, "notifications.warning_rate_limited", log_text("what", in->what),
        log_text("person", typeid_text(c->arena, "person", in->person_id)),
        log_int("most_per_hour", WARNINGS_PER_HOUR));
    return NULL;
}

/* As the system, which may assign earlier emails to the old address to the person: that address no
 * longer leads to them. The email goes to the old address, so it is not a notification; the inbox
 * gets one. */
EVENT_HANDLER(mail_old_email, auth_email_changed)
{
    const struct notifications_audience owner = { .person = in->person_id };
    bool gone;

    (void)meta;
    TRY(notifications__adopt_mails(c, in->old_email, in->person_id));
    TRY(mail_about(c, &NOTIFICATIONS__OLD_EMAIL_CHANGED,
        &(struct notifications__facts){ .to = in->old_email,
            .token = in->token,
            .person = in->person_id,
            .email = in->email,
            .network = in->network },
        &gone));
    if (gone)
        return NULL;
    return notifications_notify(c, &NOTIFICATIONS__EMAIL_CHANGED, &owner,
        &(struct notifications__security_news){ .network = in->network });
}

/* The organisation's name is read without a person, the member's name as that person. */
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
    *found = failed != &ERR_NOT_FOUND; /* deleted concurrently: there is no recipient */
    if (failed != NULL)
        return *found ? failed : NULL;
    *out = (struct notifications__member_news){
        .org_name = text_in_mail(c->arena, org.name),
        .person_name = text_in_mail(c->arena, person.name),
        .role = e->role,
    };
    return NULL;
}

/* To the affected member, and to members who manage members; a NULL kind is not sent. */
static err notify_members(struct ctx *c, const struct users_member_event *e,
    const NOTIFICATION(notifications__member_news) * to_person,
    const NOTIFICATION(notifications__member_news) * to_managers)
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

EVENT_HANDLER(deliver_new_member, users_member_event)
{
    (void)meta;
    return notify_members(c, in, &NOTIFICATIONS__JOINED, &NOTIFICATIONS__MEMBER_ADDED);
}

EVENT_HANDLER(deliver_role, users_member_event)
{
    (void)meta;
    return notify_members(c, in, &NOTIFICATIONS__ROLE_CHANGED, NULL);
}

EVENT_HANDLER(deliver_removal, users_member_event)
{
    (void)meta;
    TRY(notify_members(c, in, &NOTIFICATIONS__REMOVED, &NOTIFICATIONS__MEMBER_REMOVED));
    /* Notifications of the organisation are deleted for them; the one about the removal follows. */
    TRY(tx_enter_person(c, in->person_id));
    return notifications__delete_items_of_org(c);
}

EVENT_HANDLER(deliver_suspension, users_suspension_event)
{
    (void)meta;
    return notifications__notify_owners(c, in, true);
}

EVENT_HANDLER(deliver_restoring, users_suspension_event)
{
    (void)meta;
    return notifications__notify_owners(c, in, false);
}

static err deliver_security(struct ctx *c, const struct auth_security_event *e,
    const NOTIFICATION(notifications__security_news) * notification)
{
    const struct notifications_audience owner = { .person = e->person_id };
    const struct notifications__security_news news = {
        .network = e->network,
        .codes_left = e->codes_left,
    };

    return notifications_notify(c, notification, &owner, &news);
}

#define DELIVERS(fn, notification)                                                                 \
    EVENT_HANDLER(fn, auth_security_event)                                                         \
    {                                                                                              \
        (void)meta;                                                                                \
        return deliver_security(c, in, &notification);                                             \
    }
DELIVERS(deliver_password_change, NOTIFICATIONS__PASSWORD_CHANGED)
DELIVERS(deliver_password_reset, NOTIFICATIONS__PASSWORD_RESET)
DELIVERS(deliver_guesses, NOTIFICATIONS__PASSWORD_GUESSED_AT)
DELIVERS(deliver_asked_email, NOTIFICATIONS__EMAIL_CHANGE_ASKED)
DELIVERS(deliver_restored_email, NOTIFICATIONS__EMAIL_RESTORED)
DELIVERS(deliver_new_factor, NOTIFICATIONS__FACTOR_ADDED)
DELIVERS(deliver_lost_factor, NOTIFICATIONS__FACTOR_REMOVED)
DELIVERS(deliver_factor_staff_removed, NOTIFICATIONS__FACTOR_REMOVED_BY_STAFF)
DELIVERS(deliver_used_code, NOTIFICATIONS__CODE_USED)
DELIVERS(deliver_new_codes, NOTIFICATIONS__CODES_RENEWED)

/* Whether an older session has the same network and the same browser. Programs send no device
 * mark. */
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

/* From the first minute of an account: only the session of the confirmation itself gets no
 * notification. */
EVENT_HANDLER(deliver_new_device, auth_session_event)
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
    if (failed == &ERR_NOT_FOUND) /* erased concurrently */
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
    { HEARS(USERS_MEMBER_ADDED, deliver_new_member),
        .consumer = "notifications.deliver_new_member" },
    { HEARS(USERS_ROLE_CHANGED, deliver_role), .consumer = "notifications.deliver_role" },
    { HEARS(USERS_MEMBER_REMOVED, deliver_removal), .consumer = "notifications.deliver_removal" },
    { HEARS(USERS_ORG_WAS_SUSPENDED, deliver_suspension),
        .consumer = "notifications.deliver_suspension" },
    { HEARS(USERS_ORG_WAS_RESTORED, deliver_restoring),
        .consumer = "notifications.deliver_restoring" },
    { HEARS(AUTH_RESET_REQUESTED, mail_reset), .consumer = "notifications.mail_reset" },
    { HEARS(AUTH_EMAIL_CHANGE_STARTED, mail_new_email),
        .consumer = "notifications.mail_new_email" },
    { HEARS(AUTH_EMAIL_CHANGE_FOR_EXISTING_ACCOUNT, mail_new_email_taken),
        .consumer = "notifications.mail_new_email_taken" },
    { HEARS(AUTH_EMAIL_CHANGED, mail_old_email), .consumer = "notifications.mail_old_email",
        .system = true },
    { HEARS(AUTH_SIGNED_IN, deliver_new_device), .consumer = "notifications.deliver_new_device" },
    { HEARS(AUTH_PASSWORD_CHANGED, deliver_password_change),
        .consumer = "notifications.deliver_password_change" },
    { HEARS(AUTH_PASSWORD_RESET, deliver_password_reset),
        .consumer = "notifications.deliver_password_reset" },
    { HEARS(AUTH_PASSWORD_GUESSED_AT, deliver_guesses),
        .consumer = "notifications.deliver_guesses" },
    { HEARS(AUTH_EMAIL_CHANGE_ASKED, deliver_asked_email),
        .consumer = "notifications.deliver_asked_email" },
    { HEARS(AUTH_EMAIL_RESTORED, deliver_restored_email),
        .consumer = "notifications.deliver_restored_email" },
    { HEARS(AUTH_SECOND_FACTOR_ADDED, deliver_new_factor),
        .consumer = "notifications.deliver_new_factor" },
    { HEARS(AUTH_SECOND_FACTOR_REMOVED, deliver_lost_factor),
        .consumer = "notifications.deliver_lost_factor" },
    { HEARS(AUTH_SECOND_FACTOR_REMOVED_BY_STAFF, deliver_factor_staff_removed),
        .consumer = "notifications.deliver_factor_staff_removed" },
    { HEARS(AUTH_RECOVERY_CODE_USED, deliver_used_code),
        .consumer = "notifications.deliver_used_code" },
    { HEARS(AUTH_RECOVERY_CODES_RENEWED, deliver_new_codes),
        .consumer = "notifications.deliver_new_codes" },
    { .consumer = NULL },
};
