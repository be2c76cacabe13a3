/*
 * The plan of a subscription, by the prices the provider bills. A sold plan stays while its price
 * does not change. A price new to a subscription is looked up in the catalogue. A price in no plan
 * is reported and not guessed.
 */
#include "payments_internal.h"

static const struct payments_remote_item *item_of(
    const struct payments_remote_subscription *r, const char *price)
{
    for (size_t i = 0; price && i < r->n_items; i++) {
        if (text_equal(r->items[i].price, price))
            return &r->items[i];
    }
    return NULL;
}

/* Created at checkout: the price has no id in the catalogue, but its amount, currency and
 * period. */
static const struct payments_remote_item *item_made_of(
    const struct payments_remote_subscription *r, const struct payments__price *price)
{
    for (size_t i = 0; i < r->n_items; i++) {
        const struct payments_remote_item *item = &r->items[i];
        if (item->amount_minor == price->amount_minor &&
            text_equal(item->currency, price->currency) && text_equal(item->period, price->period))
            return item;
    }
    return NULL;
}

/* The first of its prices that is in a plan; other items are extras. */
static err find_in_catalog(struct ctx *c, const struct payments_remote_subscription *r,
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

/* The purchased price, until the provider's id of it is known. */
static err find_sold(struct ctx *c, const struct payments_remote_subscription *r,
    const struct payments__subscription *before, struct payments__price *out, bool *found)
{
    const struct uuid id = before ? before->price_id : r->price;

    *found = false;
    return uuid_is_nil(id) ? NULL : payments__get_price(c, id, out, found);
}

err payments__match_price(struct ctx *c, const struct payments_remote_subscription *r,
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
