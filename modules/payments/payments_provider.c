/* The configured payment provider. */
#include "payments_internal.h"

const struct payments__provider *payments__provider(void)
{
    const char *word = setting_text(&ASHLAR_PAYMENTS);

    if (text_equal(word, "stripe"))
        return &payments__stripe;
    return text_equal(word, "dev") ? &payments__dev : NULL;
}
