/* The selected payment provider: Stripe, or one that another module adds. */
#include "payments_internal.h"

static const struct payments_provider *find_added(const char *name)
{
    const struct payments_provider *const *rows;

    for (size_t at = 0; (rows = modules_extensions("payments", &at)) != NULL;)
        for (; *rows != NULL; rows++)
            if (text_equal((*rows)->name, name))
                return *rows;
    return NULL;
}

const struct payments_provider *payments__provider(void)
{
    const char *name = setting_text(&ASHLAR_PAYMENTS);

    return text_equal(name, payments__stripe.name) ? &payments__stripe : find_added(name);
}

bool payments_provider_is_selected(const struct payments_provider *provider)
{
    return payments__provider() == provider;
}

const char *payments__check_settings(enum environment env)
{
    const struct payments_provider *provider = payments__provider();

    if (provider != NULL)
        return provider->check(env);
    if (text_equal(setting_text(&ASHLAR_PAYMENTS), "off"))
        return NULL;
    return "ASHLAR_PAYMENTS must be off, stripe or the provider of an enabled module: change it, "
           "or "
           "add that module to ASHLAR_MODULES. docs/payments.md lists them";
}
