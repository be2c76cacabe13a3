/*
 * Theirs into ours. Every way here (webhook, return from the pay page, reconciliation, a click on
 * "refresh") does the same: take a number, fetch the whole object, take it over unless a later
 * number was faster. Knows no SQL and no HTTP.
 */
#include "payments_internal.h"

/* --- Whose is it? --- */

struct take {
    const struct payments__remote_subscription *remote;
    int64_t ticket;
    bool is_unknown; /* no plan here has its price */
};

/* By what we know of it already; else by what we gave along, if that checkout exists. */
static err find_org(struct ctx *c, const struct payments__remote_subscription *r,
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

/* Whatever we had made carries our metadata. What does not, of a customer we do not know, is of
 * another product that sells on the same account. */
static bool is_marked(const struct payments__remote_subscription *r)
{
    return !uuid_is_nil(r->org) || !uuid_is_nil(r->checkout) || !uuid_is_nil(r->price);
}

/* `*found` false: of an organisation that is gone, or not ours. */
static err enter_its_org(struct ctx *c, const struct payments__remote_subscription *r, bool *found)
{
    struct uuid org;
    err unknown;

    TRY(find_org(c, r, payments__provider()->name, &org, found));
    if (*found && (uuid_is_nil(c->org) || uuid_equal(c->org, org)))
        return uuid_is_nil(c->org) ? tx_enter_org(c, org) : NULL;
    *found = false;
    unknown = uuid_is_nil(c->org) ? payments__part_with(c, r) : &ERR_NOT_FOUND;
    if (unknown != &ERR_NOT_FOUND)
        return unknown;
    if (uuid_is_nil(c->org) && !is_marked(r)) {
        log_info(c, "payments.not_ours", log_text("subscription", r->id),
            log_text("customer", r->customer));
        return NULL;
    }
    log_warn(c, "payments.unknown_subject", log_text("subscription", r->id),
        log_text("customer", r->customer));
    return problem(c, &ERR_NOT_FOUND, NULL, "Nobody here is known for this subscription yet.");
}

const struct metric PAYMENTS__METRIC_UNKNOWN_PRICE = {
    .name = "ashlar_payments_unknown_prices_total",
    .help = "Looks at subscriptions that bill a price no plan here has",
    .kind = METRIC_COUNTER,
};

static const char *first_price(const struct payments__remote_subscription *r)
{
    return r->n_items > 0 ? r->items[0].price : "none";
}

static err unknown_price(struct ctx *c, const struct payments__remote_subscription *r)
{
    metric_add(&PAYMENTS__METRIC_UNKNOWN_PRICE, NULL, 1);
    log_error(c, "payments.unknown_price", log_text("subscription", r->id),
        log_text("price", first_price(r)), log_int("prices", (int64_t)r->n_items),
        log_text("runbook", "docs/runbooks/payment-disputed.md"));
    return problem(c, &PAYMENTS_UNKNOWN_PRICE, NULL,
        "The provider bills \"%s\", and no plan here has that price.", first_price(r));
}

/* --- What changed, told to whoever listens --- */

static const struct field payments_subscription_event_fields[] = {
    ID(payments_subscription_event, subscription_id, "sub", .doc = "The subscription"),
    TEXT(payments_subscription_event, plan, .doc = "Key of the plan"),
    TEXT(payments_subscription_event, status, .doc = "The provider's word for it"),
    TEXT(
        payments_subscription_event, access, .one_of = "full|limited|none", .doc = "What it gives"),
    TIME(payments_subscription_event, period_end, .doc = "Until when it is paid"),
    BOOL(payments_subscription_event, cancel_at_period_end, .doc = "It ends with this period"),
    TIME(payments_subscription_event, ends_at, .optional = true,
        .doc = "When it ends, or has ended; null: it goes on"),
};
SHAPE(payments_subscription_event);

#define TURN(variable, word, text)                                                                 \
    EVENT_KIND(variable, payments_subscription_event, .name = "payments." word, .version = 1,      \
        .doc = text, .public = true)

TURN(PAYMENTS_SUBSCRIPTION_STARTED, "subscription_started", "A plan was bought and gives access");
TURN(PAYMENTS_SUBSCRIPTION_UPDATED, "subscription_updated", "Anything of a subscription changed");
TURN(PAYMENTS_SUBSCRIPTION_ENDED, "subscription_ended", "A subscription gives nothing any more");
TURN(PAYMENTS_PAYMENT_FAILED, "payment_failed", "A payment failed; access goes on for a while");

static struct payments_subscription_event event_of(
    const struct payments__subscription *s, enum payments__access access)
{
    return (struct payments_subscription_event){
        .subscription_id = s->id,
        .plan = s->plan,
        .status = s->status,
        .access = payments__access_text(access),
        .period_end = s->period_end,
        .cancel_at_period_end = payments__ends_with_period(s),
        .ends_at = payments__ends_at(s),
    };
}

static enum payments__access access_now(const struct payments__subscription *s)
{
    return payments__access_of(s, clock_now(), setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS));
}

