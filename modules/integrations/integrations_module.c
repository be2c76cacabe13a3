/* What the integrations module is: its tables, in one place. Every table ends with an empty row. */
#include "integrations_internal.h"

const struct setting ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG = {
    .name = "ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG",
    .type = SETTING_INT,
    .fallback = "20",
    .min = 1,
    .max = 500,
    .doc = "Webhook endpoints one organisation may have.",
};

const struct setting ASHLAR_WEBHOOK_RETENTION_DAYS = {
    .name = "ASHLAR_WEBHOOK_RETENTION_DAYS",
    .type = SETTING_INT,
    .fallback = "30",
    .min = 4,
    .max = 365,
    .doc = "Days public events stay in the feed and can be replayed, and deliveries can be seen.",
};

static const char *refuse_private(enum environment env, const char *value)
{
    if ((env & ENV_LOCAL) || !text_equal(value, "true"))
        return NULL;
    return "customers' webhooks would reach your own network";
}

const struct setting ASHLAR_WEBHOOK_PRIVATE_ADDRESSES = {
    .name = "ASHLAR_WEBHOOK_PRIVATE_ADDRESSES",
    .type = SETTING_BOOL,
    .fallback = "false",
    .fallback_local = "true",
    .refuse = refuse_private,
    .doc = "May webhooks go to private addresses, such as a receiver on this machine? Development "
           "and test only.",
};

static const struct permission permissions[] = {
    { "integrations.read", "owner|admin", "See webhook endpoints, deliveries and the event feed" },
    { "integrations.manage", "owner|admin", "Make, change, test and remove webhook endpoints" },
    { NULL, NULL, NULL },
};

ANY_EVENT_HANDLER(take_in)
{
    return integrations__take_in(c, meta, json);
}

static const struct subscription subscriptions[] = {
    { HEARS_ALL(take_in), .consumer = "integrations.take_in" },
    { .consumer = NULL },
};

PUBLIC const struct module integrations_module = {
    .name = "integrations",
    .summary = "Webhooks to customers' systems, and the feed of public events",
    .routes = ROUTES(
        integrations__endpoint_routes, integrations__delivery_routes, integrations__event_routes),
    .permissions = permissions,
    .settings =
        (const struct setting *const[]){
            &ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG,
            &ASHLAR_WEBHOOK_RETENTION_DAYS,
            &ASHLAR_WEBHOOK_PRIVATE_ADDRESSES,
            NULL,
        },
    .tables = integrations__tables,
    .jobs =
        (const struct job_kind *const[]){
            &integrations__deliver_job.kind,
            &integrations__replay_job.kind,
            &integrations__watch_job.kind,
            &integrations__sweep_job.kind,
            NULL,
        },
    .workers = integrations__workers,
    .events = (const struct event_kind *const[]){ &INTEGRATIONS_WAS_DISABLED.kind, NULL },
    .subscriptions = subscriptions,
    .metrics =
        (const struct metric *const[]){
            &integrations__deliveries_metric,
            &integrations__oldest_metric,
            &integrations__disabled_metric,
            NULL,
        },
    .offers = (const struct offer[]){ NOTIFICATIONS_KINDS(&integrations__failing_kind.kind),
        { .to = NULL } },
    .requires = (const char *const[]){ "users", "notifications", NULL },
    .org_case = &integrations__org_case,
    .purge_org = integrations__purge,
    .hold_org = integrations__hold_org,
};
