/*
 * Interface of a payment provider, as a table of functions. None is called with a transaction open.
 *
 * Calls that change something send an idempotency key from our operation row. The same key is
 * always sent with the same arguments. Errors: PAYMENTS_PROVIDER_REFUSED (final; its detail is the
 * provider's message), PAYMENTS__NO_SUCH_CUSTOMER, PAYMENTS__NO_SUCH_OBJECT,
 * PAYMENTS_PROVIDER_UNAVAILABLE (result unknown: repeat with the same key). A missing object is
 * never ERR_NOT_FOUND, which is for our own rows.
 */
#pragma once
#include "payments.h"

/* A page to pay on. Its content comes from the checkout's row and the rows it refers to. */
struct payments__checkout_call {
    struct uuid org, checkout, price;
    const char *plan_name;
    const char *currency, *period; /* "EUR"; "month" or "year" */
    int64_t amount_minor;
    const char *provider_price; /* the provider's id of the price; NULL: created with the
                                 * checkout */
    const char *customer;       /* an earlier customer; NULL: none */
    const char *email;
    const char *success_url, *cancel_url; /* {CHECKOUT_SESSION_ID} in them is replaced */
    struct instant expires_at;
};

struct payments__remote_checkout {
    const char *id, *url;
    const char *status;        /* "open", "complete", "expired" */
    const char *subscription;  /* NULL: none yet */
    struct uuid org, checkout; /* from our metadata; nil: not ours */
};

/* An item billed by a subscription. */
struct payments__remote_item {
    const char *price;             /* the provider's id */
    int64_t amount_minor;          /* per unit; negative: not given as one number */
    const char *currency, *period; /* upper case; "month" …; NULL: not given */
    struct instant period_start, period_end;
};

/* A complete subscription of the provider. */
struct payments__remote_subscription {
    const char *id, *customer, *status;
    struct uuid org, checkout, price; /* from our metadata; nil: none */
    const struct payments__remote_item *items;
    size_t n_items;
    bool cancel_at_period_end;
    struct instant started_at, period_start, period_end, cancel_at, ended_at;
};

/* A payment that was declined. */
struct payments__remote_decline {
    const char *id;               /* of the attempt: equal for all objects that report it */
    const char *customer, *email; /* of the payer; NULL: not given */
    struct uuid org, checkout;    /* from our metadata; nil: none */
    const char *code;             /* the most specific one; NULL: no longer declined */
    struct instant at;
};

/* A complete dispute or refund. */
struct payments__remote_refund_dispute {
    const char *kind, *id;
    const char *customer; /* NULL: a payment without customer */
    int64_t amount_minor;
    const char *currency;        /* upper case */
    const char *status, *reason; /* the provider's terms; reason may be NULL */
    struct instant made_at;
    struct instant respond_by; /* of a dispute that needs our response; none: no date */
};

/* A scheduled end has two forms. Each needs its own call to undo it; a call never has both. */
enum payments__end {
    PAYMENTS__END_WITH_PERIOD,
    PAYMENTS__NO_END_WITH_PERIOD,
    PAYMENTS__NO_END_BY_DATE,
};

/* Subscriptions, newest first. */
struct payments__remote_ref {
    const char *id, *customer;
    bool is_marked; /* it contains our metadata */
};
struct payments__remote_refs {
    const struct payments__remote_ref *refs;
    size_t n;
};

/* The customer of the call does not exist; or the object of the call does not: never created,
 * deleted, or of another account. Both stay inside the module. */
extern const struct error_kind PAYMENTS__NO_SUCH_CUSTOMER, PAYMENTS__NO_SUCH_OBJECT;

struct payments__provider {
    const char *name;
    err (*create_checkout)(struct ctx *c, const char *key,
        const struct payments__checkout_call *call, struct payments__remote_checkout *out);
    err (*expire_checkout)(struct ctx *c, const char *key, const char *session);
    err (*fetch_checkout)(
        struct ctx *c, const char *session, struct payments__remote_checkout *out);
    err (*fetch_subscription)(
        struct ctx *c, const char *id, struct payments__remote_subscription *out);
    err (*set_end)(
        struct ctx *c, const char *key, const char *subscription, enum payments__end end);
    /* Immediately, without a final invoice. */
    err (*end_subscription)(struct ctx *c, const char *key, const char *id);
    /* `kind` is "dispute" or "refund". */
    err (*fetch_refund_dispute)(struct ctx *c, const char *kind, const char *id,
        struct payments__remote_refund_dispute *out);
    /* `kind` is "payment_intent" or "charge". */
    err (*fetch_decline)(
        struct ctx *c, const char *kind, const char *id, struct payments__remote_decline *out);
    err (*create_portal)(struct ctx *c, const char *key, const char *customer,
        const char *return_url, const char **url);
    /* All created since then, at most 1,000. */
    err (*list_subscriptions)(
        struct ctx *c, struct instant since, struct payments__remote_refs *out);
    /* Comma-separated; any of them may have signed an event. */
    const char *(*webhook_secrets)(struct ctx *c);
    bool (*is_live)(void);
};

extern const struct payments__provider payments__stripe, payments__dev;

/* The configured provider; NULL: off. */
const struct payments__provider *payments__provider(void);