static bool is_same(const struct payments__subscription *a, const struct payments__subscription *b)
{
    return text_equal(a->status, b->status) && uuid_equal(a->price_id, b->price_id) &&
           a->cancel_at_period_end == b->cancel_at_period_end &&
           a->period_start.us == b->period_start.us && a->period_end.us == b->period_end.us &&
           a->cancel_at.us == b->cancel_at.us && a->ended_at.us == b->ended_at.us;
}

static bool is_unpaid(const char *status)
{
    return text_equal(status, "past_due") || text_equal(status, "unpaid");
}

static err announce(struct ctx *c, const EVENT(payments_subscription_event) * kind,
    const NOTICE(payments_subscription_event) * notice,
    const struct payments_subscription_event *event)
{
    TRY(event_publish(c, kind, event->subscription_id, event));
    return notifications_notify(
        c, notice, &(struct notifications_audience){ .permission = "payments.manage" }, event);
}

/* Once per subscription, whoever notices: the provider or our own clock. */
static err tell_end(struct ctx *c, const struct payments__subscription *s)
{
    struct payments_subscription_event event = event_of(s, PAYMENTS__NONE);
    bool first;

    TRY(payments__note_end_told(c, s->provider, s->external_id, &first));
    return first ? announce(c, &PAYMENTS_SUBSCRIPTION_ENDED, &payments__ended_notice, &event)
                 : NULL;
}

/* Two that give access are two bills. Which one is too many, only people can say. */
static err warn_of_two(struct ctx *c, const struct payments__subscription *after)
{
    const struct payments__subscription *rows;
    size_t n;

    TRY(payments__list_subscriptions(c, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (text_equal(rows[i].external_id, after->external_id) ||
            access_now(&rows[i]) == PAYMENTS__NONE)
            continue;
        log_error(c, "payments.two_subscriptions", log_text("one", after->external_id),
            log_text("other", rows[i].external_id),
            log_text("runbook", "docs/runbooks/payment-disputed.md"));
        break;
    }
    return NULL;
}

/* Beside the change itself: that it began, that a payment is missing, that it ended. */
static err tell_turn(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after, const struct payments_subscription_event *now)
{
    const bool gave = before && access_now(before) != PAYMENTS__NONE;
    const bool gives = access_now(after) != PAYMENTS__NONE;

    if (!gave && gives) {
        TRY(payments__forget_end_told(c, after->id));
        TRY(warn_of_two(c, after));
        TRY(announce(c, &PAYMENTS_SUBSCRIPTION_STARTED, &payments__started_notice, now));
    }
    if (is_unpaid(after->status) && !(before && is_unpaid(before->status)))
        TRY(announce(c, &PAYMENTS_PAYMENT_FAILED, &payments__failed_notice, now));
    /* Who never paid has nothing to miss. */
    if (before && !gives && !text_starts_with(before->status, "incomplete"))
        return tell_end(c, after);
    return NULL;
}

/* `before` NULL: new. */
static err tell(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after)
{
    struct payments_subscription_event now = event_of(after, access_now(after)), then;

    if (before && is_same(before, after))
        return NULL;
    if (before)
        then = event_of(before, access_now(before));
    TRY(audit(c, PAYMENTS_SUBSCRIPTION_UPDATED.kind.name, "sub", after->id,
        payments_subscription_event, before ? &then : NULL, &now));
    TRY(event_publish(c, &PAYMENTS_SUBSCRIPTION_UPDATED, after->id, &now));
    TRY(payments__await_event(c, after->provider, after->external_id));
    return tell_turn(c, before, after, &now);
}

/* --- Taking over --- */

static struct instant unpaid_since(const struct payments__subscription *before, const char *status)
{
    if (!is_unpaid(status))
        return INSTANT_NONE;
    return before && is_unpaid(before->status) ? before->unpaid_since : clock_now();
}

/* By its own item: the extras beside it may be billed at other times. */
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

/* With the plan from before, when there is one. */
static struct payments__subscription row_of(
    const struct take *t, const struct payments__subscription *before)
{
    const struct payments__remote_subscription *r = t->remote;

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
        .ticket = t->ticket,
    };
}

