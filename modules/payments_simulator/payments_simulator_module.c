/* What the module payments_simulator is: its tables, in one place. */
#include "payments_simulator_internal.h"

PUBLIC const struct module payments_simulator_module = {
    .name = "payments_simulator",
    .summary = "Payment provider that takes no money, for development and staging",
    .routes = ROUTES(payments_simulator__routes),
    .tables = payments_simulator__tables,
    .jobs =
        (const struct job_kind *const[]){
            &payments_simulator__deliver_job.kind,
            &payments_simulator__tick_job.kind,
            NULL,
        },
    .workers = payments_simulator__workers,
    .extensions =
        (const struct extension[]){
            PAYMENTS_PROVIDERS(&payments_simulator__provider),
            { .to = NULL },
        },
    .requires = (const char *const[]){ "payments", NULL },
};
