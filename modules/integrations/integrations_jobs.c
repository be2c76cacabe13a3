/* Job kinds and payloads of integrations. */
#include "integrations_internal.h"

static const struct field integrations__endpoint_job_fields[] = {
    ID(integrations__endpoint_job, endpoint_id, "endpoint"),
    ID(integrations__endpoint_job, run_id, "run"),
};
static SHAPE(integrations__endpoint_job);

JOB_KIND(integrations__deliver_job, integrations__endpoint_job, .name = "integrations.deliver",
    .doc = "Sends due deliveries to one endpoint", .queue = "webhooks", .tx = TX_MANUAL,
    .timeout_s = 90, .priority = 10,
    /* below emails and payments: receivers may be slow */);

JOB_KIND(integrations__replay_job, integrations__endpoint_job, .name = "integrations.replay",
    .doc = "Queues events that were not delivered to an endpoint, a hundred every ten seconds",
    .tx = TX_WRITE);

JOB_KIND(integrations__watch_job, nothing, .name = "integrations.watch",
    .doc = "Notifies about failing endpoints, disables them after five days, finds lost deliveries",
    .tx = TX_MANUAL, .system = true, .every_s = 60);

SWEEP_JOB(integrations__sweep_job, .name = "integrations.sweep",
    .doc = "Deletes events and deliveries after their retention period", .every_s = 300);
