/*
 * What a payment provider does for us, as a table of functions. Knows no organisation's state:
 * ours is in PostgreSQL, theirs is fetched whole. None is called with a transaction open.
 *
 * Calls that change something carry an idempotency key from our operation row; the same key always
 * comes with the same arguments. Errors: PAYMENTS_PROVIDER_REFUSED (the answer is no, for good; its
 * detail is the provider's own words), PAYMENTS__NO_SUCH_CUSTOMER, PAYMENTS__NO_SUCH_OBJECT,
 * PAYMENTS_PROVIDER_UNAVAILABLE (unknown whether it happened: ask again with the same key). What is
 * not there is never ERR_NOT_FOUND: that is said of what is ours.
 */
#pragma once
#include "payments.h"

/* A page to pay on. Everything in it comes from the checkout's row and what it refers to. */
struct payments__checkout_call {
    struct uuid org, checkout, price;
    const char *plan_name;
    const char *currency, *period; /* "EUR"; "month" or "year" */
    int64_t amount_minor;
    const char *provider_price; /* the provider's own id of the price; NULL: made on the way */
    const char *customer;       /* who paid before; NULL: nobody yet */
    const char *email;
    const char *success_url, *cancel_url; /* {CHECKOUT_SESSION_ID} in them is filled in */
    struct instant expires_at;
};

struct payments__remote_checkout {
    const char *id, *url;
    const char *status;        /* "open", "complete", "expired" */
    const char *subscription;  /* NULL: none yet */
    struct uuid org, checkout; /* as we sent them; nil when they are not ours */
};

/* One of the things a subscription bills. */
struct payments__remote_item {
    const char *price;             /* the provider's own id */
    int64_t amount_minor;          /* of one; negative: not told as one number */
    const char *currency, *period; /* upper case; "month" …; NULL: not told */
    struct instant period_start, period_end;
};

/* A subscription, whole, as the provider has it. */
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
    const char *id;               /* of the attempt: the same, whatever object told of it */
    const char *customer, *email; /* who paid; NULL: not told */
    struct uuid org, checkout;    /* from our metadata; nil: none */
    const char *code; /* the most exact one there is; NULL: it is not declined any more */
    struct instant at;
};

/* A dispute or a refund, whole. */
struct payments__remote_refund_dispute {
    const char *kind, *id;
    const char *customer; /* NULL: the payment had none */
    int64_t amount_minor;
    const char *currency;        /* upper case */
    const char *status, *reason; /* the provider's words; reason may be NULL */
    struct instant made_at;
    struct instant respond_by; /* of a dispute that waits for our answer; none: no date */
};

/* A scheduled end has two forms, and each is taken back in its own: never both in one call. */
enum payments__end {
    PAYMENTS__END_WITH_PERIOD,
    PAYMENTS__NO_END_WITH_PERIOD,
    PAYMENTS__NO_END_BY_DATE,
};

/* Subscriptions, newest first. */
struct payments__remote_ref {
    const char *id, *customer;
    bool is_marked; /* it carries our metadata */
};
struct payments__remote_refs {
    const struct payments__remote_ref *refs;
    size_t n;
};

/* The customer of the call is not there any more; or what the call is about is not: never there,
 * deleted, or of another account. Neither leaves the module. */
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
    /* At once, without a last bill. */
    err (*end_subscription)(struct ctx *c, const char *key, const char *id);
    /* `kind` is "dispute" or "refund". */
    err (*fetch_refund_dispute)(struct ctx *c, const char *kind, const char *id,
        struct payments__remote_refund_dispute *out);
    /* `kind` is "payment_intent" or "charge". */
    err (*fetch_decline)(
        struct ctx *c, const char *kind, const char *id, struct payments__remote_decline *out);
    err (*create_portal)(struct ctx *c, const char *key, const char *customer,
        const char *return_url, const char **url);
    /* All made since then, at most 1,000. */
    err (*list_subscriptions)(
        struct ctx *c, struct instant since, struct payments__remote_refs *out);
    /* Comma-separated: each may have signed an event. */
    const char *(*webhook_secrets)(struct ctx *c);
    bool (*is_live)(void);
};

extern const struct payments__provider payments__stripe, payments__dev;

/* The one the settings name; NULL: off. */
const struct payments__provider *payments__provider(void);
