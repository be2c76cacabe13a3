/* Views of plans and of an organisation's billing. */
#include "payments_internal.h"

/* --- Shapes --- */

static const struct field payments__plan_price_fields[] = {
    TEXT(payments__plan_price, currency, .doc = "Currency, ISO 4217", .example = "EUR"),
    TEXT(
        payments__plan_price, period, .one_of = "month|year", .doc = "Billing period of the price"),
    INT(payments__plan_price, amount_minor, .doc = "Amount in the currency's smallest unit"),
    TEXT(payments__plan_price, amount, .doc = "Amount formatted for reading", .example = "29.00"),
};
static SHAPE(payments__plan_price);

static const struct field payments__billing_entitlement_fields[] = {
    TEXT(payments__billing_entitlement, name, .doc = "Name of the entitlement",
        .example = "users.seats"),
    TEXT(payments__billing_entitlement, doc, .doc = "Description of the entitlement"),
    BOOL(payments__billing_entitlement, included,
        .doc = "Whether the plan includes the entitlement"),
    BOOL(payments__billing_entitlement, unlimited, .doc = "Whether the number is unlimited"),
    INT(payments__billing_entitlement, limit, .doc = "Maximum number, unless it is unlimited"),
};
static SHAPE(payments__billing_entitlement);

static const struct field payments__billing_plan_fields[] = {
    TEXT(payments__billing_plan, key,
        .doc = "Key of the plan, a stable name. Send it to create a checkout.", .example = "team"),
    TEXT(payments__billing_plan, name, .doc = "Name of the plan for people"),
    TEXT(payments__billing_plan, description, .empty = true,
        .doc = "Description of the plan, one sentence"),
    BOOL(payments__billing_plan, is_default,
        .doc = "Whether this is the default plan of organisations without a subscription"),
    LIST(payments__billing_plan, prices, payments__plan_price,
        .doc = "Prices of the plan. A plan without prices is not for sale."),
    LIST(payments__billing_plan, entitlements, payments__billing_entitlement,
        .doc = "Entitlements of the plan"),
};
static SHAPE(payments__billing_plan);

static const struct field payments__billing_plan_list_fields[] = {
    LIST(payments__billing_plan_list, data, payments__billing_plan,
        .doc = "Plans in the order to show them"),
};
SHAPE(payments__billing_plan_list);

static const struct field payments__payment_decline_fields[] = {
    TEXT(payments__payment_decline, reason, .example = "funds",
        .doc = "Reason of the decline: funds, authentication, card_data, expired, card_refused, "
               "bank, temporary, revoked, duplicate, test or other. Staff also see suspicious."),
    TEXT(payments__payment_decline, code, .example = "insufficient_funds",
        .doc = "Decline code of the provider"),
    TEXT(payments__payment_decline, advice, .doc = "Advice to the customer, in plain words"),
    TIME(payments__payment_decline, at, .doc = "Time at which the payment was declined"),
    INT(payments__payment_decline, count, .doc = "Number of declined payments of this checkout"),
};
static SHAPE(payments__payment_decline);

static const struct field payments__billing_checkout_fields[] = {
    ID(payments__billing_checkout, id, "checkout", .doc = "Id of the checkout"),
    TEXT(payments__billing_checkout, state, .one_of = "open|completed|expired|abandoned|failed",
        .doc = "State of the checkout"),
    TEXT(payments__billing_checkout, url, .max = 2000, .optional = true,
        .doc = "URL of the payment page to send the browser to"),
    TEXT(payments__billing_checkout, why, .optional = true,
        .doc = "Reason why the checkout failed or was lost"),
    TIME(
        payments__billing_checkout, expires_at, .doc = "Time until which the checkout can be paid"),
    OBJECT(payments__billing_checkout, decline, payments__payment_decline, .optional = true,
        .doc = "Last declined payment, while none has succeeded. Null if none was declined."),
};
SHAPE(payments__billing_checkout);

