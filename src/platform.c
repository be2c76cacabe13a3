/* The platform as a module. Each part adds its rows. */
#include "config/load.h"
#include "config/platform_settings.h"
#include "db/pool.h"
#include "http/request/idempotency.h"
#include "http/request/identity_cache.h"
#include "http/server/mhd.h"
#include "http/own/platform_routes.h"
#include "http/request/rate.h"
#include "http/connection/reaper.h"
#include "http/stream/streams.h"
#include "jobs/jobs.h"
#include "jobs/maintenance.h"
#include "jobs/executor.h"
#include "net/egress.h"
#include "mail/smtp.h"
#include "modules.h"
#include "runtime/bounds.h"
#include "runtime/offload.h"
#include "storage/storage_start.h"
#include "monitoring/alerts.h"
#include "monitoring/errors.h"
#include <ashlar/text.h>

/* Check of rules over two settings. */
static const char *platform_check(enum environment env)
{
    (void)env;
    if (text_equal(setting_text(&ASHLAR_RUNTIME), "threads") &&
        setting_int(&ASHLAR_CONNECTIONS) > setting_int(&ASHLAR_THREADS) * 126)
        return "ASHLAR_CONNECTIONS may be at most 126 for each of ASHLAR_THREADS; raise the one or "
               "lower the other";
    if (setting_int(&ASHLAR_STREAMS) >= setting_int(&ASHLAR_CONNECTIONS))
        return "ASHLAR_STREAMS must leave connections to requests: it must be below "
               "ASHLAR_CONNECTIONS";
    if (setting_int(&ASHLAR_WORKERS) >= setting_int(&ASHLAR_DB_CONNECTIONS))
        return "ASHLAR_WORKERS must leave connections to requests: it must be below "
               "ASHLAR_DB_CONNECTIONS";
    return storage_check();
}

static const struct metric *const platform_metrics[] = {
    &METRIC_DB_CONNECTIONS,
    &METRIC_DB_POOL,
    &METRIC_BOUND_USED,
    &METRIC_BOUND_LIMIT,
    &METRIC_BOUND_REFUSED,
    &METRIC_CONNECTIONS_CUT,
    &METRIC_UNREADABLE,
    &METRIC_RATE_LIMITED,
    &METRIC_IDENTITIES,
    &METRIC_OFFLOADS,
    &METRIC_JOBS,
    &METRIC_JOBS_WAITING,
    &METRIC_JOBS_OLDEST_S,
    &METRIC_JOBS_UNCLAIMED_S,
    &METRIC_STREAM_EVENTS,
    &METRIC_STREAM_PULLS,
    &METRIC_STREAM_ENDS,
    &METRIC_NET_REQUESTS,
    &METRIC_MAILS,
    &METRIC_ALERTS,
    &METRIC_ERRORS,
    &METRIC_ERRORS_UNGROUPED,
    &METRIC_STORAGE,
    NULL,
};

static const struct table platform_tables[] = {
    { .name = "alert", .kept = "five minutes after the last update by its process" },
    { .name = "audit", .kept = "never: the audit log outlives the people in it" },
    { .name = "error_group",
        .swept = "90 days after its last occurrence",
        .bite = error_group_sweep,
        .by = &ERROR_GROUP_SWEEP.kind },
    /* Swept in this order, because an event must outlive its jobs. */
    { .name = "job",
        .swept = "24 hours after it is done, 30 days after it is dead",
        .bite = jobs_sweep_jobs,
        .by = &JOBS_SWEEP.kind },
    { .name = "event",
        .swept = "30 days after it happened, once it is delivered",
        .bite = jobs_sweep_events,
        .by = &JOBS_SWEEP.kind },
    { .name = "event_stream", .swept = "with its aggregate's last event", .with = "event" },
    { .name = "flag", .kept = "by operators" },
    { .name = "flag_override", .kept = "by operators" },
    { .name = "flag_version", .kept = "one row" },
    { .name = "idempotency",
        .swept = "48 hours after its request",
        .bite = idempotency_sweep,
        .by = &IDEMPOTENCY_SWEEP.kind },
    { .name = "job_hold", .kept = "while its organisation is suspended" },
    { .name = "job_parked", .kept = "while its organisation is suspended" },
    { .name = "job_pulse", .kept = "one row" },
    { .name = "job_schedule", .kept = "a row for each scheduled kind" },
    { .name = "migration", .kept = "a row for each migration" },
    { NULL },
};

static const struct job_kind *const platform_jobs[] = {
    &JOBS_SWEEP.kind,
    &IDEMPOTENCY_SWEEP.kind,
    &ERROR_GROUP_SWEEP.kind,
    NULL,
};

static const struct job_worker platform_workers[] = {
    { SWEEPS(JOBS_SWEEP) },
    { SWEEPS(IDEMPOTENCY_SWEEP) },
    { SWEEPS(ERROR_GROUP_SWEEP) },
    { .job = NULL },
};

const struct module platform_module = {
    .name = "platform",
    .summary = "Base of all modules: HTTP, database, jobs, events, configuration",
    .routes = ROUTES(platform_routes, object_routes),
    .settings = platform_settings,
    .jobs = platform_jobs,
    .workers = platform_workers,
    .tables = platform_tables,
    .metrics = platform_metrics,
    .purge_org = jobs_purge_org,
    .check = platform_check,
};
