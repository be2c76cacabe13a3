/* Error kinds of payments. */
#include "payments_internal.h"

const struct error_kind PAYMENTS_DISABLED = { "payments/disabled", 503, "Payments disabled",
    "Set ASHLAR_PAYMENTS as an operator." };
const struct error_kind PAYMENTS_PRICE_NOT_FOUND = { "payments/price-not-found", 422,
    "Price not found", "Use a plan, currency and period of GET /v1/plans." };
const struct error_kind PAYMENTS_ALREADY_SUBSCRIBED = { "payments/already-subscribed", 409,
    "Subscription already exists",
    "Change the subscription in the billing portal, or cancel it and subscribe again after it has "
    "ended." };
const struct error_kind PAYMENTS_OTHER_CHECKOUT_OPEN = { "payments/other-checkout-open", 409,
    "Another checkout is open",
    "Open the url of GET billing to complete it, or DELETE it, then retry." };
const struct error_kind PAYMENTS_NO_SUBSCRIPTION = { "payments/no-subscription", 409,
    "No subscription", "Create a checkout first: POST billing/checkout." };
const struct error_kind PAYMENTS_SUBSCRIPTION_GONE = { "payments/subscription-gone", 409,
    "Subscription no longer exists at the payment provider",
    "Create a new checkout: POST billing/checkout. The subscription has ended and is not charged. "
    "If it was not cancelled, an operator must check the provider's account." };
const struct error_kind PAYMENTS_NO_CUSTOMER = { "payments/no-customer", 409,
    "No customer at the payment provider",
    "Create a checkout first: POST billing/checkout. The portal is available after the next "
    "payment." };
const struct error_kind PAYMENTS_PROVIDER_REFUSED = { "payments/provider-refused", 502,
    "Request rejected by the payment provider",
    "Read the detail, which is the message of the provider. Repeating the same request does not "
    "help." };
const struct error_kind PAYMENTS_PROVIDER_UNAVAILABLE = { "payments/provider-unavailable", 503,
    "Payment provider unavailable",
    "Retry after the number of seconds in Retry-After. Nothing is bought twice." };
const struct error_kind PAYMENTS_NO_SUCH_CUSTOMER = { "payments/no-such-customer", 502,
    "Customer unknown to the payment provider",
    "Retry. The customer was deleted, and the next checkout creates a new one." };
const struct error_kind PAYMENTS_NO_SUCH_OBJECT = { "payments/no-such-object", 502,
    "Object unknown to the payment provider",
    "Check as an operator that the provider's account is the right one." };
const struct error_kind PAYMENTS_BAD_SIGNATURE = { "payments/bad-signature", 400,
    "Invalid webhook signature",
    "Check the signing secret (ASHLAR_STRIPE_WEBHOOK_SECRETS), both clocks, and that live and test "
    "mode are not mixed." };

const struct error_kind PAYMENTS_NOT_CHANGED = { "payments/not-changed", 502,
    "Subscription not changed by the payment provider",
    "Check ends_at of GET billing, then retry or use the billing portal." };
const struct error_kind PAYMENTS_UNKNOWN_PRICE = { "payments/unknown-price", 409,
    "Price of the subscription is in no plan",
    "Add the price to the plans file as provider_price, then run sync-catalog, as an operator." };
