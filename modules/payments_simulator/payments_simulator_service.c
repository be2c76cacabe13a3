/*
 * The simulated provider, which takes no money. It honours idempotency keys, stores its own
 * sessions and subscriptions, has a clock that can be moved, and reports every change by signed
 * events over HTTP.
 */
#include "payments_simulator_internal.h"

enum { ROUNDS_MAX = 40 };

static const char *new_id(struct ctx *c, const char *prefix)
{
    return typeid_text(c->arena, prefix, uuid_new());
}

/* --- Checkout sessions --- */

struct checkout_use {
    const char *key, *id;
    const struct payments_checkout_call *call;
    struct payments_simulator__session row;
    bool found;
};

static struct payments_simulator__session new_session(
    struct ctx *c, const struct payments_checkout_call *call)
{
    return (struct payments_simulator__session){
        .id = new_id(c, "cs_dev"),
        .org = typeid_text(c->arena, "org", call->org),
        .checkout = typeid_text(c->arena, "checkout", call->checkout),
        .price = typeid_text(c->arena, "price", call->price),
        .label = arena_printf(c->arena, "%s, %s %s per %s", call->plan_name, call->amount,
            call->currency, call->period),
        .period = call->period,
        .customer = call->customer,
        .success_url = call->success_url,
        .cancel_url = call->cancel_url,
        .expires_at = call->expires_at,
        .amount_minor = call->amount_minor,
        .currency = call->currency,
        .provider_price = call->provider_price,
    };
}

/* A repeated key returns the same session. */
static err create(struct ctx *c, void *arg)
{
    struct checkout_use *u = arg;
    const struct payments_simulator__session row = new_session(c, u->call);

    TRY(payments_simulator__insert_session(c, u->key, &row));
    return payments_simulator__session_of_key(c, u->key, &u->row, &u->found);
}

static struct uuid id_in(const char *prefix, const char *text)
{
    struct uuid id;

    return typeid_parse(prefix, text, strlen(text), &id) ? id : UUID_NIL;
}

static struct payments_remote_checkout remote_of(
    struct ctx *c, const struct payments_simulator__session *row)
{
    bool is_over = text_equal(row->status, "open") && row->expires_at.us <= clock_now().us;

    return (struct payments_remote_checkout){
        .id = row->id,
        .url = payments_simulator__url(c, arena_printf(c->arena, "/pay/%s", row->id)),
        .status = is_over ? "expired" : row->status,
        .subscription = row->subscription,
        .org = id_in("org", row->org),
        .checkout = id_in("checkout", row->checkout),
    };
}

struct listing {
    struct instant since;
    const struct payments_simulator__subscription *rows;
    size_t n;
};

static err list(struct ctx *c, void *arg)
{
    struct listing *l = arg;

    return payments_simulator__list_subscriptions(c, l->since, &l->rows, &l->n);
}

static err require_customer(struct ctx *c, const char *customer)
{
    struct listing l = { .since = INSTANT_NONE };

    TRY(tx_run(c, list, &l));
    for (size_t i = 0; i < l.n; i++) {
        if (text_equal(l.rows[i].customer, customer))
            return NULL;
    }
    return problem(c, &PAYMENTS_NO_SUCH_CUSTOMER, NULL, "No such customer: '%s'", customer);
}

static err create_checkout(struct ctx *c, const char *key,
    const struct payments_checkout_call *call, struct payments_remote_checkout *out)
{
    struct checkout_use u = { .key = key, .call = call };

    if (call->customer)
        TRY(require_customer(c, call->customer));
    TRY(tx_run(c, create, &u));
    *out = remote_of(c, &u.row);
    return NULL;
}

static err get_session(struct ctx *c, void *arg)
{
    struct checkout_use *u = arg;

    TRY(payments_simulator__get_session(c, u->id, &u->row, &u->found));
    return u->found ? NULL
                    : problem(c, &PAYMENTS_NO_SUCH_OBJECT, NULL, "No such session: %s", u->id);
}

static err expire(struct ctx *c, void *arg)
{
    struct checkout_use *u = arg;

    TRY(get_session(c, u));
    if (!text_equal(u->row.status, "open"))
        return problem(c, &PAYMENTS_PROVIDER_REFUSED, NULL, "Only an open session can expire.");
    TRY(payments_simulator__settle_session(c, u->id, "expired", NULL));
    return payments_simulator__emit(c, "checkout.session.expired", "checkout.session", u->id);
}

