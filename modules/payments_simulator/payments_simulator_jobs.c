/* Job kinds of payments_simulator. */
#include "payments_simulator_internal.h"

static const struct field payments_simulator__event_ref_fields[] = {
    ID(payments_simulator__event_ref, id, "ref"),
};
static SHAPE(payments_simulator__event_ref);

JOB_KIND(payments_simulator__deliver_job, payments_simulator__event_ref,
    .name = "payments_simulator.deliver", .doc = "Sends one event of the simulator to our webhook",
    .system = true, .while_held = true);

JOB_KIND(payments_simulator__tick_job, nothing, .name = "payments_simulator.tick",
    .doc = "Ends due billing periods of the simulator", .tx = TX_WRITE, .system = true,
    .every_s = 60);
