/*
 * Which plan a subscription is of, by the prices the provider bills. What was sold stays as sold
 * while its price does not change; a price that is new to a subscription is looked up in the
 * catalogue; one that no plan has is nobody's guess. Knows no SQL and no HTTP.
 */
#include "payments_internal.h"

static const struct payments__remote_item *item_of(
    const struct payments__remote_subscription *r, const char *price)
{
    for (size_t i = 0; price && i < r->n_items; i++) {
        if (text_equal(r->items[i].price, price))
            return &r->items[i];
    }
    return NULL;
}

/* Made on the way at checkout: it has no id in the catalogue, but its sum, currency and period. */
static const struct payments__remote_item *item_made_of(
    const struct payments__remote_subscription *r, const struct payments__price *price)
{
    for (size_t i = 0; i < r->n_items; i++) {
        const struct payments__remote_item *item = &r->items[i];
        if (item->amount_minor == price->amount_minor &&
            text_equal(item->currency, price->currency) && text_equal(item->period, price->period))
            return item;
    }
    return NULL;
}

/* The first of its prices that a plan has: what is billed beside it is an extra. */
static err find_in_catalog(struct ctx *c, const struct payments__remote_subscription *r,
    struct payments__match *out, bool *found)
{
    *found = false;
    for (size_t i = 0; i < r->n_items && !*found; i++) {
        TRY(payments__find_provider_price(c, r->items[i].price, &out->price, found));
        if (*found)
            out->item = &r->items[i];
    }
    return NULL;
}

/* What was bought, as long as nobody has seen which of the provider's prices that became. */
static err find_sold(struct ctx *c, const struct payments__remote_subscription *r,
    const struct payments__subscription *before, struct payments__price *out, bool *found)
{
    const struct uuid id = before ? before->price_id : r->price;

    *found = false;
    return uuid_is_nil(id) ? NULL : payments__get_price(c, id, out, found);
}

err payments__match_price(struct ctx *c, const struct payments__remote_subscription *r,
    const struct payments__subscription *before, struct payments__match *out)
{
    const char *kept = before ? before->provider_price : NULL;
    struct payments__match match = { .item = item_of(r, kept) };
    struct payments__price sold;
    bool is_sold, found;

    TRY(find_sold(c, r, before, &sold, &is_sold));
    if (is_sold && match.item == NULL && kept == NULL)
        match.item = item_of(r, sold.provider_price);
    if (is_sold)
        match.price = sold;
    *out = match;
    if (match.item)
        return NULL;
    TRY(find_in_catalog(c, r, out, &found));
    if (found)
        return NULL;
    if (is_sold && kept == NULL && sold.provider_price == NULL)
        out->item = item_made_of(r, &sold);
    return NULL;
}
