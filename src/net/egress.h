/* Metric of outgoing requests. Their function is net_request (ashlar/net.h). */
#pragma once
#include <ashlar/metrics.h>

extern const struct metric METRIC_NET_REQUESTS;
