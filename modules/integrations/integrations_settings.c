/* The settings of integrations. */
#include "integrations_internal.h"

const struct setting ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG = {
    .name = "ASHLAR_WEBHOOK_ENDPOINTS_PER_ORG",
    .type = SETTING_INT,
    .fallback = "20",
    .min = 1,
    .max = 500,
    .doc = "Maximum number of webhook endpoints of one organisation.",
};

const struct setting ASHLAR_WEBHOOK_RETENTION_DAYS = {
    .name = "ASHLAR_WEBHOOK_RETENTION_DAYS",
    .type = SETTING_INT,
    .fallback = "30",
    .min = 4,
    .max = 365,
    .doc = "Days for which public events stay in the feed and can be replayed, and deliveries are "
           "kept.",
};

static const char *refuse_private(enum environment env, const char *value)
{
    if ((env & ENV_LOCAL) || !text_equal(value, "true"))
        return NULL;
    return "customers' webhooks would reach your own network";
}

const struct setting ASHLAR_WEBHOOK_PRIVATE_ADDRESSES = {
    .name = "ASHLAR_WEBHOOK_PRIVATE_ADDRESSES",
    .type = SETTING_BOOL,
    .fallback = "false",
    .fallback_local = "true",
    .refuse = refuse_private,
    .doc = "Allow webhooks to private addresses, such as a receiver on this machine. Development "
           "and test only.",
};