static const struct field payments__billing_subscription_fields[] = {
    ID(payments__billing_subscription, id, "sub", .doc = "Id of the subscription"),
    TEXT(payments__billing_subscription, plan, .doc = "Key of the plan"),
    TEXT(payments__billing_subscription, status, .example = "active",
        .doc =
            "Status at the provider. Also `canceled` once the end of the subscription has passed."),
    TEXT(payments__billing_subscription, access, .one_of = "full|limited|none",
        .doc = "Access that the subscription gives. `limited`: existing data stays available, "
               "nothing can be added."),
    BOOL(payments__billing_subscription, cancel_at_period_end,
        .doc = "Whether the subscription ends with the paid period"),
    BOOL(payments__billing_subscription, price_unknown,
        .doc = "Whether the provider bills a price that no plan has. The previous plan applies."),
    TIME(payments__billing_subscription, started_at,
        .doc = "Time at which the subscription started"),
    TIME(payments__billing_subscription, period_end, .doc = "End of the paid period"),
    TIME(payments__billing_subscription, ends_at, .optional = true,
        .doc = "Time at which the subscription ends or ended. Null if it continues."),
    TIME(payments__billing_subscription, limited_at, .optional = true,
        .doc = "Time at which access becomes limited because a payment is missing. Null if none is "
               "missing."),
    TIME(payments__billing_subscription, fetched_at,
        .doc = "Time of the last query to the provider"),
};
static SHAPE(payments__billing_subscription);

static const struct field payments__billing_fields[] = {
    TEXT(payments__billing, plan, .optional = true,
        .doc = "Key of the plan. Null if no plans are defined."),
    TEXT(payments__billing, access, .one_of = "full|limited",
        .doc = "Current access of the organisation"),
    TEXT(payments__billing, provider, .optional = true,
        .doc = "Payment provider. Null if payments are disabled."),
    OBJECT(payments__billing, subscription, payments__billing_subscription, .optional = true,
        .doc = "Current subscription, or else the last one. Null if there was none."),
    OBJECT(payments__billing, checkout, payments__billing_checkout, .optional = true,
        .doc = "Last checkout. Null if there was none."),
    LIST(payments__billing, entitlements, payments__billing_entitlement,
        .doc = "Entitlements of the plan"),
};
SHAPE(payments__billing);

static const struct field payments_billing_standing_fields[] = {
    TEXT(payments_billing_standing, plan, .optional = true,
        .doc = "Key of the plan. Null if no plans are defined."),
    TEXT(payments_billing_standing, access, .one_of = "full|limited",
        .doc = "Current access of the organisation"),
    TEXT(payments_billing_standing, status, .optional = true, .example = "active",
        .doc = "Subscription status at the provider, or canceled once its end has passed. Null if "
               "there was no subscription."),
    TIME(payments_billing_standing, period_end, .optional = true,
        .doc = "End of the paid period. Null if there was no subscription."),
    BOOL(payments_billing_standing, cancel_at_period_end,
        .doc = "Whether the subscription ends with the paid period"),
    TEXT(payments_billing_standing, unknown_price, .optional = true,
        .doc = "Price at the provider that no plan has, while the previous plan applies. Null if a "
               "plan has it."),
    TIME(payments_billing_standing, ends_at, .optional = true,
        .doc = "Time at which the subscription ends or ended. Null if it continues."),
    OBJECT(payments_billing_standing, decline, payments__payment_decline, .optional = true,
        .doc = "Last declined payment of the last checkout. Null if none was declined."),
    LIST(payments_billing_standing, refunds_and_disputes, payments_refund_dispute,
        .doc = "Refunds and disputes, newest first, at most 20"),
};
SHAPE(payments_billing_standing);

/* --- Plans --- */

static struct payments__billing_entitlement view_of_right(
    const struct entitlement *e, const struct payments__plan_right *right)
{
    const bool is_limit = e->kind == ENTITLEMENT_LIMIT;
    const bool unlimited = right ? !right->is_limited : is_limit;

    return (struct payments__billing_entitlement){
        .name = e->name,
        .doc = e->doc,
        .included = unlimited || (right && right->most > 0),
        .unlimited = unlimited,
        .limit = right && right->is_limited ? right->most : 0,
    };
}

