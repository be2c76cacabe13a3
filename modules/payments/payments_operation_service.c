/*
 * One call to the provider that changes something: the intent is committed, the call is made
 * without a connection, and its response is committed. After a crash in between, the call is
 * repeated with the same key.
 */
#include "payments_internal.h"

enum { WAIT_MS = 100 };

struct call {
    struct payments__operation op;
    struct payments__checkout checkout; /* kind checkout */
    struct payments__price price;
    struct payments_remote_checkout session;
    struct payments__answer answer;
    const char *state, *why; /* the state to settle as */
    bool ours, found, customer_gone;
};

static err enter(struct ctx *c, struct uuid org)
{
    return uuid_is_nil(c->org) ? tx_enter_org(c, org) : NULL;
}

static err load_checkout(struct ctx *c, struct call *k)
{
    struct uuid id;
    bool found;

    if (!typeid_parse("checkout", k->op.subject, strlen(k->op.subject), &id))
        return &ERR_INTERNAL;
    TRY(payments__get_checkout(c, c->org, id, &k->checkout, &found));
    if (!found)
        return &ERR_NOT_FOUND;
    TRY(payments__get_price(c, k->checkout.price_id, &k->price, &found));
    return found ? NULL : &ERR_INTERNAL;
}

/* One caller at a time: the others wait for its response. */
static err claim(struct ctx *c, void *arg)
{
    struct call *k = arg;
    const struct uuid org = k->op.org_id, id = k->op.id;

    TRY(enter(c, org));
    TRY(payments__claim_operation(c, org, id, &k->op, &k->ours));
    if (!k->ours && k->op.kind == NULL)
        return NULL;
    if (!k->ours)
        return payments__get_operation(c, id, &k->op, &k->found);
    return text_equal(k->op.kind, "checkout") ? load_checkout(c, k) : NULL;
}

static err settle(struct ctx *c, void *arg)
{
    struct call *k = arg;
    bool is_checkout = text_equal(k->op.kind, "checkout");

    TRY(payments__settle_operation(c, &k->op, k->state, k->why));
    if (k->customer_gone)
        TRY(payments__forget_customer(
            c, payments__provider()->name, is_checkout ? k->checkout.customer : k->op.subject));
    if (is_checkout && text_equal(k->state, "done"))
        return payments__answer_checkout(c, k->checkout.id, k->session.id, k->session.url);
    if (is_checkout && !text_equal(k->state, "pending"))
        return payments__settle_checkout(c, k->checkout.id, "failed", k->why);
    return NULL;
}

static const char *return_url(struct ctx *c, const char *query)
{
    const char *app = setting_text(&ASHLAR_APP_URL);
    int size = (int)(strlen(app) - (app[strlen(app) - 1] == '/'));

    return arena_printf(c->arena, "%.*s%s%s", size, app, setting_text(&ASHLAR_BILLING_PATH), query);
}

static err create_checkout(struct ctx *c, const struct payments_provider *provider, struct call *k)
{
    return provider->create_checkout(c, k->op.key,
        &(const struct payments_checkout_call){
            .org = k->op.org_id,
            .checkout = k->checkout.id,
            .price = k->price.id,
            .plan_name = k->price.plan_name,
            .currency = k->price.currency,
            .period = k->price.period,
            .amount_minor = k->price.amount_minor,
            .amount = payments__amount_text(
                c->arena, payments__currency(k->price.currency), k->price.amount_minor),
            .provider_price = k->price.provider_price,
            .customer = k->checkout.customer,
            .email = k->checkout.email,
            .success_url = return_url(c, "?checkout={CHECKOUT_SESSION_ID}"),
            .cancel_url = return_url(c, "?checkout=abandoned"),
            .expires_at = k->checkout.expires_at,
        },
        &k->session);
}

static enum payments_end end_of(const char *kind)
{
    if (text_equal(kind, "cancel"))
        return PAYMENTS_END_WITH_PERIOD;
    return text_equal(kind, "resume_date") ? PAYMENTS_NO_END_BY_DATE : PAYMENTS_NO_END_WITH_PERIOD;
}

