/*
 * Synchronisation of the provider's state into ours. Every trigger (webhook, return from the
 * checkout page, reconciliation, a click on "refresh") does the same. It takes a sequence number,
 * fetches the whole object, and applies it unless a later number was applied already.
 */
#include "payments_internal.h"

/* --- The organisation --- */

struct take {
    const struct payments_remote_subscription *remote;
    int64_t fetch_sequence;
    bool is_unknown; /* its price is in no plan */
};

/* By our own rows; else by our metadata, if that checkout exists. */
static err find_org(struct ctx *c, const struct payments_remote_subscription *r,
    const char *provider, struct uuid *out, bool *found)
{
    struct payments__checkout checkout;

    TRY(payments__find_subscription_org(c, provider, r->id, out, found));
    if (*found)
        return NULL;
    if (!uuid_is_nil(r->org) && !uuid_is_nil(r->checkout)) {
        TRY(payments__get_checkout(c, r->org, r->checkout, &checkout, found));
        *out = r->org;
        if (*found)
            return NULL;
    }
    return payments__find_customer_org(c, provider, r->customer, out, found);
}

/* All objects that we create contain our metadata. An object without it, of an unknown customer,
 * belongs to another product on the same account. */
static bool is_marked(const struct payments_remote_subscription *r)
{
    return !uuid_is_nil(r->org) || !uuid_is_nil(r->checkout) || !uuid_is_nil(r->price);
}

/* `*found` false: of a deleted organisation, or not ours. */
static err enter_its_org(struct ctx *c, const struct payments_remote_subscription *r, bool *found)
{
    struct uuid org;
    err unknown;

    TRY(find_org(c, r, payments__provider()->name, &org, found));
    if (*found && (uuid_is_nil(c->org) || uuid_equal(c->org, org)))
        return uuid_is_nil(c->org) ? tx_enter_org(c, org) : NULL;
    *found = false;
    unknown = uuid_is_nil(c->org) ? payments__cancel_orphaned(c, r) : &ERR_NOT_FOUND;
    if (unknown != &ERR_NOT_FOUND)
        return unknown;
    if (uuid_is_nil(c->org) && !is_marked(r)) {
        log_info(c, "payments.object_ignored", log_text("subscription", r->id),
            log_text("customer", r->customer));
        return NULL;
    }
    log_warn(c, "payments.customer_unknown", log_text("subscription", r->id),
        log_text("customer", r->customer));
    return problem(c, &ERR_NOT_FOUND, NULL, "No organisation is known for this subscription yet.");
}

const struct metric PAYMENTS__METRIC_UNKNOWN_PRICE = {
    .name = "ashlar_payments_unknown_prices_total",
    .help = "Checks of subscriptions whose price no plan has.",
    .kind = METRIC_COUNTER,
};

static const char *first_price(const struct payments_remote_subscription *r)
{
    return r->n_items > 0 ? r->items[0].price : "none";
}

static err unknown_price(struct ctx *c, const struct payments_remote_subscription *r)
{
    metric_add(&PAYMENTS__METRIC_UNKNOWN_PRICE, NULL, 1);
    log_error(c, "payments.price_unknown", log_text("subscription", r->id),
        log_text("price", first_price(r)), log_int("prices", (int64_t)r->n_items),
        log_text("runbook", "docs/runbooks/payment-disputed.md"));
    return problem(c, &PAYMENTS_UNKNOWN_PRICE, NULL,
        "The provider bills \"%s\", and no plan here has that price.", first_price(r));
}

/* --- Applying --- */

static struct instant unpaid_since(const struct payments__subscription *before, const char *status)
{
    if (!payments__is_unpaid(status))
        return INSTANT_NONE;
    return before && payments__is_unpaid(before->status) ? before->unpaid_since : clock_now();
}

/* By its own item: extras may be billed at other times. */
static void set_price(struct payments__subscription *row, const struct payments__match *match)
{
    row->plan_id = match->price.plan_id;
    row->plan = match->price.plan;
    row->price_id = match->price.id;
    row->provider_price = match->item->price;
    row->unknown_price = NULL;
    if (match->item->period_start.us != 0 && match->item->period_end.us != 0) {
        row->period_start = match->item->period_start;
        row->period_end = match->item->period_end;
    }
}

/* With the previous plan, if there was one. */
static struct payments__subscription row_of(
    const struct take *t, const struct payments__subscription *before)
{
    const struct payments_remote_subscription *r = t->remote;

    return (struct payments__subscription){
        .id = before ? before->id : uuid_new(),
        .provider = payments__provider()->name,
        .external_id = r->id,
        .customer = r->customer,
        .plan_id = before ? before->plan_id : UUID_NIL,
        .plan = before ? before->plan : NULL,
        .price_id = before ? before->price_id : UUID_NIL,
        .provider_price = before ? before->provider_price : NULL,
        .unknown_price = first_price(r),
        .status = r->status,
        .cancel_at_period_end = r->cancel_at_period_end,
        .started_at = r->started_at,
        .period_start = r->period_start,
        .period_end = r->period_end,
        .cancel_at = r->cancel_at,
        .ended_at = r->ended_at,
        .unpaid_since = unpaid_since(before, r->status),
        .fetch_sequence = t->fetch_sequence,
    };
}

