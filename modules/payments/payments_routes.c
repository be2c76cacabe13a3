/* HTTP surface of payments. Rules are in the services, SQL in payments.sql. */
#include "payments_internal.h"

struct start_checkout {
    const char *plan, *currency, *period;
};
static const struct field start_checkout_fields[] = {
    TEXT(start_checkout, plan, .format = SLUG, .max = 40, .doc = "Key of a plan from GET /v1/plans",
        .example = "team"),
    TEXT(start_checkout, currency, .format = TOKEN, .min = 3, .max = 3,
        .doc = "Currency, ISO 4217 in upper case", .example = "EUR"),
    TEXT(start_checkout, period, .one_of = "month|year", .doc = "Billing period of the price"),
};
static SHAPE(start_checkout);

struct billing_portal_session {
    const char *url;
};
static const struct field billing_portal_session_fields[] = {
    TEXT(billing_portal_session, url, .max = 2000,
        .doc = "URL to send the browser to. It is valid once, for some minutes."),
};
static SHAPE(billing_portal_session);

HANDLER(list_plans, nothing, payments__billing_plan_list)
{
    (void)in;
    return payments__show_plans(c, out);
}

HANDLER(get_billing, nothing, payments__billing)
{
    (void)in;
    return payments__show_billing(c, out);
}

HANDLER(start_checkout, start_checkout, payments__billing_checkout)
{
    return payments__start_checkout(c, in->plan, in->currency, in->period, out);
}

HANDLER(abandon_checkout, nothing, nothing)
{
    (void)in, (void)out;
    return payments__abandon_checkout(c);
}

HANDLER(sync_billing, nothing, payments__billing)
{
    (void)in;
    return payments__converge(c, out);
}

HANDLER(cancel, nothing, payments__billing)
{
    (void)in;
    return payments__set_cancel(c, true, out);
}

HANDLER(resume, nothing, payments__billing)
{
    (void)in;
    return payments__set_cancel(c, false, out);
}

HANDLER(open_portal, nothing, billing_portal_session)
{
    (void)in;
    return payments__open_portal(c, &out->url);
}

struct webhook_in {
    struct raw raw;
    const char *provider;
};
static const struct field webhook_in_fields[] = {
    TEXT(webhook_in, provider, .in = PATH, .format = SLUG, .max = 20,
        .doc = "Provider that sends the event, for example `stripe`"),
};
static RAW_SHAPE(webhook_in);

HANDLER(take_webhook, webhook_in, nothing)
{
    (void)out;
    return payments__take_webhook(
        c, in->provider, request_header_value(c, "Stripe-Signature"), in->raw.body);
}

#define MANAGE(m, p, i, s, d, fn, code, ...)                                                       \
    {                                                                                              \
        .method = m, .path = "/v1/orgs/{org_id}/billing" p, .id = i, .summary = s, .doc = d,       \
        .auth = AUTH_SESSION, .permission = "payments.manage", .scope = SCOPE_ORG,                 \
        .while_suspended = true, .rate = RATE_SENSITIVE, .tx = TX_MANUAL, .status = code,          \
        .errors =                                                                                  \
            ERRORS(&PAYMENTS_DISABLED, &PAYMENTS_PROVIDER_UNAVAILABLE __VA_OPT__(, ) __VA_ARGS__), \
        .handler = BY(fn)                                                                          \
    }

const struct route payments__routes[] = {
    {
        .method = GET,
        .path = "/v1/plans",
        .id = "listPlans",
        .summary = "List plans",
        .doc = "Each plan contains its prices and entitlements.",
        .auth = AUTH_PUBLIC,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(list_plans),
    },
    {
        .method = GET,
        .path = "/v1/orgs/{org_id}/billing",
        .id = "getBilling",
        .summary = "Get billing details",
        .doc = "Returns the plan, the subscription and the entitlements.",
        .auth = AUTH_SESSION,
        .permission = "payments.read",
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_READ,
        .status = 200,
        .errors = NO_ERRORS,
        .handler = BY(get_billing),
    },
    {
        .method = POST,
        .path = "/v1/orgs/{org_id}/billing/checkout",
        .id = "startCheckout",
        .summary = "Create a checkout",
        .doc = "One checkout is open at a time. If one is open for the same price, it is returned. "
               "Send the browser to `url`. When the browser returns with `?checkout=…`, call "
               "syncBilling.",
        .auth = AUTH_SESSION,
        .permission = "payments.manage",
        .scope = SCOPE_ORG,
        .while_suspended = true,
        .rate = RATE_SENSITIVE,
        .idempotency = KEY_REQUIRED,
        .tx = TX_MANUAL,
        .status = 201,
        .errors = ERRORS(&PAYMENTS_DISABLED, &PAYMENTS_PRICE_NOT_FOUND,
            &PAYMENTS_ALREADY_SUBSCRIBED, &PAYMENTS_OTHER_CHECKOUT_OPEN, &PAYMENTS_PROVIDER_REFUSED,
            &PAYMENTS_PROVIDER_UNAVAILABLE, &PAYMENTS_UNKNOWN_PRICE),
        .handler = BY(start_checkout),
    },
    MANAGE(DELETE_, "/checkout", "abandonCheckout", "Cancel the open checkout", NULL,
        abandon_checkout, 204, &PAYMENTS_UNKNOWN_PRICE, &PAYMENTS_PROVIDER_REFUSED),
    MANAGE(POST, "/sync", "syncBilling", "Sync billing with the provider",
        "Queries the provider immediately and returns the billing details.", sync_billing, 200,
        &PAYMENTS_UNKNOWN_PRICE, &PAYMENTS_PROVIDER_REFUSED),
    MANAGE(POST, "/cancel", "cancelSubscription", "Cancel the subscription at period end",
        "Access continues until the end of the paid period.", cancel, 200,
        &PAYMENTS_NO_SUBSCRIPTION, &PAYMENTS_SUBSCRIPTION_GONE, &PAYMENTS_PROVIDER_REFUSED,
        &PAYMENTS_NOT_CHANGED),
    MANAGE(POST, "/resume", "resumeSubscription", "Resume the subscription",
        "Withdraws a cancellation at period end.", resume, 200, &PAYMENTS_NO_SUBSCRIPTION,
        &PAYMENTS_SUBSCRIPTION_GONE, &PAYMENTS_PROVIDER_REFUSED, &PAYMENTS_NOT_CHANGED),
    MANAGE(POST, "/portal", "openBillingPortal", "Create a billing portal session",
        "The portal is a page of the provider for cards, invoices and billing addresses. Send the "
        "browser to `url`.",
        open_portal, 201, &PAYMENTS_NO_CUSTOMER, &PAYMENTS_PROVIDER_REFUSED),
    { .id = NULL },
};

const struct route payments__webhook_routes[] = {
    {
        .method = POST,
        .path = "/v1/payments/webhooks/{provider}",
        .id = "takePaymentWebhook",
        .summary = "Receive a payment provider event",
        .doc = "Requires the provider's signature. Returns 204 as soon as the event is stored. Its "
               "content is then fetched from the provider.",
        .auth = AUTH_SIGNATURE,
        .rate = RATE_NONE,
        .idempotency = KEY_IGNORED,
        .body_max = 1024 * 1024,
        .status = 204,
        .errors = ERRORS(&PAYMENTS_BAD_SIGNATURE),
        .handler = BY(take_webhook),
    },
    { .id = NULL },
};
