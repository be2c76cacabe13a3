/* The plans file: format and rules. */
#include "payments_internal.h"
#include <stdlib.h>

enum { PLANS_MAX = 50 };

static const struct field payments__price_in_fields[] = {
    TEXT(payments__price_in, currency, .min = 3, .max = 3, .format = TOKEN,
        .doc = "Currency, ISO 4217 in upper case"),
    TEXT(payments__price_in, period, .one_of = "month|year", .doc = "Billing period of the price"),
    INT(payments__price_in, amount_minor, .min = 1, .max = 99999999999,
        .doc = "Amount in the currency's smallest unit: 2900 is 29.00 EUR, 2900 JPY, 2.900 KWD"),
    TEXT(payments__price_in, provider_price, .format = TOKEN, .max = 200, .optional = true,
        .doc = "Id of the price at the provider. Default: created at checkout."),
};
static SHAPE(payments__price_in);

static const struct field payments__entitlement_in_fields[] = {
    TEXT(payments__entitlement_in, name, .format = TOKEN, .min = 3, .max = 80,
        .doc = "Name of the entitlement, as its module declares it"),
    INT(payments__entitlement_in, limit, .max = 1000000000, .fallback = "0",
        .doc = "Maximum number"),
    BOOL(payments__entitlement_in, unlimited, .fallback = "false",
        .doc = "Whether the number is unlimited"),
};
static SHAPE(payments__entitlement_in);

static const struct field payments__plan_in_fields[] = {
    TEXT(
        payments__plan_in, key, .format = SLUG, .max = 40, .doc = "Key of the plan, a stable name"),
    TEXT(payments__plan_in, name, .format = LINE, .max = 80, .doc = "Name of the plan for people"),
    TEXT(payments__plan_in, description, .max = 500, .empty = true, .fallback = "",
        .doc = "Description for the pricing page, one sentence"),
    BOOL(payments__plan_in, is_default, .fallback = "false",
        .doc = "Whether this is the default plan of organisations without a subscription. Exactly "
               "one plan is."),
    LIST(payments__plan_in, prices, payments__price_in, .max = 20, .optional = true,
        .doc = "Prices of the plan. A plan without prices is not for sale."),
    LIST(payments__plan_in, entitlements, payments__entitlement_in, .max = 100, .optional = true,
        .doc = "Entitlements of the plan"),
};
static SHAPE(payments__plan_in);

static const struct field payments__catalog_in_fields[] = {
    LIST(payments__catalog_in, plans, payments__plan_in, .min = 1, .max = PLANS_MAX,
        .doc = "Plans in the order in which they are shown"),
};
static SHAPE(payments__catalog_in);

/* --- Rules beyond the shape --- */

struct check {
    struct ctx *c;
    const struct entitlement *const *declared;
    size_t n_declared;
    int defects;
};

static void PRINTF_LIKE(4, 5)
    defect(struct check *k, const char *pointer, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    problem_add(k->c, pointer, code, "%s", arena_vprintf(k->c->arena, format, args));
    va_end(args);
    k->defects++;
}

static void check_price(
    struct check *k, const struct payments__plan_in *plan, size_t plan_at, size_t at)
{
    const struct payments__price_in *p = &plan->prices[at];
    const struct payments__currency *currency = payments__currency(p->currency);
    const char *pointer = arena_printf(k->c->arena, "/plans/%zu/prices/%zu", plan_at, at);

    if (currency == NULL)
        defect(k, arena_printf(k->c->arena, "%s/currency", pointer), "one_of",
            "\"%s\" is not a currency of ISO 4217.", p->currency);
    else if (p->amount_minor % payments__amount_step(currency) != 0)
        defect(k, arena_printf(k->c->arena, "%s/amount_minor", pointer), "format",
            "Cards are not charged such fractions of %s: it must be a multiple of %lld.",
            p->currency, (long long)payments__amount_step(currency));
    for (size_t i = 0; i < at; i++) {
        if (text_equal(plan->prices[i].currency, p->currency) &&
            text_equal(plan->prices[i].period, p->period))
            defect(k, pointer, "repeated", "Another price in %s per %s exists.", p->currency,
                p->period);
    }
}

static const struct entitlement *find_declared(const struct check *k, const char *name)
{
    for (size_t i = 0; i < k->n_declared; i++) {
        if (text_equal(k->declared[i]->name, name))
            return k->declared[i];
    }
    return NULL;
}

