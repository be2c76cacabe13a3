/* Declarations shared by the files of payments only. */
#pragma once
#include "auth.h"
#include "notifications.h"
#include "payments.h"
#include "users.h"

extern const struct setting ASHLAR_PAYMENTS, ASHLAR_STRIPE_KEY, ASHLAR_STRIPE_WEBHOOK_SECRETS,
    ASHLAR_STRIPE_URL, ASHLAR_PAYMENTS_GRACE_DAYS, ASHLAR_BILLING_PATH;

extern const struct metric PAYMENTS__METRIC_WEBHOOKS, PAYMENTS__METRIC_CALLS,
    PAYMENTS__METRIC_SILENCE, PAYMENTS__METRIC_DRIFT, PAYMENTS__METRIC_REFUNDS_DISPUTES,
    PAYMENTS__METRIC_UNKNOWN_PRICE, PAYMENTS__METRIC_VANISHED, PAYMENTS__METRIC_DECLINES;

/* --- payments_provider.c --- */

extern const struct payments_provider payments__stripe;
/* The provider of ASHLAR_PAYMENTS. NULL: off, or no enabled module has it. */
const struct payments_provider *payments__provider(void);

/* --- payments_currency.c: ISO 4217, and Stripe's units --- */

struct payments__currency {
    const char *code;    /* "JPY" */
    int decimals;        /* 0 to 4: 1000 minor units of JPY are 1000 yen, of KWD 1 dinar */
    int stripe_decimals; /* in Stripe's unit; equal for most */
};
/* NULL: unknown code. */
const struct payments__currency *payments__currency(const char *code);
/* Step of valid amounts: 10 for KWD, 100 for MGA, 1 for most. */
int64_t payments__amount_step(const struct payments__currency *currency);
/* Conversion to and from Stripe's unit. Negative: not a valid amount. */
int64_t payments__stripe_amount(const struct payments__currency *currency, int64_t amount_minor);
int64_t payments__amount_of_stripe(const struct payments__currency *currency, int64_t amount);
/* "29.00", "2900", "2.900". */
const char *payments__amount_text(
    struct arena *a, const struct payments__currency *currency, int64_t amount_minor);

/* --- payments_catalog.c: the plans file --- */

struct payments__price_in {
    const char *currency, *period, *provider_price;
    int64_t amount_minor;
};
struct payments__entitlement_in {
    const char *name;
    int64_t limit;
    bool unlimited;
};
struct payments__plan_in {
    const char *key, *name, *description;
    bool is_default;
    const struct payments__price_in *prices;
    size_t n_prices;
    const struct payments__entitlement_in *entitlements;
    size_t n_entitlements;
};
struct payments__catalog_in {
    const struct payments__plan_in *plans;
    size_t n_plans;
};
enum { PAYMENTS__CATALOG_MAX = 256 * 1024 }; /* bytes of the plans file */
/* Parse and check. Errors: ERR_BAD_JSON, ERR_INVALID with a pointer for each defect. */
CHECKED err payments__catalog_parse(
    struct ctx *c, const char *json, size_t size, struct payments__catalog_in *out);
/* Digest of prices and entitlements, without the description. */
const char *payments__plan_digest(struct arena *a, const struct payments__plan_in *plan);
extern const struct command payments__commands[];

/* --- payments_catalog_store.c --- */

struct payments__plan {
    struct uuid id;
    const char *key, *name, *description, *digest;
    int64_t version, position;
    bool is_default;
};
struct payments__price {
    struct uuid id, plan_id;
    const char *plan, *plan_name, *currency, *period, *provider_price;
    int64_t amount_minor;
};
struct payments__plan_right {
    struct uuid plan_id;
    const char *name;
    int64_t most; /* 0 may stand for NULL; see is_limited */
    bool is_limited;
};

CHECKED err payments__lock_catalog(struct ctx *c);
CHECKED err payments__current_plan(
    struct ctx *c, const char *key, struct payments__plan *out, bool *found);
CHECKED err payments__list_plans(struct ctx *c, const struct payments__plan **rows, size_t *n);
CHECKED err payments__list_prices(struct ctx *c, const struct payments__price **rows, size_t *n);
CHECKED err payments__list_rights(
    struct ctx *c, const struct payments__plan_right **rows, size_t *n);