static err expire_checkout(struct ctx *c, const char *key, const char *session)
{
    struct checkout_use u = { .key = key, .id = session };

    return tx_run(c, expire, &u);
}

static err fetch_checkout(struct ctx *c, const char *session, struct payments_remote_checkout *out)
{
    struct checkout_use u = { .id = session };

    TRY(tx_run(c, get_session, &u));
    *out = remote_of(c, &u.row);
    return NULL;
}

/* --- Subscriptions --- */

struct subscription_use {
    const char *id, *action;
    enum payments_end end;
    struct payments_simulator__subscription row;
    bool found;
};

static err get_subscription(struct ctx *c, void *arg)
{
    struct subscription_use *u = arg;

    TRY(payments_simulator__get_subscription(c, u->id, &u->row, &u->found));
    return u->found ? NULL
                    : problem(c, &PAYMENTS_NO_SUCH_OBJECT, NULL, "No such subscription: %s", u->id);
}

/* One per price of its list. A price that was created with the checkout carries its description. */
static const struct payments_remote_item *items_of(
    struct ctx *c, const struct payments_simulator__subscription *row, size_t *n)
{
    const char *at = row->provider_price ? row->provider_price : "";
    struct payments_remote_item *items = arena_array(c->arena, strlen(at) + 1, sizeof *items);

    *n = 0;
    if (row->provider_price == NULL)
        items[(*n)++] = (struct payments_remote_item){
            .price = arena_printf(c->arena, "%s_dev", row->price),
            .amount_minor = row->amount_minor,
            .currency = row->currency,
            .period = row->period,
        };
    for (; *at; at += strspn(at, ",")) {
        const size_t size = strcspn(at, ",");
        items[(*n)++] = (struct payments_remote_item){
            .price = arena_strndup(c->arena, at, size),
            .amount_minor = -1,
        };
        at += size;
    }
    return items;
}

static err fetch_subscription(
    struct ctx *c, const char *id, struct payments_remote_subscription *out)
{
    struct subscription_use u = { .id = id };
    const struct payments_remote_item *items;
    size_t n;

    TRY(tx_run(c, get_subscription, &u));
    items = items_of(c, &u.row, &n);
    *out = (struct payments_remote_subscription){
        .id = u.row.id,
        .customer = u.row.customer,
        .status = u.row.status,
        .org = id_in("org", u.row.org),
        .checkout = id_in("checkout", u.row.checkout),
        .price = id_in("price", u.row.price),
        .items = items,
        .n_items = n,
        .cancel_at_period_end = u.row.cancel_at_period_end,
        .cancel_at = u.row.cancel_at,
        .started_at = u.row.created_at,
        .period_start = u.row.period_start,
        .period_end = u.row.period_end,
        .ended_at = u.row.ended_at,
    };
    return NULL;
}

/* Sets the requested form of the end; the other form is unchanged. */
static err change_end(struct ctx *c, void *arg)
{
    struct subscription_use *u = arg;
    struct instant date;
    bool with_period;

    TRY(get_subscription(c, u));
    if (u->row.ended_at.us != 0)
        return problem(c, &PAYMENTS_PROVIDER_REFUSED, NULL, "It has ended.");
    date = u->end == PAYMENTS_NO_END_BY_DATE ? INSTANT_NONE : u->row.cancel_at;
    with_period = u->end == PAYMENTS_NO_END_BY_DATE ? u->row.cancel_at_period_end
                                                    : u->end == PAYMENTS_END_WITH_PERIOD;
    if (date.us == u->row.cancel_at.us && with_period == u->row.cancel_at_period_end)
        return NULL;
    u->row.cancel_at = date;
    u->row.cancel_at_period_end = with_period;
    TRY(payments_simulator__update_subscription(c, &u->row));
    return payments_simulator__emit(c, "customer.subscription.updated", "subscription", u->id);
}

static err set_end(struct ctx *c, const char *key, const char *subscription, enum payments_end end)
{
    struct subscription_use u = { .id = subscription, .end = end };

    (void)key; /* setting it twice is setting it once */
    return tx_run(c, change_end, &u);
}

static err end_now(struct ctx *c, void *arg)
{
    struct subscription_use *u = arg;

    TRY(get_subscription(c, u));
    if (u->row.ended_at.us != 0)
        return &PAYMENTS_NO_SUCH_OBJECT; /* as Stripe responds */
    u->row.status = "canceled";
    TRY(payments_simulator__now(c, &u->row.ended_at));
    TRY(payments_simulator__update_subscription(c, &u->row));
    return payments_simulator__emit(c, "customer.subscription.deleted", "subscription", u->id);
}