struct catalog {
    const struct payments__plan *plans;
    const struct payments__price *prices;
    const struct payments__plan_right *rights;
    const struct entitlement *const *declared;
    size_t n_plans, n_prices, n_rights, n_declared;
};

static void show_prices(
    struct ctx *c, const struct catalog *k, struct uuid plan, struct payments__billing_plan *out)
{
    struct payments__plan_price *prices = arena_array(c->arena, k->n_prices, sizeof *prices);

    for (size_t i = 0; i < k->n_prices; i++) {
        const struct payments__price *p = &k->prices[i];
        const struct payments__currency *currency = payments__currency(p->currency);
        if (!uuid_equal(p->plan_id, plan) || currency == NULL)
            continue;
        prices[out->n_prices++] = (struct payments__plan_price){
            .currency = p->currency,
            .period = p->period,
            .amount_minor = p->amount_minor,
            .amount = payments__amount_text(c->arena, currency, p->amount_minor),
        };
    }
    out->prices = prices;
}

static const struct payments__plan_right *find_right(
    const struct catalog *k, struct uuid plan, const char *name)
{
    for (size_t i = 0; i < k->n_rights; i++) {
        if (uuid_equal(k->rights[i].plan_id, plan) && text_equal(k->rights[i].name, name))
            return &k->rights[i];
    }
    return NULL;
}

static void show_rights(
    struct ctx *c, const struct catalog *k, struct uuid plan, struct payments__billing_plan *out)
{
    struct payments__billing_entitlement *rights =
        arena_array(c->arena, k->n_declared, sizeof *rights);

    for (size_t i = 0; i < k->n_declared; i++)
        rights[i] = view_of_right(k->declared[i], find_right(k, plan, k->declared[i]->name));
    out->entitlements = rights;
    out->n_entitlements = k->n_declared;
}

err payments__show_plans(struct ctx *c, struct payments__billing_plan_list *out)
{
    struct payments__billing_plan *views;
    struct catalog k;

    TRY(payments__list_plans(c, &k.plans, &k.n_plans));
    TRY(payments__list_prices(c, &k.prices, &k.n_prices));
    TRY(payments__list_rights(c, &k.rights, &k.n_rights));
    k.declared = entitlements_declared(c->arena, &k.n_declared);
    views = arena_array(c->arena, k.n_plans, sizeof *views);
    for (size_t i = 0; i < k.n_plans; i++) {
        views[i] = (struct payments__billing_plan){
            .key = k.plans[i].key,
            .name = k.plans[i].name,
            .description = k.plans[i].description,
            .is_default = k.plans[i].is_default,
        };
        show_prices(c, &k, k.plans[i].id, &views[i]);
        show_rights(c, &k, k.plans[i].id, &views[i]);
    }
    *out = (struct payments__billing_plan_list){ .data = views, .n_data = k.n_plans };
    return NULL;
}

/* --- Billing --- */

static err show_entitlements(struct ctx *c, struct payments__billing *out)
{
    size_t n;
    const struct entitlement *const *all = entitlements_declared(c->arena, &n);
    struct payments__billing_entitlement *views = arena_array(c->arena, n, sizeof *views);
    struct entitlement_grant grant;

    for (size_t i = 0; i < n; i++) {
        TRY(payments__check_entitlement(c, all[i], &grant));
        views[i] = (struct payments__billing_entitlement){
            .name = all[i]->name,
            .doc = all[i]->doc,
            .included = grant.unlimited || grant.limit > 0,
            .unlimited = grant.unlimited,
            .limit = grant.limit,
        };
    }
    out->entitlements = views;
    out->n_entitlements = n;
    return NULL;
}

static const struct payments__billing_subscription *view_of_subscription(
    struct ctx *c, const struct payments__subscription *s)
{
    const int64_t grace_days = setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS);
    const enum payments__access access = payments__access_of(s, clock_now(), grace_days);
    struct payments__billing_subscription *view = arena_alloc(c->arena, sizeof *view);

    *view = (struct payments__billing_subscription){
        .id = s->id,
        .plan = s->plan,
        .status = payments__status_of(s, clock_now()),
        .access = payments__access_text(access),
        .cancel_at_period_end = payments__ends_with_period(s),
        .price_unknown = s->unknown_price != NULL,
        .unknown_price = s->unknown_price,
        .started_at = s->started_at,
        .period_end = s->period_end,
        .ends_at = payments__ends_at(s),
        .limited_at = access == PAYMENTS__NONE ? INSTANT_NONE : payments__limited_at(s, grace_days),
        .fetched_at = s->fetched_at,
    };
    return view;
}

