/* The tables of the payments module. Every table ends with an empty row. */
#include "payments_internal.h"
#include "payments_sql.h"

static const struct permission permissions[] = {
    { "payments.read", "owner|admin|billing", "Read plan, subscription and checkout" },
    { "payments.manage", "owner|billing",
        "Create checkouts, cancel and resume the subscription, open the billing portal" },
    { NULL, NULL, NULL },
};

PUBLIC const struct module payments_module = {
    .name = "payments",
    .summary = "Plans, checkout, subscriptions and entitlements",
    .routes = ROUTES(payments__routes, payments__webhook_routes),
    .constraints = payments__constraints,
    .permissions = permissions,
    .settings =
        (const struct setting *const[]){
            &ASHLAR_PAYMENTS,
            &ASHLAR_STRIPE_KEY,
            &ASHLAR_STRIPE_WEBHOOK_SECRETS,
            &ASHLAR_STRIPE_URL,
            &ASHLAR_PAYMENTS_GRACE_DAYS,
            &ASHLAR_BILLING_PATH,
            NULL,
        },
    .tables = payments__tables,
    .jobs =
        (const struct job_kind *const[]){
            &payments__webhook_job.kind,
            &payments__sync_job.kind,
            &payments__follow_job.kind,
            &payments__recover_job.kind,
            &payments__cancel_pending_job.kind,
            &payments__chase_job.kind,
            &payments__reconcile_job.kind,
            &payments__ends_job.kind,
            &payments__watch_job.kind,
            &payments__sweep_job.kind,
            NULL,
        },
    .workers = payments__workers,
    .events =
        (const struct event_kind *const[]){
            &PAYMENTS_SUBSCRIPTION_STARTED.kind,
            &PAYMENTS_SUBSCRIPTION_UPDATED.kind,
            &PAYMENTS_SUBSCRIPTION_ENDED.kind,
            &PAYMENTS_PAYMENT_FAILED.kind,
            &PAYMENTS_ACCESS_ENDING.kind,
            &PAYMENTS_ACCESS_LIMITED.kind,
            &PAYMENTS_REFUND_DISPUTE_UPDATED.kind,
            NULL,
        },
    .metrics =
        (const struct metric *const[]){
            &PAYMENTS__METRIC_WEBHOOKS,
            &PAYMENTS__METRIC_CALLS,
            &PAYMENTS__METRIC_SILENCE,
            &PAYMENTS__METRIC_DRIFT,
            &PAYMENTS__METRIC_REFUNDS_DISPUTES,
            &PAYMENTS__METRIC_UNKNOWN_PRICE,
            &PAYMENTS__METRIC_VANISHED,
            &PAYMENTS__METRIC_DECLINES,
            NULL,
        },
    .extensions =
        (const struct extension[]){
            NOTIFICATIONS_KINDS(&payments__started_notification.kind,
                &payments__failed_notification.kind, &payments__ending_notification.kind,
                &payments__limited_notification.kind, &payments__ended_notification.kind),
            { .to = NULL },
        },
    .commands = payments__commands,
    .requires = (const char *const[]){ "users", "auth", "notifications", NULL },
    .org_support_view = &payments__org_support_view,
    .check_entitlement = payments__check_entitlement,
    .callback_overdue = &SQL_callback_overdue,
    .purge_org = payments__purge_org,
    .check = payments__check_settings,
};
