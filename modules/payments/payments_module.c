/* What the payments module is: its tables, in one place. Every table ends with an empty row. */
#include "payments_internal.h"
#include "payments_sql.h"

static const char *refuse_dev(enum environment env, const char *value)
{
    if (env == ENV_PRODUCTION && text_equal(value, "dev"))
        return "production takes real money: stripe, or off";
    return NULL;
}

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
    .type = SETTING_WORD,
    .one_of = "off|dev|stripe",
    .fallback = "off",
    .fallback_local = "dev",
    .doc = "Who takes the money: stripe, the built-in development provider, or nobody.",
    .refuse = refuse_dev,
};
const struct setting ASHLAR_STRIPE_KEY = {
    .name = "ASHLAR_STRIPE_KEY",
    .type = SETTING_TEXT,
    .min = 12,
    .max = 250,
    .secret = true,
    .doc = "Stripe's secret or restricted key; live in production, test everywhere else.",
    .refuse = refuse_key,
};
const struct setting ASHLAR_STRIPE_WEBHOOK_SECRETS = {
    .name = "ASHLAR_STRIPE_WEBHOOK_SECRETS",
    .type = SETTING_TEXT,
    .min = 10,
    .max = 1000,
    .secret = true,
    .doc = "Signing secrets of the webhook endpoint (whsec_…), separated by commas: while one is "
           "replaced, both are good.",
};
const struct setting ASHLAR_STRIPE_URL = {
    .name = "ASHLAR_STRIPE_URL",
    .type = SETTING_URL,
    .fallback = "https://api.stripe.com",
    .doc = "Where Stripe's API is; another one for tests.",
    .refuse = refuse_http,
};
const struct setting ASHLAR_PAYMENTS_GRACE_DAYS = {
    .name = "ASHLAR_PAYMENTS_GRACE_DAYS",
    .type = SETTING_INT,
    .fallback = "14",
    .min = 0,
    .max = 60,
    .doc = "Days of full access after a payment failed.",
};
const struct setting ASHLAR_BILLING_PATH = {
    .name = "ASHLAR_BILLING_PATH",
    .type = SETTING_TEXT,
    .fallback = "/billing",
    .min = 1,
    .max = 200,
    .doc = "Page of the front end people come back to after paying; ?checkout=… is added.",
    .refuse = refuse_path,
};

const struct payments__provider *payments__provider(void)
{
    const char *word = setting_text(&ASHLAR_PAYMENTS);

    if (text_equal(word, "stripe"))
        return &payments__stripe;
    return text_equal(word, "dev") ? &payments__dev : NULL;
}

static const char *check(enum environment env)
{
    (void)env;
    if (!text_equal(setting_text(&ASHLAR_PAYMENTS), "stripe"))
        return NULL;
    if (setting_text(&ASHLAR_STRIPE_KEY) == NULL)
        return "ASHLAR_PAYMENTS is stripe, but ASHLAR_STRIPE_KEY is not set";
    if (setting_text(&ASHLAR_STRIPE_WEBHOOK_SECRETS) == NULL)
        return "ASHLAR_PAYMENTS is stripe, but ASHLAR_STRIPE_WEBHOOK_SECRETS is not set: "
               "unsigned events are taken from nobody";
    return NULL;
}

/* --- Failures --- */

const struct error_kind PAYMENTS_OFF = { "payments/off", 503, "Payments are switched off",
    "An operator sets ASHLAR_PAYMENTS." };
const struct error_kind PAYMENTS_NO_SUCH_PRICE = { "payments/no-such-price", 422,
    "This plan is not sold so", "GET /v1/plans lists plans, currencies and periods." };
const struct error_kind PAYMENTS_ALREADY_SUBSCRIBED = { "payments/already-subscribed", 409,
    "There is a subscription already",
    "Change it in the billing portal, or end it and subscribe anew when it has ended." };
const struct error_kind PAYMENTS_OTHER_CHECKOUT_OPEN = { "payments/other-checkout-open", 409,
    "Another checkout is open",
    "Finish it (GET billing shows its url), or DELETE it and try again." };
const struct error_kind PAYMENTS_NO_SUBSCRIPTION = { "payments/no-subscription", 409,
    "There is no subscription", "Subscribe first: POST billing/checkout." };
const struct error_kind PAYMENTS_SUBSCRIPTION_GONE = { "payments/subscription-gone", 409,
    "The payment provider has this subscription no more",
    "It is over, and nothing is charged for it there. Subscribe anew: POST billing/checkout. Where "
    "nobody ended it, an operator looks whether the provider's account is the right one." };
const struct error_kind PAYMENTS_NO_CUSTOMER = { "payments/no-customer", 409,
    "The payment provider has no customer for this organisation",
    "The portal is there after the next payment: POST billing/checkout." };
