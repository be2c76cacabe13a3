/* A plans file: whatever is accepted keeps the rules that prices and keys rest on. */
#include "../../modules/payments/payments_internal.h"
#include "base/ctx_open.h"
#include "base/log_start.h"

static void check(struct arena *a, const struct payments__catalog_in *catalog)
{
    int defaults = 0;

    for (size_t i = 0; i < catalog->n_plans; i++) {
        const struct payments__plan_in *plan = &catalog->plans[i];
        defaults += plan->is_default;
        if (strlen(payments__plan_digest(a, plan)) != 64 || plan->key[0] < 'a' ||
            plan->key[0] > 'z')
            __builtin_trap();
        for (size_t j = 0; j < plan->n_prices; j++) {
            if (payments__currency(plan->prices[j].currency) == NULL ||
                plan->prices[j].amount_minor < 1)
                __builtin_trap();
        }
    }
    if (defaults != 1)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct payments__catalog_in catalog;
    struct ctx c;

    log_start_by_name("error", "json");
    ctx_open(&c, a, "fuzz");
    if (payments__catalog_parse(&c, arena_strndup(a, (const char *)data, size), size, &catalog) ==
        NULL)
        check(a, &catalog);
    arena_free(a);
    return 0;
}
