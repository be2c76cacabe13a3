/* What payments tells other modules and customers: the kinds of events it publishes. */
#include "payments_internal.h"

static const struct field payments_subscription_event_fields[] = {
    ID(payments_subscription_event, subscription_id, "sub", .doc = "The subscription"),
    TEXT(payments_subscription_event, plan, .doc = "Key of the plan"),
    TEXT(payments_subscription_event, status,
        .doc = "The provider's word for it; canceled, too, once its end has come"),
    TEXT(
        payments_subscription_event, access, .one_of = "full|limited|none", .doc = "What it gives"),
    TIME(payments_subscription_event, period_end, .doc = "Until when it is paid"),
    BOOL(payments_subscription_event, cancel_at_period_end, .doc = "It ends with this period"),
    TIME(payments_subscription_event, ends_at, .optional = true,
        .doc = "When it ends, or has ended; null: it goes on"),
    TIME(payments_subscription_event, limited_at, .optional = true,
        .doc = "While a payment is missing: when nothing can be added any more; null: none is"),
};
SHAPE(payments_subscription_event);

#define TURN(variable, word, text)                                                                 \
    EVENT_KIND(variable, payments_subscription_event, .name = "payments." word, .version = 1,      \
        .doc = text, .public = true)

TURN(PAYMENTS_SUBSCRIPTION_STARTED, "subscription_started", "A plan was bought and gives access");
TURN(PAYMENTS_SUBSCRIPTION_UPDATED, "subscription_updated", "Anything of a subscription changed");
TURN(PAYMENTS_SUBSCRIPTION_ENDED, "subscription_ended", "A subscription gives nothing any more");
TURN(PAYMENTS_ACCESS_ENDING, "access_ending", "Access ends, or becomes limited, in three days");
TURN(PAYMENTS_ACCESS_LIMITED, "access_limited", "Nothing can be added until it is paid");
TURN(PAYMENTS_PAYMENT_FAILED, "payment_failed", "A payment failed; access goes on for a while");

static const struct field payments_reversal_fields[] = {
    ID(payments_reversal, id, "reversal", .doc = "The refund or dispute"),
    TEXT(payments_reversal, kind, .one_of = "dispute|refund", .doc = "What it is"),
    TEXT(payments_reversal, external_id, .doc = "Its id at the provider"),
    INT(payments_reversal, amount_minor, .doc = "In the currency's smallest unit"),
    TEXT(payments_reversal, currency, .doc = "ISO 4217", .example = "EUR"),
    TEXT(payments_reversal, status, .example = "needs_response", .doc = "The provider's word"),
    TEXT(payments_reversal, reason, .optional = true, .example = "fraudulent",
        .doc = "The provider's word; null: none was given"),
    TIME(payments_reversal, made_at, .doc = "Since when"),
    TIME(payments_reversal, respond_by, .optional = true,
        .doc = "Of a dispute: until when it can be answered; null: no date"),
};
SHAPE(payments_reversal);

EVENT_KIND(PAYMENTS_REVERSAL_UPDATED, payments_reversal, .name = "payments.reversal_updated",
    .version = 1, .doc = "A refund or a dispute was made, or its status changed", .public = true);
