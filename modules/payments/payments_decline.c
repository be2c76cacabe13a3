/* Decline codes: maps a code of the provider to a reason, and the reason to advice for people.
 * Codes: docs.stripe.com/declines/codes and docs.stripe.com/error-codes, as of 2026-11. */
#include "payments_internal.h"

/* A suspected fraud is shown as a decline by the bank, so that a person who tries stolen cards
 * learns nothing. */
#define SUSPICIOUS "suspicious"

static const struct {
    const char *reason, *advice;
} reasons[] = {
    { "funds", "The account has insufficient funds, or the card's limit is reached. Use another "
               "card, or try again later." },
    { "authentication", "The bank requires you to confirm the payment. Try again and follow the "
                        "bank's instructions." },
    { "card_data",
        "The card details are incorrect. Check number, date, security code and postal code." },
    { "expired", "The card has expired. Use another card." },
    { "card_refused",
        "This card cannot be used for this payment. Use another card, or contact the bank." },
    { "bank",
        "The bank declined the payment without a reason. Contact the bank, or use another card." },
    { "temporary", "The connection to the bank failed. Try again in a moment." },
    { "revoked", "The permission for this payment was revoked at the bank. Use another card." },
    { SUSPICIOUS,
        "The bank declined the payment without a reason. Contact the bank, or use another card." },
    { "duplicate",
        "A payment of the same amount was made recently. Check whether it is already paid." },
    { "test", "A test card was used for a real payment, or a real card for a test payment." },
    { "other", "The payment was declined. Use another card, or contact the bank." },
};

static const struct {
    const char *code, *reason;
} codes[] = {
    { "insufficient_funds", "funds" },
    { "withdrawal_count_limit_exceeded", "funds" },
    { "card_velocity_exceeded", "funds" },
    { "amount_too_large", "funds" },
    { "authentication_required", "authentication" },
    { "authentication_not_handled", "authentication" },
    { "payment_intent_authentication_failure", "authentication" },
    { "invoice_payment_intent_requires_action", "authentication" },
    { "subscription_payment_intent_requires_action", "authentication" },
    { "offline_pin_required", "authentication" },
    { "online_or_offline_pin_required", "authentication" },
    { "pin_try_exceeded", "authentication" },
    { "incorrect_pin", "authentication" },
    { "invalid_pin", "authentication" },
    { "mobile_device_authentication_required", "authentication" },
    { "incorrect_number", "card_data" },
    { "invalid_number", "card_data" },
    { "incorrect_cvc", "card_data" },
    { "invalid_cvc", "card_data" },
    { "incorrect_zip", "card_data" },
    { "incorrect_address", "card_data" },
    { "postal_code_invalid", "card_data" },
    { "invalid_expiry_month", "card_data" },
    { "invalid_expiry_year", "card_data" },
    { "expired_card", "expired" },
    { "card_not_supported", "card_refused" },
    { "currency_not_supported", "card_refused" },
    { "invalid_amount", "card_refused" },
    { "invalid_account", "card_refused" },
    { "new_account_information_available", "card_refused" },
    { "not_permitted", "card_refused" },
    { "restricted_card", "card_refused" },
    { "service_not_allowed", "card_refused" },
    { "transaction_not_allowed", "card_refused" },
    { "payment_method_not_available", "card_refused" },
    { "payment_method_unactivated", "card_refused" },
    { "card_declined", "bank" },
    { "generic_decline", "bank" },
    { "do_not_honor", "bank" },
    { "call_issuer", "bank" },
    { "no_action_taken", "bank" },
    { "declined_by_network", "bank" },
    { "payment_method_provider_decline", "bank" },
    { "payment_intent_payment_attempt_failed", "bank" },
    { "do_not_try_again", "bank" },
    { "approve_with_id", "temporary" },
    { "issuer_not_available", "temporary" },
    { "processing_error", "temporary" },
    { "reenter_transaction", "temporary" },
    { "try_again_later", "temporary" },
    { "payment_method_provider_timeout", "temporary" },
    { "payment_intent_payment_attempt_expired", "temporary" },
    { "revocation_of_authorization", "revoked" },
    { "revocation_of_all_authorizations", "revoked" },
    { "stop_payment_order", "revoked" },
    { "lost_card", SUSPICIOUS },
    { "stolen_card", SUSPICIOUS },
    { "pickup_card", SUSPICIOUS },
    { "fraudulent", SUSPICIOUS },
    { "merchant_blacklist", SUSPICIOUS },
    { "security_violation", SUSPICIOUS },
    { "highest_risk_level", SUSPICIOUS },
    { "elevated_risk_level", SUSPICIOUS },
    { "rule", SUSPICIOUS },
    { "blocklist", SUSPICIOUS },
    { "previously_declined_do_not_retry", SUSPICIOUS },
    { "duplicate_transaction", "duplicate" },
    { "testmode_decline", "test" },
    { "live_mode_test_card", "test" },
    { "test_mode_live_card", "test" },
};

const struct metric PAYMENTS__METRIC_DECLINES = {
    .name = "ashlar_payments_declines_total",
    .help = "Declined payments by reason.",
    .kind = METRIC_COUNTER,
    .label = "reason",
    .values =
        "funds|authentication|card_data|expired|card_refused|bank|temporary|revoked|" SUSPICIOUS
        "|duplicate|test|other",
};

const char *payments__decline_reason(const char *code)
{
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (text_equal(codes[i].code, code))
            return codes[i].reason;
    }
    return "other";
}

const char *payments__decline_advice(const char *reason)
{
    size_t i = 0;

    while (i < COUNT(reasons) - 1 && !text_equal(reasons[i].reason, reason))
        i++;
    return reasons[i].advice;
}

/* For the customer. */
struct payments__payment_decline payments__show_decline(
    const char *code, struct instant at, int64_t count)
{
    const char *reason = payments__decline_reason(code);
    const bool hidden = text_equal(reason, SUSPICIOUS);

    return (struct payments__payment_decline){
        .reason = hidden ? "bank" : reason,
        .code = hidden ? "generic_decline" : code,
        .advice = payments__decline_advice(reason),
        .at = at,
        .count = count,
    };
}

/* For staff. */
struct payments__payment_decline payments__explain_decline(
    const char *code, struct instant at, int64_t count)
{
    const char *reason = payments__decline_reason(code);

    return (struct payments__payment_decline){
        .reason = reason,
        .code = code,
        .advice = payments__decline_advice(reason),
        .at = at,
        .count = count,
    };
}