/* Its checkout is completed, or cannot be completed any longer. */
static err close_checkout(struct ctx *c, const struct payments_remote_subscription *r)
{
    struct payments__checkout checkout;
    bool found;

    if (uuid_is_nil(r->checkout))
        return NULL;
    TRY(payments__get_checkout(c, c->org, r->checkout, &checkout, &found));
    return found ? payments__settle_checkout(c, checkout.id, "completed", NULL) : NULL;
}

/* With an unknown price, all but the plan is applied: its payment may fail, and it may end. */
static err make_row(struct ctx *c, struct take *t, const struct payments__subscription *before,
    struct payments__subscription *out)
{
    struct payments__match match;

    TRY(payments__match_price(c, t->remote, before, &match));
    t->is_unknown = match.item == NULL;
    if (t->is_unknown && before == NULL)
        return unknown_price(c, t->remote);
    *out = row_of(t, before);
    if (!t->is_unknown)
        set_price(out, &match);
    return NULL;
}

static err take(struct ctx *c, void *arg)
{
    struct take *t = arg;
    struct payments__subscription before, after;
    struct payments__account account;
    bool found, known, applied;

    TRY(enter_its_org(c, t->remote, &found));
    if (!found)
        return NULL;
    TRY(payments__lock_account(c, &account));
    TRY(payments__get_subscription(c, payments__provider()->name, t->remote->id, &before, &known));
    TRY(make_row(c, t, known ? &before : NULL, &after));
    TRY(payments__upsert_subscription(c, &after, &applied));
    t->is_unknown = t->is_unknown && applied;
    if (!applied)
        return NULL;
    if (!known || !payments__is_over(t->remote)) /* an ended one does not restore its customer */
        TRY(payments__set_customer(c, after.provider, after.customer));
    TRY(close_checkout(c, t->remote));
    return payments__announce(c, known ? &before : NULL, &after);
}

err payments__apply_subscription(
    struct ctx *c, const struct payments_remote_subscription *remote, int64_t fetch_sequence)
{
    struct take t = { .remote = remote, .fetch_sequence = fetch_sequence };

    TRY(tx_run(c, take, &t));
    return t.is_unknown && !payments__is_over(remote) ? unknown_price(c, remote) : NULL;
}

struct fetch_sequence {
    const char *external_id;
    int64_t number;
};

static err next_fetch_sequence(struct ctx *c, void *arg)
{
    struct fetch_sequence *t = arg;

    return payments__next_fetch_sequence(c, payments__provider()->name, t->external_id, &t->number);
}

err payments__fetch_subscription(struct ctx *c, const char *external_id,
    struct payments_remote_subscription *out, int64_t *number)
{
    const struct payments_provider *provider = payments__provider();
    struct fetch_sequence fetch_sequence = { .external_id = external_id };

    if (provider == NULL)
        return problem(c, &PAYMENTS_DISABLED, NULL, "Payments are disabled.");
    TRY(tx_run(c, next_fetch_sequence, &fetch_sequence));
    *number = fetch_sequence.number;
    return provider->fetch_subscription(c, external_id, out);
}

err payments__sync_subscription(struct ctx *c, const char *external_id)
{
    struct payments_remote_subscription remote;
    int64_t fetch_sequence;

    TRY(payments__fetch_subscription(c, external_id, &remote, &fetch_sequence));
    return payments__apply_subscription(c, &remote, fetch_sequence);
}

/* --- Checkouts --- */

static err settle_expired(struct ctx *c, void *arg)
{
    const struct payments_remote_checkout *remote = arg;
    struct payments__checkout checkout;
    bool found;

    TRY(payments__checkout_of_session(
        c, payments__provider()->name, remote->id, &checkout, &found));
    if (!found || !text_equal(checkout.state, "open"))
        return NULL;
    if (uuid_is_nil(c->org))
        TRY(tx_enter_org(c, checkout.org_id));
    TRY(payments__expect_event(c, checkout.provider, remote->id));
    return payments__settle_checkout(c, checkout.id, "expired", NULL);
}

err payments__sync_checkout(struct ctx *c, const char *session)
{
    const struct payments_provider *provider = payments__provider();
    struct payments_remote_checkout remote;

    if (provider == NULL)
        return problem(c, &PAYMENTS_DISABLED, NULL, "Payments are disabled.");
    TRY(provider->fetch_checkout(c, session, &remote));
    if (remote.subscription)
        return payments__sync_subscription(c, remote.subscription);
    return text_equal(remote.status, "expired") ? tx_run(c, settle_expired, &remote) : NULL;
}