/* The wish it came from is fulfilled, or its page has done what it could. */
static err close_checkout(struct ctx *c, const struct payments__remote_subscription *r)
{
    struct payments__checkout checkout;
    bool found;

    if (uuid_is_nil(r->checkout))
        return NULL;
    TRY(payments__get_checkout(c, c->org, r->checkout, &checkout, &found));
    return found ? payments__settle_checkout(c, checkout.id, "completed", NULL) : NULL;
}

/* Of a price nobody knows, all but the plan is taken over: its payment may fail, and it may end. */
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
    if (!known || !payments__is_over(t->remote)) /* the past brings no customer back */
        TRY(payments__set_customer(c, after.provider, after.customer));
    TRY(close_checkout(c, t->remote));
    return tell(c, known ? &before : NULL, &after);
}

err payments__take_over(
    struct ctx *c, const struct payments__remote_subscription *remote, int64_t ticket)
{
    struct take t = { .remote = remote, .ticket = ticket };

    TRY(tx_run(c, take, &t));
    return t.is_unknown && !payments__is_over(remote) ? unknown_price(c, remote) : NULL;
}

struct ticket {
    const char *external_id;
    int64_t number;
};

static err take_ticket(struct ctx *c, void *arg)
{
    struct ticket *t = arg;

    return payments__take_ticket(c, payments__provider()->name, t->external_id, &t->number);
}

err payments__sync_subscription(struct ctx *c, const char *external_id)
{
    const struct payments__provider *provider = payments__provider();
    struct ticket ticket = { .external_id = external_id };
    struct payments__remote_subscription remote;

    if (provider == NULL)
        return problem(c, &PAYMENTS_OFF, NULL, "Payments are switched off.");
    TRY(tx_run(c, take_ticket, &ticket));
    TRY(provider->fetch_subscription(c, external_id, &remote));
    return payments__take_over(c, &remote, ticket.number);
}

/* --- Checkouts --- */

static err settle_expired(struct ctx *c, void *arg)
{
    const struct payments__remote_checkout *remote = arg;
    struct payments__checkout checkout;
    bool found;

    TRY(payments__checkout_of_session(
        c, payments__provider()->name, remote->id, &checkout, &found));
    if (!found || !text_equal(checkout.state, "open"))
        return NULL;
    if (uuid_is_nil(c->org))
        TRY(tx_enter_org(c, checkout.org_id));
    TRY(payments__await_event(c, checkout.provider, remote->id));
    return payments__settle_checkout(c, checkout.id, "expired", NULL);
}

err payments__sync_checkout(struct ctx *c, const char *session)
{
    const struct payments__provider *provider = payments__provider();
    struct payments__remote_checkout remote;

    if (provider == NULL)
        return problem(c, &PAYMENTS_OFF, NULL, "Payments are switched off.");
    TRY(provider->fetch_checkout(c, session, &remote));
    if (remote.subscription)
        return payments__sync_subscription(c, remote.subscription);
    return text_equal(remote.status, "expired") ? tx_run(c, settle_expired, &remote) : NULL;
}

/* --- Ends by our own clock --- */

err payments__tell_silent_ends(struct ctx *c)
{
    const char *provider = payments__provider()->name;
    const struct payments__object *rows;
    size_t n;

    TRY(payments__list_silent_ends(c, provider, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct payments__subscription s;
        bool found;
        TRY(tx_enter_org(c, rows[i].org_id));
        TRY(payments__get_subscription(c, provider, rows[i].id, &s, &found));
        if (found)
            TRY(tell_end(c, &s));
        TRY(tx_leave_org(c));
    }
    return NULL;
}