static err make_call(struct ctx *c, const struct payments_provider *provider, struct call *k)
{
    const char *kind = k->op.kind, *key = k->op.key, *subject = k->op.subject;

    if (text_equal(kind, "checkout"))
        return create_checkout(c, provider, k);
    if (text_equal(kind, "expire"))
        return provider->expire_checkout(c, key, subject);
    if (text_equal(kind, "portal"))
        return provider->create_portal(c, key, subject, return_url(c, ""), &k->answer.url);
    return provider->set_end(c, key, subject, end_of(kind));
}

/* In the provider's words. */
static const char *why_of(struct ctx *c, err failed)
{
    const char *words = problem_detail(c, failed);

    return words ? words : failed->title;
}

/* "No such object" is a result only for a page to expire. A checkout and a portal are created, so
 * there the missing object is one that the call refers to. For a subscription it may also mean that
 * it has ended: a fetch shows which. */
static err call_provider(struct ctx *c, const struct payments_provider *provider, struct call *k)
{
    err failed = make_call(c, provider, k);

    if (failed == &PAYMENTS_NO_SUCH_OBJECT && !text_equal(k->op.kind, "expire"))
        return problem(c, &PAYMENTS_PROVIDER_REFUSED, NULL, "%s", why_of(c, failed));
    return failed;
}

/* The provider may have deleted the key by now, and would run the call a second time, so it is not
 * repeated. Reconciliation reads the provider's lists and finds the result. */
static err give_up(struct ctx *c, struct call *k)
{
    k->state = "unknown";
    k->why = "The provider did not respond within 23 hours.";
    log_error(c, "payments.operation_unknown", log_text("key", k->op.key),
        log_text("kind", k->op.kind), log_text("subject", k->op.subject));
    TRY(tx_run(c, settle, k));
    return problem(c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "It is unknown whether this was done.");
}

static err call_and_settle(struct ctx *c, struct call *k)
{
    const struct payments_provider *provider = payments__provider();
    err failed;

    if (provider == NULL)
        return problem(c, &PAYMENTS_DISABLED, NULL, "Payments are disabled.");
    if (k->op.is_old)
        return give_up(c, k);
    failed = call_provider(c, provider, k);
    k->state = failed == NULL ? "done" : "pending";
    k->customer_gone = failed == &PAYMENTS_NO_SUCH_CUSTOMER;
    if (failed == &PAYMENTS_PROVIDER_REFUSED || failed == &PAYMENTS_NO_SUCH_OBJECT ||
        k->customer_gone)
        k->state = "refused";
    k->why = failed ? why_of(c, failed) : NULL;
    TRY(tx_run(c, settle, k));
    return failed;
}

/* Settled by another caller, or still being made. */
static err look(struct ctx *c, const struct call *k, bool *settled)
{
    *settled = !text_equal(k->op.state, "pending");
    if (text_equal(k->op.state, "refused"))
        return problem(c, &PAYMENTS_PROVIDER_REFUSED, NULL, "%s", k->op.why ? k->op.why : "");
    if (text_equal(k->op.state, "unknown"))
        return problem(
            c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "It is unknown whether this was done.");
    return NULL;
}

err payments__run_operation(
    struct ctx *c, const struct payments__operation *op, struct payments__answer *out)
{
    struct call k = { .op = *op };
    bool settled = false;

    while (ctx_left_ms(c) > 2 * WAIT_MS) {
        TRY(tx_run(c, claim, &k));
        if (k.ours) {
            TRY(call_and_settle(c, &k));
            *out = k.answer;
            return NULL;
        }
        TRY(look(c, &k, &settled));
        if (settled) {
            *out = k.answer;
            return NULL;
        }
        TRY(sleep_ms(c, WAIT_MS));
    }
    response_retry_after(c, 2);
    return problem(c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "The provider has not responded yet.");
}

err payments__follow_operation(
    struct ctx *c, const struct payments__operation *op, struct payments__answer *out)
{
    struct call k = { .op = *op };

    TRY(tx_run(c, claim, &k));
    if (!k.ours)
        return NULL;
    TRY(call_and_settle(c, &k));
    *out = k.answer;
    return NULL;
}
