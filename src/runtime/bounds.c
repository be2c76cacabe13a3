/* Metrics of this process's bounds. */
#include "bounds.h"

#define BOUNDS "connections|handlers|manual|hashes|calls|streams|memory|targets|bodies"

const struct metric METRIC_BOUND_USED = {
    .name = "ashlar_bound_used",
    .help = "Used amount of a bound.",
    .kind = METRIC_GAUGE,
    .label = "bound",
    .values = BOUNDS,
};
const struct metric METRIC_BOUND_LIMIT = {
    .name = "ashlar_bound_limit",
    .help = "Limit of a bound.",
    .kind = METRIC_GAUGE,
    .label = "bound",
    .values = BOUNDS,
};
const struct metric METRIC_BOUND_REFUSED = {
    .name = "ashlar_bound_refused_total",
    .help = "Requests or calls rejected because a bound was exhausted.",
    .kind = METRIC_COUNTER,
    .label = "bound",
    .values = BOUNDS,
};
