/* The settings of payments. */
#include "payments_internal.h"

static const char *refuse_path(enum environment env, const char *value)
{
    (void)env;
    return value[0] == '/' && strpbrk(value, "?#") == NULL ? NULL
                                                           : "it is a path: it begins with / and "
                                                             "has no ? and no #";
}

static const char *refuse_key(enum environment env, const char *value)
{
    const bool live = text_starts_with(value, "sk_live_") || text_starts_with(value, "rk_live_");

    if (!live && !text_starts_with(value, "sk_test_") && !text_starts_with(value, "rk_test_"))
        return "it begins with sk_live_, rk_live_, sk_test_ or rk_test_";
    if (live != (env == ENV_PRODUCTION))
        return "a live key belongs into production, and only there";
    return NULL;
}

static const char *refuse_http(enum environment env, const char *value)
{
    if ((env & (ENV_STAGING | ENV_PRODUCTION)) && !text_starts_with(value, "https://"))
        return "it must be https";
    return NULL;
}

const struct setting ASHLAR_PAYMENTS = {
    .name = "ASHLAR_PAYMENTS",
    .type = SETTING_TEXT,
    .min = 1,
    .max = 40,
    .fallback = "off",
    .fallback_local = "dev",
    .doc =
        "Payment provider: off, stripe, dev (the built-in simulator), or the provider of another "
        "module.",
};
const struct setting ASHLAR_STRIPE_KEY = {
    .name = "ASHLAR_STRIPE_KEY",
    .type = SETTING_TEXT,
    .min = 12,
    .max = 250,
    .secret = true,
    .doc = "Secret or restricted key of Stripe: a live key in production, a test key in all other "
           "environments.",
    .refuse = refuse_key,
};
const struct setting ASHLAR_STRIPE_WEBHOOK_SECRETS = {
    .name = "ASHLAR_STRIPE_WEBHOOK_SECRETS",
    .type = SETTING_TEXT,
    .min = 10,
    .max = 1000,
    .secret = true,
    .doc = "Comma-separated signing secrets of the webhook endpoint (whsec_…). While one is "
           "replaced, set both.",
};
const struct setting ASHLAR_STRIPE_URL = {
    .name = "ASHLAR_STRIPE_URL",
    .type = SETTING_URL,
    .fallback = "https://api.stripe.com",
    .doc = "Base URL of Stripe's API. Tests use another.",
    .refuse = refuse_http,
};
const struct setting ASHLAR_PAYMENTS_GRACE_DAYS = {
    .name = "ASHLAR_PAYMENTS_GRACE_DAYS",
    .type = SETTING_INT,
    .fallback = "14",
    .min = 0,
    .max = 60,
    .doc = "Days of full access after a failed payment.",
};
const struct setting ASHLAR_BILLING_PATH = {
    .name = "ASHLAR_BILLING_PATH",
    .type = SETTING_TEXT,
    .fallback = "/billing",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end to which the browser returns after a payment, with ?checkout=… "
           "added.",
    .refuse = refuse_path,
};
