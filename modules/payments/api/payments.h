/*
 * payments — plans, checkout, subscriptions and entitlements. Uses one payment provider behind a
 * table of functions: Stripe, or a built-in simulator for development.
 *
 * The only header of this module that others may include. Other modules check what a plan allows by
 * entitlement_require (ashlar/entitlement.h), which payments implements, and subscribe to the
 * events. Money is `amount_minor` in the currency's smallest unit. Times are UTC.
 */
#pragma once
#include <ashlar/ashlar.h>

/* Money returned, or claimed back: a refund, or a dispute by the customer's bank. */
struct payments_refund_dispute {
    struct uuid id;          /* "refund_dispute_…" */
    const char *kind;        /* "dispute" or "refund" */
    const char *external_id; /* id at the provider */
    int64_t amount_minor;
    const char *currency;
    const char *status, *reason; /* the provider's terms; reason may be NULL */
    struct instant made_at;
    struct instant respond_by; /* last day to respond to a dispute; none: no date */
};
EVENT_OF(payments_refund_dispute);
PUBLIC extern const struct shape payments_refund_dispute_shape;

/* --- Events, in the organisation, all public --- */

struct payments_subscription_event {
    struct uuid subscription_id; /* "sub_…" */
    const char *plan;            /* key, "team" */
    const char *status;          /* the provider's term: "active", "past_due" …; "canceled" also
                                  * after its scheduled end */
    const char *access;          /* "full", "limited" or "none" */
    struct instant period_end;
    bool cancel_at_period_end;
    struct instant ends_at;    /* when it ends, or has ended; none: it has no end */
    struct instant limited_at; /* while a payment is missing: when access becomes, or became,
                                * limited; none: no payment is missing */
};
EVENT_OF(payments_subscription_event);
PUBLIC extern const struct shape payments_subscription_event_shape;
PUBLIC extern const EVENT(
    payments_subscription_event) PAYMENTS_SUBSCRIPTION_STARTED; /* access begins */
PUBLIC extern const EVENT(
    payments_subscription_event) PAYMENTS_SUBSCRIPTION_UPDATED; /* any change */
PUBLIC extern const EVENT(
    payments_subscription_event) PAYMENTS_SUBSCRIPTION_ENDED; /* no access any longer */
PUBLIC extern const EVENT(
    payments_subscription_event) PAYMENTS_PAYMENT_FAILED; /* became past_due or unpaid */
PUBLIC extern const EVENT(payments_subscription_event)
    PAYMENTS_ACCESS_ENDING; /* within three days: ends_at, limited_at */
PUBLIC extern const EVENT(payments_subscription_event)
    PAYMENTS_ACCESS_LIMITED; /* existing data stays, nothing can be added */
/* payments_refund_dispute_shape: a refund or a dispute is new, or its status changed. */
PUBLIC extern const EVENT(payments_refund_dispute) PAYMENTS_REFUND_DISPUTE_UPDATED;

/* --- Failures --- */

PUBLIC extern const struct error_kind PAYMENTS_DISABLED;
PUBLIC extern const struct error_kind PAYMENTS_PRICE_NOT_FOUND;
PUBLIC extern const struct error_kind PAYMENTS_ALREADY_SUBSCRIBED;
PUBLIC extern const struct error_kind PAYMENTS_OTHER_CHECKOUT_OPEN;
PUBLIC extern const struct error_kind PAYMENTS_NO_SUBSCRIPTION;
PUBLIC extern const struct error_kind PAYMENTS_SUBSCRIPTION_GONE;
PUBLIC extern const struct error_kind PAYMENTS_NO_CUSTOMER;
PUBLIC extern const struct error_kind PAYMENTS_PROVIDER_REFUSED;
PUBLIC extern const struct error_kind PAYMENTS_PROVIDER_UNAVAILABLE;
PUBLIC extern const struct error_kind PAYMENTS_BAD_SIGNATURE;
PUBLIC extern const struct error_kind PAYMENTS_UNKNOWN_PRICE;
PUBLIC extern const struct error_kind PAYMENTS_NOT_CHANGED;
