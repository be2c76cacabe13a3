/* Gauges of the pool, set at each scrape. */
#include "metrics/metrics_start.h"
#include "pool.h"

const struct metric METRIC_DB_CONNECTIONS = {
    .name = "ashlar_db_connections",
    .help = "PostgreSQL connections of this process, and callers that wait for one.",
    .kind = METRIC_GAUGE,
    .label = "state",
    .values = "cap|open|in_use|shared|waiting",
};

const struct metric METRIC_DB_POOL = {
    .name = "ashlar_db_pool_total",
    .help = "PostgreSQL connections opened, failed connection attempts, and callers that timed out "
            "waiting for one.",
    .kind = METRIC_COUNTER,
    .label = "event",
    .values = "connected|connect_failed|wait_refused",
};

void pool_report(void)
{
    struct pool_stats s;

    pool_stats(&s);
    metric_set(&METRIC_DB_CONNECTIONS, "cap", s.cap);
    metric_set(&METRIC_DB_CONNECTIONS, "open", s.open);
    metric_set(&METRIC_DB_CONNECTIONS, "in_use", s.in_use);
    metric_set(&METRIC_DB_CONNECTIONS, "shared", s.shared);
    metric_set(&METRIC_DB_CONNECTIONS, "waiting", s.waiting);
    metric_set(&METRIC_DB_POOL, "connected", s.connects);
    metric_set(&METRIC_DB_POOL, "connect_failed", s.connect_failures);
    metric_set(&METRIC_DB_POOL, "wait_refused", s.waits_refused);
}