const struct error_kind PAYMENTS_PROVIDER_REFUSED = { "payments/provider-refused", 502,
    "The payment provider said no",
    "Trying the same again will not help; the detail is the provider's own words." };
const struct error_kind PAYMENTS_PROVIDER_AWAY = { "payments/provider-away", 503,
    "The payment provider does not answer",
    "Retry after as many seconds as Retry-After says; nothing is bought twice." };
const struct error_kind PAYMENTS__NO_SUCH_CUSTOMER = { "payments/no-such-customer", 502,
    "The payment provider has no such customer",
    "Nothing: the customer is forgotten, and the next checkout makes a new one." };
const struct error_kind PAYMENTS__NO_SUCH_OBJECT = { "payments/no-such-object", 502,
    "The payment provider has no such object",
    "An operator looks whether the provider's account is the right one." };
const struct error_kind PAYMENTS_BAD_SIGNATURE = { "payments/bad-signature", 400,
    "The event is not acceptable",
    "Check the endpoint's signing secret (ASHLAR_STRIPE_WEBHOOK_SECRETS), both clocks, and that "
    "live and test mode are not mixed." };

const struct error_kind PAYMENTS_NOT_CHANGED = { "payments/not-changed", 502,
    "The payment provider did not change it",
    "Look at ends_at of GET billing; try again, or use the billing portal." };
const struct error_kind PAYMENTS_UNKNOWN_PRICE = { "payments/unknown-price", 409,
    "No plan here has the price of this subscription",
    "An operator puts it into the plans file as provider_price and runs sync-catalog." };

static const struct permission permissions[] = {
    { "payments.read", "owner|admin|billing", "See plan, subscription and checkout" },
    { "payments.manage", "owner|billing", "Buy, cancel, resume, open the billing portal" },
    { NULL, NULL, NULL },
};

PUBLIC const struct module payments_module = {
    .name = "payments",
    .summary = "Plans, checkout, subscriptions, and what a plan allows",
    .routes = ROUTES(payments__routes, payments__webhook_routes, payments__dev_routes),
    .constraints = payments__constraints,
    .permissions = permissions,
    .settings =
        (const struct setting *const[]){
            &ASHLAR_PAYMENTS,
            &ASHLAR_STRIPE_KEY,
            &ASHLAR_STRIPE_WEBHOOK_SECRETS,
            &ASHLAR_STRIPE_URL,
            &ASHLAR_PAYMENTS_GRACE_DAYS,
            &ASHLAR_BILLING_PATH,
            NULL,
        },
    .tables = payments__tables,
    .jobs =
        (const struct job_kind *const[]){
            &payments__webhook_job.kind,
            &payments__sync_job.kind,
            &payments__follow_job.kind,
            &payments__recover_job.kind,
            &payments__part_job.kind,
            &payments__chase_job.kind,
            &payments__reconcile_job.kind,
            &payments__ends_job.kind,
            &payments__watch_job.kind,
            &payments__sweep_job.kind,
            &payments__dev_deliver_job.kind,
            &payments__dev_tick_job.kind,
            NULL,
        },
    .workers = payments__workers,
    .events =
        (const struct event_kind *const[]){
            &PAYMENTS_SUBSCRIPTION_STARTED.kind,
            &PAYMENTS_SUBSCRIPTION_UPDATED.kind,
            &PAYMENTS_SUBSCRIPTION_ENDED.kind,
            &PAYMENTS_PAYMENT_FAILED.kind,
            &PAYMENTS_ACCESS_ENDING.kind,
            &PAYMENTS_ACCESS_LIMITED.kind,
            &PAYMENTS_REVERSAL_UPDATED.kind,
            NULL,
        },
    .metrics =
        (const struct metric *const[]){
            &PAYMENTS__METRIC_WEBHOOKS,
            &PAYMENTS__METRIC_CALLS,
            &PAYMENTS__METRIC_SILENCE,
            &PAYMENTS__METRIC_DRIFT,
            &PAYMENTS__METRIC_REVERSALS,
            &PAYMENTS__METRIC_UNKNOWN_PRICE,
            &PAYMENTS__METRIC_VANISHED,
            &PAYMENTS__METRIC_DECLINES,
            NULL,
        },
    .offers =
        (const struct offer[]){
            NOTIFICATIONS_KINDS(&payments__started_notice.kind, &payments__failed_notice.kind,
                &payments__ending_notice.kind, &payments__limited_notice.kind,
                &payments__ended_notice.kind),
            { .to = NULL },
        },
    .commands = payments__commands,
    .requires = (const char *const[]){ "users", "auth", "notifications", NULL },
    .org_case = &payments__org_case,
    .check_entitlement = payments__check_entitlement,
    .callback_overdue = &SQL_callback_overdue,
    .purge_org = payments__purge_org,
    .check = check,
};
