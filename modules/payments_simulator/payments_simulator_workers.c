/* Workers of payments_simulator. While another provider is selected they do nothing. */
#include "payments_simulator_internal.h"

static bool is_off(void)
{
    return !payments_provider_is_selected(&payments_simulator__provider);
}

JOB_HANDLER(deliver, payments_simulator__event_ref)
{
    return is_off() ? NULL : payments_simulator__deliver(c, in->id);
}

JOB_HANDLER(tick, nothing)
{
    (void)in;
    return is_off() ? NULL : payments_simulator__tick(c);
}

const struct job_worker payments_simulator__workers[] = {
    { RUNS(payments_simulator__deliver_job, deliver) },
    { RUNS(payments_simulator__tick_job, tick) },
    { .job = NULL },
};

const struct table payments_simulator__tables[] = {
    { .name = "clock", .kept = "one row" },
    { .name = "decline", .kept = "with the development database" },
    { .name = "event", .kept = "with the development database" },
    { .name = "refund_dispute", .kept = "with the development database" },
    { .name = "session", .kept = "with the development database" },
    { .name = "subscription", .kept = "with the development database" },
    { NULL },
};
