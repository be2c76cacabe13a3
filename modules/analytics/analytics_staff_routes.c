/* HTTP surface for staff: the platform's own funnel. Rules are in analytics_service.c. */
#include "analytics_internal.h"

struct platform_funnel_in {
    const char *const *steps;
    size_t n_steps;
    int64_t within_days;
    struct instant from, to;
};
static const struct field platform_funnel_in_fields[] = {
    TEXTS(platform_funnel_in, steps, .in = QUERY, .min = 1, .max = ANALYTICS_STEPS_MAX,
        .one_of = ANALYTICS__MILESTONES, .doc = "Names of the events in the required order"),
    INT(platform_funnel_in, within_days, .in = QUERY, .min = 1, .max = 90, .fallback = "14",
        .doc = "Maximum time from the first step to the last, in days"),
    TIME(platform_funnel_in, from, .in = QUERY, .optional = true,
        .doc = "Start of the time range, inclusive. Default: 30 days before the end."),
    TIME(platform_funnel_in, to, .in = QUERY, .optional = true,
        .doc = "End of the time range, exclusive. Default: now."),
};
static SHAPE(platform_funnel_in);

HANDLER(run_platform_funnel, platform_funnel_in, analytics_funnel)
{
    const struct analytics_funnel_wanted wanted = {
        .range = { .from = in->from, .to = in->to },
        .steps = in->steps,
        .n_steps = in->n_steps,
        .within_s = in->within_days * 86400,
    };

    return analytics__run_platform_funnel(c, &wanted, out);
}

const struct route analytics__staff_routes[] = {
    {
        .method = GET,
        .path = "/v1/admin/funnel",
        .id = "runPlatformFunnel",
        .summary = "Run a funnel over all organisations",
        .doc = "Returns how many people took each step, for example signed up, verified, paid. The "
               "steps are events that the modules report. `visitors` are people.",
        .auth = AUTH_SESSION,
        .permission = ANALYTICS__READ_PLATFORM,
        .scope = SCOPE_STAFF,
        .rate = RATE_READ,
        .tx = TX_WRITE,
        .slow = true,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(run_platform_funnel),
    },
    { .id = NULL },
};
