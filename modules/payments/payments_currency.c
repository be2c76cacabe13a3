/* Currencies cards are charged in, and how their smallest unit is written. Knows no plan. */
#include "payments_internal.h"

/* Decimals by ISO 4217. Stripe counts ISK and UGX in hundredths although they have none, and takes
 * of three-decimal currencies only amounts that end in 0 (docs.stripe.com/currencies). */
static const struct payments__currency currencies[] = {
    { "AED", 2, 1 },
    { "ARS", 2, 1 },
    { "AUD", 2, 1 },
    { "BHD", 3, 1 },
    { "BIF", 0, 1 },
    { "BRL", 2, 1 },
    { "CAD", 2, 1 },
    { "CHF", 2, 1 },
    { "CLP", 0, 1 },
    { "CNY", 2, 1 },
    { "COP", 2, 1 },
    { "CZK", 2, 1 },
    { "DJF", 0, 1 },
    { "DKK", 2, 1 },
    { "EGP", 2, 1 },
    { "EUR", 2, 1 },
    { "GBP", 2, 1 },
    { "GNF", 0, 1 },
    { "HKD", 2, 1 },
    { "HUF", 2, 1 },
    { "IDR", 2, 1 },
    { "ILS", 2, 1 },
    { "INR", 2, 1 },
    { "ISK", 0, 100 },
    { "JOD", 3, 1 },
    { "JPY", 0, 1 },
    { "KES", 2, 1 },
    { "KMF", 0, 1 },
    { "KRW", 0, 1 },
    { "KWD", 3, 1 },
    { "MAD", 2, 1 },
    { "MXN", 2, 1 },
    { "MYR", 2, 1 },
    { "NGN", 2, 1 },
    { "NOK", 2, 1 },
    { "NZD", 2, 1 },
    { "OMR", 3, 1 },
    { "PEN", 2, 1 },
    { "PHP", 2, 1 },
    { "PLN", 2, 1 },
    { "PYG", 0, 1 },
    { "QAR", 2, 1 },
    { "RON", 2, 1 },
    { "RWF", 0, 1 },
    { "SAR", 2, 1 },
    { "SEK", 2, 1 },
    { "SGD", 2, 1 },
    { "THB", 2, 1 },
    { "TND", 3, 1 },
    { "TRY", 2, 1 },
    { "TWD", 2, 1 },
    { "UAH", 2, 1 },
    { "UGX", 0, 100 },
    { "USD", 2, 1 },
    { "UYU", 2, 1 },
    { "VND", 0, 1 },
    { "VUV", 0, 1 },
    { "XAF", 0, 1 },
    { "XOF", 0, 1 },
    { "XPF", 0, 1 },
    { "ZAR", 2, 1 },
};

const struct payments__currency *payments__currency(const char *code)
{
    for (size_t i = 0; i < COUNT(currencies); i++) {
        if (text_equal(currencies[i].code, code))
            return &currencies[i];
    }
    return NULL;
}

const char *payments__amount_text(
    struct arena *a, const struct payments__currency *currency, int64_t amount_minor)
{
    int64_t unit = 1;

    for (int i = 0; i < currency->decimals; i++)
        unit *= 10;
    if (unit == 1)
        return arena_printf(a, "%lld", (long long)amount_minor);
    return arena_printf(a, "%lld.%0*lld", (long long)(amount_minor / unit), currency->decimals,
        (long long)(amount_minor % unit));
}
