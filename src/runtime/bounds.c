/* What is bounded, in numbers. Knows no owner. */
#include "bounds.h"

#define BOUNDS "connections|handlers|manual|hashes|calls|streams|memory|targets|bodies"

const struct metric METRIC_BOUND_USED = {
    .name = "ashlar_bound_used",
    .help = "What is bounded: how much of it is taken now.",
    .kind = METRIC_GAUGE,
    .label = "bound",
    .values = BOUNDS,
};
const struct metric METRIC_BOUND_LIMIT = {
    .name = "ashlar_bound_limit",
    .help = "What is bounded: how much there is.",
    .kind = METRIC_GAUGE,
    .label = "bound",
    .values = BOUNDS,
};
const struct metric METRIC_BOUND_REFUSED = {
    .name = "ashlar_bound_refused_total",
    .help = "What is bounded: who was refused because all of it was taken.",
    .kind = METRIC_COUNTER,
    .label = "bound",
    .values = BOUNDS,
};
