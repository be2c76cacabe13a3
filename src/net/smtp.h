/* What mail counts; its functions are in ashlar/mail.h. */
#pragma once
#include <ashlar/metrics.h>

extern const struct metric METRIC_MAILS;