static void check_entitlement(
    struct check *k, const struct payments__plan_in *plan, size_t plan_at, size_t at)
{
    const struct payments__entitlement_in *e = &plan->entitlements[at];
    const struct entitlement *declared = find_declared(k, e->name);
    const char *pointer = arena_printf(k->c->arena, "/plans/%zu/entitlements/%zu", plan_at, at);

    if (declared == NULL)
        defect(k, arena_printf(k->c->arena, "%s/name", pointer), "one_of",
            "No module declares the entitlement \"%s\".", e->name);
    else if (declared->kind == ENTITLEMENT_FEATURE && !e->unlimited)
        defect(k, pointer, "format", "%s is a feature. Set \"unlimited\": true, or leave it out.",
            e->name);
    if (e->unlimited && e->limit != 0)
        defect(k, pointer, "format", "It is unlimited, or it has a limit.");
    for (size_t i = 0; i < at; i++) {
        if (text_equal(plan->entitlements[i].name, e->name))
            defect(k, pointer, "repeated", "%s is there twice.", e->name);
    }
}

static void check_plan(struct check *k, const struct payments__catalog_in *in, size_t at)
{
    const struct payments__plan_in *plan = &in->plans[at];
    const char *pointer = arena_printf(k->c->arena, "/plans/%zu", at);

    if (plan->key[0] < 'a' || plan->key[0] > 'z')
        defect(k, arena_printf(k->c->arena, "%s/key", pointer), "format",
            "A key begins with a letter.");
    if (plan->is_default && plan->n_prices > 0)
        defect(k, arena_printf(k->c->arena, "%s/prices", pointer), "too_many",
            "The default plan is what people have who pay nothing: it has no price.");
    for (size_t i = 0; i < at; i++) {
        if (text_equal(in->plans[i].key, plan->key))
            defect(k, arena_printf(k->c->arena, "%s/key", pointer), "repeated",
                "Another plan \"%s\" exists.", plan->key);
    }
    for (size_t i = 0; i < plan->n_prices; i++)
        check_price(k, plan, at, i);
    for (size_t i = 0; i < plan->n_entitlements; i++)
        check_entitlement(k, plan, at, i);
}

err payments__catalog_parse(
    struct ctx *c, const char *json, size_t size, struct payments__catalog_in *out)
{
    struct check k = { .c = c };
    struct payments__catalog_in in;
    size_t defaults = 0;

    TRY(shape_parse(c, payments__catalog_in, json, size, &in));
    k.declared = entitlements_declared(c->arena, &k.n_declared);
    for (size_t i = 0; i < in.n_plans; i++) {
        check_plan(&k, &in, i);
        defaults += in.plans[i].is_default;
    }
    if (defaults != 1)
        defect(&k, "/plans", "required", "Exactly one plan has \"is_default\": true.");
    if (k.defects > 0)
        return problem(c, &ERR_INVALID, NULL, "The plans file has %d defects.", k.defects);
    *out = in;
    return NULL;
}

static int compare_prices(const void *left, const void *right)
{
    const struct payments__price_in *a = left, *b = right;
    int order = strcmp(a->currency, b->currency);
    return order != 0 ? order : strcmp(a->period, b->period);
}

static int compare_entitlements(const void *left, const void *right)
{
    const struct payments__entitlement_in *a = left, *b = right;
    return strcmp(a->name, b->name);
}

const char *payments__plan_digest(struct arena *a, const struct payments__plan_in *plan)
{
    size_t price_bytes = plan->n_prices * sizeof *plan->prices;
    size_t entitlement_bytes = plan->n_entitlements * sizeof *plan->entitlements;
    struct payments__price_in *prices = arena_memdup(a, plan->prices, price_bytes);
    struct payments__entitlement_in *entitlements =
        arena_memdup(a, plan->entitlements, entitlement_bytes);
    uint8_t hash[HASH_SIZE];
    struct buf b;

    buf_init(&b, a, PAYMENTS__CATALOG_MAX);
    qsort(prices, plan->n_prices, sizeof *prices, compare_prices);
    qsort(entitlements, plan->n_entitlements, sizeof *entitlements, compare_entitlements);
    for (size_t i = 0; i < plan->n_prices; i++)
        buf_printf(&b, "price %s %s %lld %s\n", prices[i].currency, prices[i].period,
            (long long)prices[i].amount_minor,
            prices[i].provider_price ? prices[i].provider_price : "-");
    for (size_t i = 0; i < plan->n_entitlements; i++)
        buf_printf(&b, "entitlement %s %d %lld\n", entitlements[i].name, entitlements[i].unlimited,
            (long long)entitlements[i].limit);
    sha256((struct bytes){ b.data, b.size }, hash);
    return hex_from_bytes(a, hash, sizeof hash);
}
