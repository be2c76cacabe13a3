/* The tables of the integrations module. Every table ends with an empty row. */
#include "integrations_internal.h"

static const struct permission permissions[] = {
    { "integrations.read", "owner|admin", "Read webhook endpoints, deliveries and the event feed" },
    { "integrations.manage", "owner|admin", "Create, update, test and delete webhook endpoints" },
    { NULL, NULL, NULL },
};

PUBLIC const struct module integrations_module = {
    .name = "integrations",
    .summary = "Webhooks to customers' systems and the feed of public events",
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
    .subscriptions = integrations__subscriptions,
    .metrics =
        (const struct metric *const[]){
            &integrations__deliveries_metric,
            &integrations__oldest_metric,
            &integrations__disabled_metric,
            NULL,
        },
    .extensions = (const struct extension[]){ NOTIFICATIONS_KINDS(&integrations__failing_kind.kind),
        { .to = NULL } },
    .requires = (const char *const[]){ "users", "notifications", NULL },
    .org_support_view = &integrations__org_support_view,
    .purge_org = integrations__purge,
    .hold_org = integrations__hold_org,
};
