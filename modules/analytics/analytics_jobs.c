/* Job kinds and payloads of analytics. */
#include "analytics_internal.h"

static const struct field analytics__forget_fields[] = {
    TEXT(analytics__forget, visitor, .format = VERBATIM, .max = ANALYTICS_ID_MAX),
};
static SHAPE(analytics__forget);

JOB_KIND(analytics__forget_visitor_job, analytics__forget, .name = "analytics.forget_visitor",
    .doc = "Deletes the events of a visitor from one organisation", .timeout_s = 600);

JOB_KIND(analytics__forget_person_job, analytics__forget, .name = "analytics.forget_person",
    .doc = "Deletes the events of an erased person from every organisation", .system = true,
    .timeout_s = 600);

static const struct field analytics__purge_fields[] = {
    ID(analytics__purge, org_id, "org"),
};
static SHAPE(analytics__purge);

JOB_KIND(analytics__purge_job, analytics__purge, .name = "analytics.purge",
    .doc = "Deletes the events of a deleted organisation", .system = true, .timeout_s = 600);

SWEEP_JOB(analytics__sweep_job, .name = "analytics.sweep",
    .doc = "Deletes message ids after two days, and counts of days and users after their retention "
           "period",
    .every_s = 600);