static err end_subscription(struct ctx *c, const char *key, const char *id)
{
    struct subscription_use u = { .id = id };

    (void)key; /* it ends once */
    return tx_run(c, end_now, &u);
}

struct refund_dispute_use {
    const char *id;
    struct payments_remote_refund_dispute row;
    bool found;
};

static err get_refund_dispute(struct ctx *c, void *arg)
{
    struct refund_dispute_use *u = arg;

    TRY(payments_simulator__get_refund_dispute(c, u->id, &u->row, &u->found));
    return u->found ? NULL
                    : problem(c, &PAYMENTS_NO_SUCH_OBJECT, NULL, "No such object: %s", u->id);
}

static err fetch_refund_dispute(
    struct ctx *c, const char *kind, const char *id, struct payments_remote_refund_dispute *out)
{
    struct refund_dispute_use u = { .id = id };

    TRY(tx_run(c, get_refund_dispute, &u));
    if (!text_equal(u.row.kind, kind))
        return &PAYMENTS_NO_SUCH_OBJECT;
    *out = u.row;
    return NULL;
}

static err create_portal(
    struct ctx *c, const char *key, const char *customer, const char *return_url, const char **url)
{
    (void)key;
    TRY(require_customer(c, customer));
    /* The overview shows all customers, so staging does not serve it. */
    *url = config_is_local() ? payments_simulator__url(c, "/dev/payments") : return_url;
    return NULL;
}

static err list_subscriptions(struct ctx *c, struct instant since, struct payments_remote_refs *out)
{
    struct listing l = { .since = since };
    struct payments_remote_ref *refs;

    TRY(tx_run(c, list, &l));
    refs = arena_array(c->arena, l.n, sizeof *refs);
    for (size_t i = 0; i < l.n; i++)
        refs[i] = (struct payments_remote_ref){ l.rows[i].id, l.rows[i].customer,
            l.rows[i].org[0] != '\0' };
    *out = (struct payments_remote_refs){ refs, l.n };
    return NULL;
}

/* --- Buttons of its pages --- */

static err pay(struct ctx *c, struct payments_simulator__session *s, bool card_fails)
{
    struct payments_simulator__subscription row = {
        .id = new_id(c, "sub_dev"),
        .customer = s->customer ? s->customer : new_id(c, "cus_dev"),
        .org = s->org,
        .checkout = s->checkout,
        .price = s->price,
        .period = s->period,
        .status = "active",
        .card_fails = card_fails,
        .amount_minor = s->amount_minor,
        .currency = s->currency,
        .provider_price = s->provider_price,
    };

    TRY(payments_simulator__now(c, &row.created_at));
    TRY(payments_simulator__insert_subscription(c, &row));
    TRY(payments_simulator__settle_session(c, s->id, "complete", row.id));
    s->status = "complete";
    TRY(payments_simulator__emit(c, "customer.subscription.created", "subscription", row.id));
    return payments_simulator__emit(c, "checkout.session.completed", "checkout.session", s->id);
}

static const char *decline_code(const char *outcome)
{
    if (text_equal(outcome, "no-funds"))
        return "insufficient_funds";
    if (text_equal(outcome, "stolen"))
        return "stolen_card";
    return text_equal(outcome, "declined") ? "generic_decline" : NULL;
}

/* The page's error for the API's. */
static err of_page(struct ctx *c, err failed)
{
    return failed == &PAYMENTS_NO_SUCH_OBJECT
               ? problem(c, &ERR_NOT_FOUND, NULL, "There is no such page.")
               : failed;
}

err payments_simulator__pay(struct ctx *c, const char *session, const char *outcome,
    struct payments_simulator__session *out)
{
    struct checkout_use u = { .id = session };
    bool is_open;

    TRY(of_page(c, get_session(c, &u)));
    is_open = text_equal(u.row.status, "open") && u.row.expires_at.us > clock_now().us;
    if (is_open && text_equal(outcome, "paid"))
        TRY(pay(c, &u.row, false));
    else if (is_open && text_equal(outcome, "fails-later"))
        TRY(pay(c, &u.row, true));
    else if (is_open && decline_code(outcome))
        TRY(payments_simulator__decline(c, &(struct payments_simulator__decline){ .org = u.row.org,
                                               .checkout = u.row.checkout,
                                               .customer = u.row.customer,
                                               .code = decline_code(outcome) }));
    *out = u.row;
    return NULL;
}

