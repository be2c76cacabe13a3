/* Event kinds of payments. */
#include "payments_internal.h"

static const struct field payments_subscription_event_fields[] = {
    ID(payments_subscription_event, subscription_id, "sub", .doc = "Id of the subscription"),
    TEXT(payments_subscription_event, plan, .doc = "Key of the plan"),
    TEXT(payments_subscription_event, status,
        .doc =
            "Status at the provider. Also `canceled` once the end of the subscription has passed."),
    TEXT(payments_subscription_event, access, .one_of = "full|limited|none",
        .doc = "Access that the subscription gives"),
    TIME(payments_subscription_event, period_end, .doc = "End of the paid period"),
    BOOL(payments_subscription_event, cancel_at_period_end,
        .doc = "Whether the subscription ends with the paid period"),
    TIME(payments_subscription_event, ends_at, .optional = true,
        .doc = "Time at which the subscription ends or ended. Null if it continues."),
    TIME(payments_subscription_event, limited_at, .optional = true,
        .doc = "Time at which access becomes limited because a payment is missing. Null if none is "
               "missing."),
};
SHAPE(payments_subscription_event);

#define TURN(variable, word, text)                                                                 \
    EVENT_KIND(variable, payments_subscription_event, .name = "payments." word, .version = 1,      \
        .doc = text, .public = true)

TURN(PAYMENTS_SUBSCRIPTION_STARTED, "subscription_started", "A plan was bought and gives access");
TURN(PAYMENTS_SUBSCRIPTION_UPDATED, "subscription_updated", "A subscription changed");
TURN(PAYMENTS_SUBSCRIPTION_ENDED, "subscription_ended",
    "A subscription ended and no longer gives access");
TURN(PAYMENTS_ACCESS_ENDING, "access_ending", "Access ends or becomes limited in three days");
TURN(PAYMENTS_ACCESS_LIMITED, "access_limited",
    "Access became limited because a payment is missing");
TURN(PAYMENTS_PAYMENT_FAILED, "payment_failed",
    "A payment failed and access continues for the grace period");

static const struct field payments_refund_dispute_fields[] = {
    ID(payments_refund_dispute, id, "refund_dispute", .doc = "Id of the refund or dispute"),
    TEXT(payments_refund_dispute, kind, .one_of = "dispute|refund", .doc = "Refund or dispute"),
    TEXT(payments_refund_dispute, external_id, .doc = "Id at the provider"),
    INT(payments_refund_dispute, amount_minor, .doc = "Amount in the currency's smallest unit"),
    TEXT(payments_refund_dispute, currency, .doc = "Currency, ISO 4217", .example = "EUR"),
    TEXT(payments_refund_dispute, status, .example = "needs_response",
        .doc = "Status at the provider"),
    TEXT(payments_refund_dispute, reason, .optional = true, .example = "fraudulent",
        .doc = "Reason at the provider. Null if none was given."),
    TIME(
        payments_refund_dispute, made_at, .doc = "Time at which the refund or dispute was created"),
    TIME(payments_refund_dispute, respond_by, .optional = true,
        .doc = "Deadline for evidence in a dispute. Null if there is none."),
};
SHAPE(payments_refund_dispute);

EVENT_KIND(PAYMENTS_REFUND_DISPUTE_UPDATED, payments_refund_dispute,
    .name = "payments.refund_dispute_updated", .version = 1,
    .doc = "A refund or a dispute was created or its status changed", .public = true);
