/* The failures payments names. */
#include "payments_internal.h"

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