static err show_subscription(struct ctx *c, struct payments__billing *out)
{
    const int64_t grace_days = setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS);
    const struct payments__subscription *rows, *has;
    struct payments__stated plan;
    bool sells;
    size_t n;

    TRY(payments__default_grant(c, "", &plan, &sells));
    TRY(payments__list_subscriptions(c, &rows, &n));
    has = payments__effective(rows, n, clock_now(), grace_days);
    out->plan = has ? has->plan : sells ? plan.plan : NULL;
    out->access = "full";
    if (has && payments__access_of(has, clock_now(), grace_days) == PAYMENTS__LIMITED)
        out->access = "limited";
    if (n > 0)
        out->subscription = view_of_subscription(c, has ? has : &rows[0]);
    return NULL;
}

static err show_decline(struct ctx *c, struct payments_billing_standing *out)
{
    struct payments__payment_decline *view;
    struct payments__checkout last;
    bool found;

    TRY(payments__last_checkout(c, &last, &found));
    if (!found || last.decline_code == NULL)
        return NULL;
    view = arena_alloc(c->arena, sizeof *view);
    *view = payments__explain_decline(last.decline_code, last.declined_at, last.declines);
    out->decline = view;
    return NULL;
}

err payments__get_standing(struct ctx *c, struct payments_billing_standing *out)
{
    struct payments__billing billing = { .plan = NULL };
    struct payments_billing_standing standing;

    TRY(show_subscription(c, &billing));
    standing = (struct payments_billing_standing){ .plan = billing.plan, .access = billing.access };
    if (billing.subscription) {
        standing.status = billing.subscription->status;
        standing.period_end = billing.subscription->period_end;
        standing.cancel_at_period_end = billing.subscription->cancel_at_period_end;
        standing.ends_at = billing.subscription->ends_at;
        standing.unknown_price = billing.subscription->unknown_price;
    }
    TRY(show_decline(c, &standing));
    TRY(payments__list_refunds_and_disputes(
        c, &standing.refunds_and_disputes, &standing.n_refunds_and_disputes));
    *out = standing;
    return NULL;
}

struct payments__billing_checkout payments__view_of_checkout(
    struct ctx *c, const struct payments__checkout *row, bool is_paid)
{
    struct payments__payment_decline *decline = NULL;

    if (row->decline_code && !is_paid) {
        decline = arena_alloc(c->arena, sizeof *decline);
        *decline = payments__show_decline(row->decline_code, row->declined_at, row->declines);
    }
    return (struct payments__billing_checkout){
        .id = row->id,
        .state = row->state,
        .url = text_equal(row->state, "open") ? row->url : NULL,
        .why = row->why,
        .expires_at = row->expires_at,
        .decline = decline,
    };
}

/* Not while a payment is missing again: then the decline explains it. */
static bool is_paid(
    const struct payments__checkout *k, const struct payments__billing_subscription *s)
{
    return text_equal(k->state, "completed") &&
           !(s && (payments__is_unpaid(s->status) || text_equal(s->status, "incomplete")));
}

err payments__show_billing(struct ctx *c, struct payments__billing *out)
{
    struct payments__billing billing = { .plan = NULL };
    struct payments__billing_checkout *view;
    struct payments__checkout last;
    bool found;

    if (payments__provider())
        billing.provider = payments__provider()->name;
    TRY(show_subscription(c, &billing));
    TRY(show_entitlements(c, &billing));
    TRY(payments__last_checkout(c, &last, &found));
    if (found) {
        view = arena_alloc(c->arena, sizeof *view);
        *view = payments__view_of_checkout(c, &last, is_paid(&last, billing.subscription));
        billing.checkout = view;
    }
    *out = billing;
    return NULL;
}
