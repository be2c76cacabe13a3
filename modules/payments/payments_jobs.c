/* Job kinds and payloads of payments. */
#include "payments_internal.h"

static const struct field payments__id_ref_fields[] = { ID(payments__id_ref, id, "ref") };
static SHAPE(payments__id_ref);

JOB_KIND(payments__webhook_job, payments__id_ref, .name = "payments.work_webhook",
    .doc = "Fetches the object of an event from the provider", .system = true, .while_held = true,
    .priority = -1);

static const struct field payments__text_ref_fields[] = { TEXT(payments__text_ref, id) };
static SHAPE(payments__text_ref);

JOB_KIND(payments__sync_job, payments__text_ref, .name = "payments.sync_subscription",
    .doc = "Fetches one subscription from the provider and applies it", .system = true,
    .while_held = true, .max_attempts = 5, .concurrency = 4);

static const struct field payments__operation_ref_fields[] = {
    ID(payments__operation_ref, org_id, "org"),
    ID(payments__operation_ref, id, "op"),
};
static SHAPE(payments__operation_ref);

JOB_KIND(payments__follow_job, payments__operation_ref, .name = "payments.follow_operation",
    .doc = "Repeats a call to the provider whose response was lost, with the same key",
    .system = true, .while_held = true, .max_attempts = 1, /* payments.recover retries it */
    .timeout_s = 35,
    /* within its lease */);

JOB_KIND(payments__cancel_pending_job, payments__id_ref, .name = "payments.cancel_pending",
    .doc = "Ends what the provider still has of a deleted organisation", .system = true,
    .while_held = true, .max_attempts = 1,
    /* payments.recover retries it */);

JOB_KIND(payments__recover_job, nothing, .name = "payments.recover",
    .doc = "Finds calls to the provider that have no response or were never made", .tx = TX_WRITE,
    .system = true, .every_s = 30);

JOB_KIND(payments__reconcile_job, nothing, .name = "payments.reconcile",
    .doc = "Compares subscriptions with the provider, to find those without an event",
    .system = true, .timeout_s = 300, .every_s = 3600);

JOB_KIND(payments__chase_job, nothing, .name = "payments.chase",
    .doc = "Queries the provider about checkouts that have been open for long", .system = true,
    .timeout_s = 300, .every_s = 600);

JOB_KIND(payments__ends_job, nothing, .name = "payments.announce_ends",
    .doc = "Announces access that ends soon or has ended", .tx = TX_WRITE, .system = true,
    .every_s = 300);

JOB_KIND(payments__watch_job, nothing, .name = "payments.watch",
    .doc =
        "Detects that the provider's events are missing, or that a deletion cannot be sent to it",
    .tx = TX_READ, .system = true, .every_s = 600);

SWEEP_JOB(payments__sweep_job, .name = "payments.sweep",
    .doc = "Deletes events of the provider after 45 days (90 days if they could not be applied), "
           "traces of deleted organisations after 90 days",
    .every_s = 3600);