CHECKED err payments__retire_plan(struct ctx *c, struct uuid id);
CHECKED err payments__only_default(struct ctx *c, const char *key);
/* Insert a new version with its prices and entitlements. */
CHECKED err payments__insert_plan(struct ctx *c, const struct payments__plan_in *plan,
    const char *digest, int64_t position, int64_t *version);
CHECKED err payments__describe_plan(
    struct ctx *c, struct uuid id, const struct payments__plan_in *plan, int64_t position);
CHECKED err payments__find_price(struct ctx *c, const char *plan, const char *currency,
    const char *period, struct payments__price *out, bool *found);
CHECKED err payments__get_price(
    struct ctx *c, struct uuid id, struct payments__price *out, bool *found);
CHECKED err payments__find_provider_price(
    struct ctx *c, const char *provider_price, struct payments__price *out, bool *found);

/* A plan's value for one entitlement. `stated` false: none. */
struct payments__stated {
    struct uuid plan_id;
    const char *plan;
    bool stated;
    int64_t most;
    bool is_limited;
};
CHECKED err payments__default_grant(
    struct ctx *c, const char *entitlement, struct payments__stated *out, bool *found);
CHECKED err payments__plan_grant(
    struct ctx *c, struct uuid plan, const char *entitlement, struct payments__stated *out);

/* --- payments_catalog_service.c --- */

struct payments__change {
    const char *key, *what; /* "team": "version 2: …" */
};
struct payments__changes {
    struct payments__change *list;
    size_t n;
};
/* In the open transaction. */
CHECKED err payments__sync_catalog(
    struct ctx *c, const struct payments__catalog_in *catalog, struct payments__changes *out);

/* --- payments_store.c: accounts, checkouts, operations, subscriptions --- */

struct payments__account {
    struct uuid org_id;
    const char *provider, *customer; /* NULL: never paid */
};
struct payments__checkout {
    struct uuid org_id, id, price_id;
    const char *state, *provider, *email;
    const char *customer, *session, *url, *why; /* may be NULL */
    const char *decline_code;                   /* of the last declined payment; NULL: none */
    struct instant expires_at, created_at, declined_at;
    int64_t declines;
};
struct payments__operation {
    struct uuid org_id, id;
    const char *kind, *subject, *key, *state, *why;
    int64_t attempts;
    bool is_old; /* the provider may have deleted the key: never send it again */
};
struct payments__subscription {
    struct uuid id, plan_id, price_id;
    const char *provider, *external_id, *customer, *plan, *status;
    bool cancel_at_period_end;
    struct instant started_at, period_start, period_end, cancel_at, ended_at, fetched_at;
    struct instant unpaid_since; /* when the missing payment was first seen; none: no payment is
                                  * missing */
    const char *provider_price;  /* the provider's id for price_id; NULL: the row is older than
                                  * the column */
    const char *unknown_price;   /* billed, but not in the catalogue; NULL: none */
    int64_t fetch_sequence;
};
struct payments__object {
    struct uuid org_id; /* nil for rows without an organisation */
    const char *id;
};

/* Locks the organisation's billing until the transaction ends. */
CHECKED err payments__lock_account(struct ctx *c, struct payments__account *out);
CHECKED err payments__set_customer(struct ctx *c, const char *provider, const char *customer);
/* Nothing when it has another customer by now. */
CHECKED err payments__forget_customer(struct ctx *c, const char *provider, const char *customer);

CHECKED err payments__insert_checkout(struct ctx *c, const struct payments__checkout *row);
CHECKED err payments__open_checkout(struct ctx *c, struct payments__checkout *out, bool *found);
CHECKED err payments__last_checkout(struct ctx *c, struct payments__checkout *out, bool *found);
CHECKED err payments__last_checkout_of(
    struct ctx *c, struct uuid org, struct payments__checkout *out, bool *found);
/* The newest open checkout of this email address. As the system. */
CHECKED err payments__checkout_of_email(struct ctx *c, const char *provider, const char *email,
    struct payments__checkout *out, bool *found);
