/* The settings of analytics. */
#include "analytics_internal.h"

const struct setting ASHLAR_ANALYTICS_RETENTION_DAYS = {
    .name = "ASHLAR_ANALYTICS_RETENTION_DAYS",
    .type = SETTING_INT,
    .fallback = "395",
    .min = 7,
    .max = 3650,
    .doc = "Days for which events are kept after their arrival. `ashlar maintain` deletes older "
           "events.",
};
const struct setting ASHLAR_ANALYTICS_DO_NOT_TRACK = {
    .name = "ASHLAR_ANALYTICS_DO_NOT_TRACK",
    .type = SETTING_BOOL,
    .fallback = "true",
    .doc = "Discard events of browsers that send DNT: 1 or Sec-GPC: 1. The response is the same as "
           "for other events.",
};
