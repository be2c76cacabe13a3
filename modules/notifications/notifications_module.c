/* The tables of the notifications module. Every table ends with an empty row. */
#include "notifications_internal.h"

PUBLIC const struct module notifications_module = {
    .name = "notifications",
    .summary = "Notifications: inbox, live stream, email and preferences",
    .routes = ROUTES(notifications__inbox_routes, notifications__preference_routes,
        notifications__unsubscribe_routes, notifications__mail_routes),
    .settings =
        (const struct setting *const[]){
            &ASHLAR_MAIL,
            &ASHLAR_PRODUCT_NAME,
            &ASHLAR_VERIFY_PATH,
            &ASHLAR_INVITATION_PATH,
            &ASHLAR_SIGN_IN_PATH,
            &ASHLAR_SMOKE_TOKEN,
            &ASHLAR_SMOKE_DOMAIN,
            &ASHLAR_INBOX_DAYS,
            &ASHLAR_RESET_PATH,
            &ASHLAR_NEW_EMAIL_PATH,
            &ASHLAR_OLD_EMAIL_PATH,
            &ASHLAR_MEMBERS_PATH,
            &ASHLAR_SECURITY_PATH,
            NULL,
        },
    .tables = notifications__tables,
    .jobs =
        (const struct job_kind *const[]){
            &notifications__send_mail_job.kind,
            &notifications__sweep_job.kind,
            &notifications__settle_job.kind,
            &notifications__fan_out_job.kind,
            &notifications__forget_about_job.kind,
            &notifications__deliver_copy_job.kind,
            NULL,
        },
    .workers = notifications__workers,
    .constraints = notifications__constraints,
    .metrics =
        (const struct metric *const[]){
            &NOTIFICATIONS__MAILS,
            &NOTIFICATIONS__OPEN_MAILS,
            &NOTIFICATIONS__OLDEST_MAIL_S,
            NULL,
        },
    .commands = notifications__commands,
    .measure = notifications__measure,
    .subscriptions = notifications__subscriptions,
    .extensions = notifications__extensions,
    .requires = (const char *const[]){ "users", "auth", NULL },
    .person_support_view = &notifications__person_support_view,
    .erase_person = notifications__erase_person,
    .purge_org = notifications__purge_org,
    .hold_org = notifications__hold_org,
    .check = notifications__check,
};