/* `*is_new` false: it is stored already. */
CHECKED err payments__note_decline(struct ctx *c, struct uuid checkout,
    const struct payments_remote_decline *remote, bool *is_new);
CHECKED err payments__get_checkout(
    struct ctx *c, struct uuid org, struct uuid id, struct payments__checkout *out, bool *found);
CHECKED err payments__checkout_of_session(struct ctx *c, const char *provider, const char *session,
    struct payments__checkout *out, bool *found);
CHECKED err payments__answer_checkout(
    struct ctx *c, struct uuid id, const char *session, const char *url);
CHECKED err payments__settle_checkout(
    struct ctx *c, struct uuid id, const char *state, const char *why);
/* Open checkouts, ten minutes old or more, without an event about their end. */
CHECKED err payments__list_open_checkouts(
    struct ctx *c, const char *provider, const struct payments__checkout **rows, size_t *n);

CHECKED err payments__insert_operation(
    struct ctx *c, const char *kind, const char *subject, struct payments__operation *out);
CHECKED err payments__find_operation(struct ctx *c, const char *kind, const char *subject,
    struct payments__operation *out, bool *found);
CHECKED err payments__get_operation(
    struct ctx *c, struct uuid id, struct payments__operation *out, bool *found);
/* Cancel an operation that waits for a retry, because the opposite operation was requested. */
CHECKED err payments__overtake_operation(struct ctx *c, const char *kind, const char *subject);
/* `*ours` false: another caller has claimed it, or it is settled. */
CHECKED err payments__claim_operation(
    struct ctx *c, struct uuid org, struct uuid id, struct payments__operation *out, bool *ours);
CHECKED err payments__settle_operation(
    struct ctx *c, const struct payments__operation *op, const char *state, const char *why);
CHECKED err payments__list_stuck_operations(
    struct ctx *c, const struct payments__operation **rows, size_t *n);

CHECKED err payments__next_fetch_sequence(
    struct ctx *c, const char *provider, const char *external_id, int64_t *out);
CHECKED err payments__find_subscription_org(
    struct ctx *c, const char *provider, const char *external_id, struct uuid *out, bool *found);
/* Of a present or a deleted organisation. */
CHECKED err payments__is_known_subscription(
    struct ctx *c, const char *provider, const char *external_id, bool *known);
/* By its purchases, also if its customer was replaced since. As the system. */
CHECKED err payments__find_customer_org(
    struct ctx *c, const char *provider, const char *customer, struct uuid *out, bool *found);
CHECKED err payments__get_subscription(struct ctx *c, const char *provider, const char *external_id,
    struct payments__subscription *out, bool *found);
CHECKED err payments__list_subscriptions(
    struct ctx *c, const struct payments__subscription **rows, size_t *n);
/* `*applied` false: a later response was applied already. */
CHECKED err payments__upsert_subscription(
    struct ctx *c, const struct payments__subscription *row, bool *applied);
/* `*ended` false: a later response was applied already, or it had ended. */
CHECKED err payments__end_vanished(struct ctx *c, const struct payments__subscription *s,
    int64_t fetch_sequence, struct instant at, bool *ended);
/* Record an attempt to fetch it that returned nothing. */
CHECKED err payments__note_asked(struct ctx *c, const struct payments__subscription *s);
CHECKED err payments__list_stale(struct ctx *c, const char *provider, int64_t hours,
    const struct payments__object **rows, size_t *n);
CHECKED err payments__list_unannounced_ends(
    struct ctx *c, const char *provider, const struct payments__object **rows, size_t *n);
/* Candidates: payments_access.c decides whether and when each loses access. */
CHECKED err payments__list_losses(struct ctx *c, const char *provider, int64_t grace_days,
    int64_t warn_days, const struct payments__object **rows, size_t *n);
/* `*first` false: it was announced before. */
CHECKED err payments__note_limited_announced(struct ctx *c, struct uuid id, bool *first);
CHECKED err payments__note_warned(struct ctx *c, struct uuid id, struct instant of, bool *first);
/* Access is full again: its next loss is to be announced. */
CHECKED err payments__forget_limited_announced(struct ctx *c, struct uuid id);
/* It gives access again: its next end is to be announced. */
CHECKED err payments__forget_end_announced(struct ctx *c, struct uuid id);
/* `*first` false: it was announced before. */
CHECKED err payments__note_end_announced(
    struct ctx *c, const char *provider, const char *external_id, bool *first);