/* The change of the next period. */
static err renew(struct ctx *c, struct payments_simulator__subscription *s)
{
    const bool by_date = s->cancel_at.us != 0 && s->cancel_at.us <= s->period_end.us;
    const bool ends = s->cancel_at_period_end || by_date;

    if (ends || text_equal(s->status, "past_due")) {
        s->status = ends ? "canceled" : "unpaid";
        if (ends)
            s->ended_at = by_date ? s->cancel_at : s->period_end;
    } else if (!text_equal(s->status, "unpaid")) {
        s->status = s->card_fails ? "past_due" : "active";
    }
    TRY(payments_simulator__update_subscription(c, s));
    if (s->ended_at.us != 0)
        return payments_simulator__emit(c, "customer.subscription.deleted", "subscription", s->id);
    TRY(payments_simulator__next_period(c, s->id));
    return payments_simulator__emit(c, "customer.subscription.updated", "subscription", s->id);
}

err payments_simulator__tick(struct ctx *c)
{
    struct payments_simulator__subscription s;
    const struct payments_simulator__subscription *rows;
    struct instant now;
    size_t n = 1;

    TRY(payments_simulator__now(c, &now));
    for (int round = 0; n > 0 && round < ROUNDS_MAX; round++) {
        TRY(payments_simulator__list_due(c, now, &rows, &n));
        for (size_t i = 0; i < n; i++) {
            s = rows[i];
            TRY(renew(c, &s));
        }
    }
    return NULL;
}

err payments_simulator__pass_days(struct ctx *c, int64_t days)
{
    TRY(payments_simulator__move_clock(c, days));
    return payments_simulator__tick(c);
}

static err reverse(
    struct ctx *c, const struct payments_simulator__subscription *s, const char *kind)
{
    const bool is_dispute = text_equal(kind, "dispute");
    const struct payments_remote_refund_dispute row = {
        .kind = kind,
        .id = new_id(c, is_dispute ? "du_dev" : "re_dev"),
        .customer = s->customer,
        .amount_minor = s->amount_minor,
        .currency = s->currency,
        .status = is_dispute ? "needs_response" : "succeeded",
        .reason = is_dispute ? "fraudulent" : "requested_by_customer",
        .respond_by = is_dispute ? instant_add(clock_now(), DAYS(7)) : INSTANT_NONE,
    };

    TRY(payments_simulator__insert_refund_dispute(c, &row));
    return payments_simulator__emit(
        c, is_dispute ? "charge.dispute.created" : "refund.created", kind, row.id);
}

err payments_simulator__act(struct ctx *c, const char *subscription, const char *action)
{
    struct subscription_use u = { .id = subscription };

    TRY(of_page(c, get_subscription(c, &u)));
    if (text_equal(action, "refund") || text_equal(action, "dispute"))
        return reverse(c, &u.row, action);
    if (u.row.ended_at.us != 0)
        return NULL;
    if (text_equal(action, "cancel"))
        return end_now(c, &u);
    if (text_equal(action, "schedule-end")) { /* by date, as Stripe's portal does */
        u.row.cancel_at = u.row.period_end;
    } else {
        u.row.card_fails = text_equal(action, "fail");
        u.row.status = u.row.card_fails ? "past_due" : "active";
        if (u.row.card_fails)
            TRY(payments_simulator__decline(
                c, &(struct payments_simulator__decline){ .org = u.row.org,
                       .checkout = u.row.checkout,
                       .customer = u.row.customer,
                       .code = "insufficient_funds" }));
    }
    TRY(payments_simulator__update_subscription(c, &u.row));
    return payments_simulator__emit(c, "customer.subscription.updated", "subscription", u.row.id);
}

static bool is_live(void)
{
    return false;
}

static const char *check(enum environment env)
{
    return env == ENV_PRODUCTION ? "ASHLAR_PAYMENTS is dev, but no money is taken then: production "
                                   "requires stripe or "
                                   "off"
                                 : NULL;
}

const struct payments_provider payments_simulator__provider = {
    .name = "dev",
    .check = check,
    .create_checkout = create_checkout,
    .expire_checkout = expire_checkout,
    .fetch_checkout = fetch_checkout,
    .fetch_subscription = fetch_subscription,
    .set_end = set_end,
    .end_subscription = end_subscription,
    .fetch_refund_dispute = fetch_refund_dispute,
    .fetch_decline = payments_simulator__fetch_decline,
    .create_portal = create_portal,
    .list_subscriptions = list_subscriptions,
    .webhook_secrets = payments_simulator__secret,
    .is_live = is_live,
};
