/*
 * payments — plans, checkout, subscriptions and entitlements. Uses one payment provider behind a
 * table of functions: Stripe, or one that another module adds.
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

/* --- A payment provider --- */

/*
 * Interface of a payment provider, as a table of functions. None is called with a transaction open.
 * A module adds its provider by a row of .extensions: PAYMENTS_PROVIDERS(&name__provider).
 *
 * Calls that change something send an idempotency key from our operation row. The same key is
 * always sent with the same arguments. Errors: PAYMENTS_PROVIDER_REFUSED (final; its detail is the
 * provider's message), PAYMENTS_NO_SUCH_CUSTOMER, PAYMENTS_NO_SUCH_OBJECT,
 * PAYMENTS_PROVIDER_UNAVAILABLE (result unknown: repeat with the same key). A missing object is
 * never ERR_NOT_FOUND, which is for our own rows.
 */

/* A page to pay on. Its content comes from the checkout's row and the rows it refers to. */
struct payments_checkout_call {
    struct uuid org, checkout, price;
    const char *plan_name;
    const char *currency, *period; /* "EUR"; "month" or "year" */
    int64_t amount_minor;
    const char *amount;         /* the same for people: "29.00" */
    const char *provider_price; /* the provider's id of the price; NULL: created with the
                                 * checkout */
    const char *customer;       /* an earlier customer; NULL: none */
    const char *email;
    const char *success_url, *cancel_url; /* {CHECKOUT_SESSION_ID} in them is replaced */
    struct instant expires_at;
};

struct payments_remote_checkout {
    const char *id, *url;
    const char *status;        /* "open", "complete", "expired" */
    const char *subscription;  /* NULL: none yet */
    struct uuid org, checkout; /* from our metadata; nil: not ours */
};

/* An item billed by a subscription. */
struct payments_remote_item {
    const char *price;             /* the provider's id */
    int64_t amount_minor;          /* per unit; negative: not given as one number */
    const char *currency, *period; /* upper case; "month" …; NULL: not given */
    struct instant period_start, period_end;
};

/* A complete subscription of the provider. */
struct payments_remote_subscription {
    const char *id, *customer, *status;
    struct uuid org, checkout, price; /* from our metadata; nil: none */
    const struct payments_remote_item *items;
    size_t n_items;
    bool cancel_at_period_end;
    struct instant started_at, period_start, period_end, cancel_at, ended_at;
};

/* A payment that was declined. */
struct payments_remote_decline {
    const char *id;               /* of the attempt: equal for all objects that report it */
    const char *customer, *email; /* of the payer; NULL: not given */
    struct uuid org, checkout;    /* from our metadata; nil: none */
    const char *code;             /* the most specific one; NULL: no longer declined */
    struct instant at;
};

/* A complete dispute or refund. */
struct payments_remote_refund_dispute {
    const char *kind, *id;
    const char *customer; /* NULL: a payment without customer */
    int64_t amount_minor;
    const char *currency;        /* upper case */
    const char *status, *reason; /* the provider's terms; reason may be NULL */
    struct instant made_at;
    struct instant respond_by; /* of a dispute that needs our response; none: no date */
};

/* A scheduled end has two forms. Each needs its own call to undo it; a call never has both. */
enum payments_end {
    PAYMENTS_END_WITH_PERIOD,
    PAYMENTS_NO_END_WITH_PERIOD,
    PAYMENTS_NO_END_BY_DATE,
};

/* Subscriptions, newest first. */
struct payments_remote_ref {
    const char *id, *customer;
    bool is_marked; /* it contains our metadata */
};
struct payments_remote_refs {
    const struct payments_remote_ref *refs;
    size_t n;
};

/* The customer of the call does not exist; or the object of the call does not: never created,
 * deleted, or of another account. Neither reaches a client. */
PUBLIC extern const struct error_kind PAYMENTS_NO_SUCH_CUSTOMER;
PUBLIC extern const struct error_kind PAYMENTS_NO_SUCH_OBJECT;

struct payments_provider {
    const char *name; /* value of ASHLAR_PAYMENTS that selects it, and word of its webhook's path */
    /* Reason why these settings do not permit it; NULL: they do. At start, if it is selected. */
    const char *(*check)(enum environment env);
    err (*create_checkout)(struct ctx *c, const char *key,
        const struct payments_checkout_call *call, struct payments_remote_checkout *out);
    err (*expire_checkout)(struct ctx *c, const char *key, const char *session);
    err (*fetch_checkout)(struct ctx *c, const char *session, struct payments_remote_checkout *out);
    err (*fetch_subscription)(
        struct ctx *c, const char *id, struct payments_remote_subscription *out);
    err (*set_end)(struct ctx *c, const char *key, const char *subscription, enum payments_end end);
    /* Immediately, without a final invoice. */
    err (*end_subscription)(struct ctx *c, const char *key, const char *id);
    /* `kind` is "dispute" or "refund". */
    err (*fetch_refund_dispute)(struct ctx *c, const char *kind, const char *id,
        struct payments_remote_refund_dispute *out);
    /* `kind` is "payment_intent" or "charge". */
    err (*fetch_decline)(
        struct ctx *c, const char *kind, const char *id, struct payments_remote_decline *out);
    err (*create_portal)(struct ctx *c, const char *key, const char *customer,
        const char *return_url, const char **url);
    /* All created since then, at most 1,000. */
    err (*list_subscriptions)(
        struct ctx *c, struct instant since, struct payments_remote_refs *out);
    /* Comma-separated; any of them may have signed an event. */
    const char *(*webhook_secrets)(struct ctx *c);
    bool (*is_live)(void);
};

#define PAYMENTS_PROVIDERS(...)                                                                    \
    {                                                                                              \
        .to = "payments", .rows = (const struct payments_provider *const[])                        \
        {                                                                                          \
            __VA_ARGS__, NULL                                                                      \
        }                                                                                          \
    }

/* Whether ASHLAR_PAYMENTS selects this provider. */
PUBLIC bool payments_provider_is_selected(const struct payments_provider *provider);

/* Header Stripe-Signature of an event, "t=…,v1=…", as of `now`: HMAC-SHA256 by the whole secret. */
PUBLIC const char *payments_sign(
    struct arena *a, struct bytes body, const char *secret, struct instant now);
