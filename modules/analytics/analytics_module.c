/* The tables of the analytics module. Every table ends with an empty row. */
#include "analytics_internal.h"

static const struct permission permissions[] = {
    { "analytics.read", "owner|admin|member|viewer", "Read counts, reports and write keys" },
    { "analytics.manage", "owner|admin",
        "Create and revoke write keys. Delete a visitor's events." },
    { NULL, NULL, NULL },
};

static const struct permission staff_permissions[] = {
    { ANALYTICS__READ_PLATFORM, "support|operator|superadmin",
        "Run funnels over all organisations" },
    { NULL, NULL, NULL },
};

PUBLIC const struct module analytics_module = {
    .name = "analytics",
    .summary = "Product events and their reports: counts, active users, funnels",
    .routes = ROUTES(analytics__ingest_routes, analytics__alias_routes, analytics__key_routes,
        analytics__report_routes, analytics__staff_routes),
    .constraints = analytics__constraints,
    .permissions = permissions,
    .staff_permissions = staff_permissions,
    .settings =
        (const struct setting *const[]){
            &ASHLAR_ANALYTICS_RETENTION_DAYS,
            &ASHLAR_ANALYTICS_DO_NOT_TRACK,
            NULL,
        },
    .tables = analytics__tables,
    .jobs =
        (const struct job_kind *const[]){
            &analytics__forget_visitor_job.kind,
            &analytics__forget_person_job.kind,
            &analytics__purge_job.kind,
            &analytics__sweep_job.kind,
            NULL,
        },
    .workers = analytics__workers,
    .subscriptions = analytics__subscriptions,
    .metrics = (const struct metric *const[]){ &analytics__messages_metric,
        &analytics__joins_metric, &analytics__times_metric, NULL },
    .requires = (const char *const[]){ "users", "auth", "payments", NULL },
    .erase_person = analytics__erase_person,
    .purge_org = analytics__purge_org,
    .maintain = analytics__maintain,
};