CHECKED err payments__count_live(struct ctx *c, int64_t *n);

struct payments__webhook {
    struct uuid id;
    const char *provider, *external_id, *type, *subject_kind, *subject;
    struct bytes body;
    struct instant done_at;
};
/* `*is_new` false: it was received before. */
CHECKED err payments__insert_webhook(
    struct ctx *c, const struct payments__webhook *row, bool *is_new);
CHECKED err payments__get_webhook(
    struct ctx *c, struct uuid id, struct payments__webhook *out, bool *found);
CHECKED err payments__finish_webhook(struct ctx *c, struct uuid id);
CHECKED err payments__webhook_silence(struct ctx *c, const char *provider, int64_t *seconds);
CHECKED err payments__sweep_webhooks(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err payments__purge_rows(struct ctx *c);

/* Record that an event about `subject` is due, or that it was received. */
CHECKED err payments__expect_event(struct ctx *c, const char *provider, const char *subject);
CHECKED err payments__event_came(struct ctx *c, const char *provider, const char *subject);

/* --- payments_pending_cancellation_store.c, payments_pending_cancellation_service.c: deleted
 * organisations --- */

struct payments__pending_cancellation {
    struct uuid id, org_id;
    const char *kind, *provider, *customer, *external_id, *key; /* customer may be NULL */
};
struct payments__cancellation_due {
    const char *kind, *provider, *customer, *external_id;
};
CHECKED err payments__list_cancellations_due(
    struct ctx *c, const struct payments__cancellation_due **rows, size_t *n);
/* Creates id and key. Nothing when the row exists: then `*id` refers to no row. */
CHECKED err payments__insert_pending_cancellation(
    struct ctx *c, struct uuid org, const struct payments__cancellation_due *what, struct uuid *id);
/* Whether it was the customer of a deleted organisation. As the system. */
CHECKED err payments__has_customer_left(
    struct ctx *c, const char *provider, const char *customer, bool *out);
/* As the system. `*found` false: not of a deleted organisation. */
CHECKED err payments__find_pending_cancellation(struct ctx *c, const char *provider,
    const struct payments_remote_subscription *of, struct payments__pending_cancellation *out,
    bool *found);
CHECKED err payments__list_pending_cancellations(struct ctx *c, const char *provider,
    const struct payments__pending_cancellation **rows, size_t *n);
CHECKED err payments__try_pending_cancellation(
    struct ctx *c, struct uuid id, struct payments__pending_cancellation *out, bool *open);
CHECKED err payments__finish_pending_cancellation(struct ctx *c, struct uuid id);
/* Reopens a completed row. `*reopened` false when it is pending already. */
CHECKED err payments__reopen_pending_cancellation(struct ctx *c, struct uuid id, bool *reopened);
CHECKED err payments__oldest_pending_cancellation(struct ctx *c, int64_t *seconds);
CHECKED err payments__sweep_pending_cancellations(struct ctx *c, int64_t most, int64_t *gone);
CHECKED err payments__sweep_expected_events(struct ctx *c, int64_t most, int64_t *gone);

/* The module's hook: deletes our rows, and records the objects that the provider must end. */
CHECKED err payments__purge_org(struct ctx *c);
/* One attempt to end it at the provider. TX_MANUAL, as the system. */
CHECKED err payments__cancel_pending(struct ctx *c, struct uuid id);
/* A subscription without an organisation. NULL when its organisation was deleted; then it is ended.
 * Otherwise ERR_NOT_FOUND. In the open transaction, as the system. */
CHECKED err payments__cancel_orphaned(
    struct ctx *c, const struct payments_remote_subscription *remote);
bool payments__is_over(const struct payments_remote_subscription *remote);

/* --- payments_refund_dispute_store.c, payments_refund_dispute_service.c: refunds and disputes
 * --- */

struct payments__refund_dispute {
    struct uuid org_id; /* nil: unknown customer */
    const char *provider;
    const struct payments_remote_refund_dispute *remote;
    int64_t fetch_sequence;
};
/* NULL: not stored yet. */
CHECKED err payments__refund_dispute_status(
    struct ctx *c, const char *provider, const char *external_id, const char **out);
/* `*applied` false: a later response was applied already, and `out` is unchanged. */
CHECKED err payments__upsert_refund_dispute(struct ctx *c,
    const struct payments__refund_dispute *row, struct payments_refund_dispute *out, bool *applied);
/* As the system. */
CHECKED err payments__list_refunds_and_disputes(
    struct ctx *c, const struct payments_refund_dispute **rows, size_t *n);
/* Fetch and apply. `kind` is "dispute" or "refund". TX_MANUAL, as the system. */
CHECKED err payments__sync_refund_dispute(struct ctx *c, const char *kind, const char *external_id);

/* --- payments_decline.c, payments_decline_service.c: declined payments --- */

struct payments__payment_decline {
    const char *reason, *code, *advice;
    struct instant at;
    int64_t count;
};
const char *payments__decline_reason(const char *code);
const char *payments__decline_advice(const char *reason);
/* For the customer, and for staff. */
struct payments__payment_decline payments__show_decline(
    const char *code, struct instant at, int64_t count);
struct payments__payment_decline payments__explain_decline(
    const char *code, struct instant at, int64_t count);
/* Fetch and store. `kind` is "payment_intent" or "charge". TX_MANUAL, as the system. */
CHECKED err payments__sync_decline(struct ctx *c, const char *kind, const char *external_id);

/* --- payments_access.c: status → access, one table --- */

enum payments__access { PAYMENTS__NONE, PAYMENTS__LIMITED, PAYMENTS__FULL };
const char *payments__access_text(enum payments__access access);
/* The access that this subscription gives at `now`. */
enum payments__access payments__access_of(
    const struct payments__subscription *s, struct instant now, int64_t grace_days);
/* The subscription with the most access, the newest first. NULL: none gives access. */
const struct payments__subscription *payments__effective(
    const struct payments__subscription *rows, size_t n, struct instant now, int64_t grace_days);
/* When our own clock ends it; none: never. */
struct instant payments__ends_at(const struct payments__subscription *s);
/* The status at `now`: the provider's last one, until a scheduled or recorded end is reached. */
const char *payments__status_of(const struct payments__subscription *s, struct instant now);
/* When a missing payment limits access; none: no payment is missing, or the access is not full. */
struct instant payments__limited_at(const struct payments__subscription *s, int64_t grace_days);
/* Whether its end is scheduled, in either form, for the end of this period or earlier. */
bool payments__ends_with_period(const struct payments__subscription *s);

/* --- payments_entitlement.c: the hook --- */

CHECKED err payments__check_entitlement(
    struct ctx *c, const struct entitlement *e, struct entitlement_grant *out);

/* --- payments_operation_service.c: one call to the provider, made once --- */

/* The response to a call; members that its kind does not have are NULL. */
struct payments__answer {
    const char *url;
};
/*
 * Make the operation's call, or wait for the caller that is making it. TX_MANUAL. Errors:
 * PAYMENTS_PROVIDER_REFUSED, PAYMENTS_PROVIDER_UNAVAILABLE, PAYMENTS_NO_SUCH_CUSTOMER. When a page
 * is to be expired, also PAYMENTS_NO_SUCH_OBJECT.
 */
CHECKED err payments__run_operation(
    struct ctx *c, const struct payments__operation *op, struct payments__answer *out);
/* One attempt to complete an operation whose process ended between intent and response. Only org_id
 * and id of `op` are read. Nothing when another caller has claimed it. TX_MANUAL, as the system. */
CHECKED err payments__follow_operation(
    struct ctx *c, const struct payments__operation *op, struct payments__answer *out);

/* --- payments_sync_service.c: the provider's state into ours --- */

/* Fetch and apply. ERR_NOT_FOUND, without effect, when its customer is not known yet: to be
 * retried. PAYMENTS_UNKNOWN_PRICE: a known subscription was applied with its previous plan.
 * TX_MANUAL. */
CHECKED err payments__sync_subscription(struct ctx *c, const char *external_id);
/* PAYMENTS_NO_SUCH_OBJECT, also above: see payments_vanished_service.c. */
CHECKED err payments__sync_checkout(struct ctx *c, const char *session);
/* The first half: take a sequence number and fetch. */
CHECKED err payments__fetch_subscription(struct ctx *c, const char *external_id,
    struct payments_remote_subscription *out, int64_t *fetch_sequence);
/* The second half of payments__sync_subscription, for an object fetched under `fetch_sequence`. */
CHECKED err payments__apply_subscription(
    struct ctx *c, const struct payments_remote_subscription *remote, int64_t fetch_sequence);

/* --- payments_vanished_service.c: objects that the provider no longer has --- */

/* Days after the recorded end in which the provider is still checked for it. */
enum { PAYMENTS__COMES_BACK_DAYS = 14 };

/* Fetch again on a request by a member. An object that the provider no longer has, or of a provider
 * that is not in use, is recorded as ended, and `*gone` is true. TX_MANUAL, in the organisation. */
CHECKED err payments__ask_subscription(
    struct ctx *c, const struct payments__subscription *s, bool *gone);
/* The same for a checkout page. A missing page permits a new one. */
CHECKED err payments__ask_page(struct ctx *c, const struct payments__checkout *page);
/* Fetch before a request is rejected because of it; takes a few seconds at most. Without a response
 * the stored state counts. Errors: PAYMENTS_UNKNOWN_PRICE. */
CHECKED err payments__ask_before_refusing(struct ctx *c, const struct payments__subscription *s);
CHECKED err payments__ask_before_reusing(struct ctx *c, const struct payments__checkout *page);
/* A scheduled check found it missing: logged, and left unchanged. TX_MANUAL, as the system. */
CHECKED err payments__leave_vanished(struct ctx *c, const char *external_id);
/* A missing page that has also expired by the clock cannot be paid: it is settled. The same. */
CHECKED err payments__leave_vanished_page(struct ctx *c, const struct payments__checkout *page);

/* --- payments_price_service.c: the plan of a subscription --- */

struct payments__match {
    struct payments__price price;
    const struct payments_remote_item *item; /* the item that bills it; NULL: its prices are in
                                              * no plan */
};
/* `before` NULL: it is new. In the open transaction. */
CHECKED err payments__match_price(struct ctx *c, const struct payments_remote_subscription *remote,
    const struct payments__subscription *before, struct payments__match *out);

/* --- payments_announce_service.c: announcements of changes --- */

bool payments__is_unpaid(const char *status);
/* `before` NULL: new. In the open transaction. */
CHECKED err payments__announce(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after);
/* The same for a change without an event of the provider. */
CHECKED err payments__announce_vanished(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after);
/* Subscriptions that ended by our clock and are not announced yet. In the open transaction, as the
 * system. */
CHECKED err payments__announce_ends(struct ctx *c);
/* Access that ends within three days, or became limited by our clock. The same. */
CHECKED err payments__announce_losses(struct ctx *c);

/* --- payments_notifications.c --- */

NOTIFICATION_OF(payments_subscription_event);
extern const NOTIFICATION(payments_subscription_event) payments__started_notification,
    payments__failed_notification, payments__ending_notification, payments__limited_notification,
    payments__ended_notification;

/* --- payments_service.c: operations of members --- */

struct payments__billing_plan;
struct payments__billing_plan_list;
CHECKED err payments__show_plans(struct ctx *c, struct payments__billing_plan_list *out);

struct payments__billing;
struct payments__billing_checkout;
CHECKED err payments__show_billing(struct ctx *c, struct payments__billing *out);
CHECKED err payments__start_checkout(struct ctx *c, const char *plan, const char *currency,
    const char *period, struct payments__billing_checkout *out);
CHECKED err payments__abandon_checkout(struct ctx *c);
CHECKED err payments__converge(struct ctx *c, struct payments__billing *out);
CHECKED err payments__set_cancel(struct ctx *c, bool cancel, struct payments__billing *out);
CHECKED err payments__open_portal(struct ctx *c, const char **url);

struct payments__plan_price {
    const char *currency, *period, *amount;
    int64_t amount_minor;
};
struct payments__billing_entitlement {
    const char *name, *doc;
    int64_t limit;
    bool unlimited, included;
};
struct payments__billing_plan {
    const char *key, *name, *description;
    bool is_default;
    const struct payments__plan_price *prices;
    size_t n_prices;
    const struct payments__billing_entitlement *entitlements;
    size_t n_entitlements;
};
struct payments__billing_plan_list {
    const struct payments__billing_plan *data;
    size_t n_data;
};
struct payments__billing_checkout {
    struct uuid id;
    const char *state, *url, *why;
    struct instant expires_at;
    const struct payments__payment_decline *decline;
};
/* `is_paid`: its declines are no longer shown. */
struct payments__billing_checkout payments__view_of_checkout(
    struct ctx *c, const struct payments__checkout *row, bool is_paid);
struct payments__billing_subscription {
    struct uuid id;
    const char *plan, *status, *access;
    const char *unknown_price; /* for staff only */
    bool cancel_at_period_end, price_unknown;
    struct instant started_at, period_end, ends_at, limited_at, fetched_at;
};
struct payments__billing {
    const char *plan, *access, *provider;
    const struct payments__billing_subscription *subscription;
    const struct payments__billing_checkout *checkout;
    const struct payments__billing_entitlement *entitlements;
    size_t n_entitlements;
};
extern const struct shape payments__billing_plan_list_shape, payments__billing_checkout_shape,
    payments__billing_shape;

/* --- payments_webhook.c: parsing of received events. Fuzzed. --- */

enum payments__signed { PAYMENTS__SIGNED, PAYMENTS__MALFORMED, PAYMENTS__STALE, PAYMENTS__FORGED };
/* Stripe-Signature over the body, by any of the comma-separated secrets, within 300 s of `now`. */
enum payments__signed payments__check_signature(struct arena *a, const char *header,
    struct bytes body, const char *secrets, struct instant now);

struct payments__envelope {
    const char *id, *type, *subject_kind, *subject;
    bool livemode;
};
CHECKED err payments__read_envelope(
    struct ctx *c, struct bytes body, struct payments__envelope *out);

/* --- payments_webhook_service.c --- */

CHECKED err payments__take_webhook(
    struct ctx *c, const char *provider, const char *signature, struct bytes body);
CHECKED err payments__work_webhook(struct ctx *c, struct uuid id);

/* --- Tables, for payments_module.c --- */

const char *payments__check_settings(enum environment env);
extern const struct constraint payments__constraints[];

/* An organisation's billing, for staff. */
struct payments_billing_standing {
    const char *plan;          /* key, "team"; NULL: the catalogue is empty */
    const char *access;        /* "full" or "limited" */
    const char *status;        /* the provider's term for the subscription; NULL: never had one */
    struct instant period_end; /* end of the paid period */
    bool cancel_at_period_end;
    const char *unknown_price; /* the provider's id of a billed price that is in no plan; else
                                * NULL */
    struct instant ends_at;    /* when it ends, or has ended; zero: it has no end */
    const struct payments__payment_decline *decline; /* of the last checkout; NULL: none */
    const struct payments_refund_dispute *refunds_and_disputes; /* newest first, at most 20 */
    size_t n_refunds_and_disputes;
};
extern const struct shape payments_billing_standing_shape;
/* Of c->org, in the caller's open transaction as ashlar_system. */
CHECKED err payments__get_standing(struct ctx *c, struct payments_billing_standing *out);
extern const struct support_view payments__org_support_view;

PUBLIC extern const struct module payments_module;
extern const struct route payments__routes[], payments__webhook_routes[];
extern const JOB(payments__id_ref) payments__webhook_job, payments__cancel_pending_job;
extern const JOB(payments__text_ref) payments__sync_job;
struct payments__operation_ref {
    struct uuid org_id, id;
};
JOB_OF(payments__operation_ref);
extern const JOB(payments__operation_ref) payments__follow_job;
extern const JOB(nothing) payments__recover_job, payments__chase_job, payments__reconcile_job,
    payments__watch_job, payments__ends_job, payments__sweep_job;
extern const struct job_worker payments__workers[];
extern const struct table payments__tables[];
struct payments__id_ref {
    struct uuid id;
};
JOB_OF(payments__id_ref);
struct payments__text_ref {
    const char *id;
};
JOB_OF(payments__text_ref);
