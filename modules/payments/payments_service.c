/* Billing operations of members: checkout, view, cancel, resume. */
#include "payments_internal.h"

/* Stripe requires at least 30 minutes from its receipt of the request; the remaining 15 are for our
 * retries. */
enum { CHECKOUT_MINUTES = 45, CHANGE_ROUNDS = 2 };

static int64_t grace_days(void)
{
    return setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS);
}

static err require_provider(struct ctx *c)
{
    return payments__provider() ? NULL
                                : problem(c, &PAYMENTS_DISABLED, NULL, "Payments are disabled.");
}

/* --- Checkout --- */

struct purchase {
    const char *plan, *currency, *period;
    const struct payments__subscription *in_the_way; /* NULL: none */
    struct payments__checkout checkout;
    struct payments__operation op;
};

/* Its first payment is being processed or waits for the customer's bank: it may become active. */
static const struct payments__subscription *find_incomplete(
    const struct payments__subscription *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(rows[i].status, "incomplete") && rows[i].ended_at.us == 0)
            return &rows[i];
    }
    return NULL;
}

/* A second subscription would be a second bill: the organisation changes or ends the first one. */
static err refuse_second(struct ctx *c, struct purchase *p)
{
    const struct payments__subscription *rows, *has;
    size_t n;

    TRY(payments__list_subscriptions(c, &rows, &n));
    has = payments__effective(rows, n, clock_now(), grace_days());
    if (has == NULL)
        has = find_incomplete(rows, n);
    p->in_the_way = has;
    if (has == NULL)
        return NULL;
    return problem(c, &PAYMENTS_ALREADY_SUBSCRIBED, NULL,
        "This organisation has the plan \"%s\" (%s) already.", has->plan, has->status);
}

static err make_checkout(
    struct ctx *c, struct purchase *p, const struct payments__price *price, const char *customer)
{
    p->checkout = (struct payments__checkout){
        .org_id = c->org,
        .id = uuid_new(),
        .price_id = price->id,
        .state = "open",
        .provider = payments__provider()->name,
        .email = c->actor.email,
        .customer = customer,
        .expires_at = instant_add(clock_now(), MINUTES(CHECKOUT_MINUTES)),
    };
    TRY(payments__insert_checkout(c, &p->checkout));
    return payments__insert_operation(
        c, "checkout", typeid_text(c->arena, "checkout", p->checkout.id), &p->op);
}

static err reuse_checkout(struct ctx *c, struct purchase *p, const struct payments__price *price)
{
    bool found;

    if (!uuid_equal(p->checkout.price_id, price->id))
        return problem(c, &PAYMENTS_OTHER_CHECKOUT_OPEN, NULL,
            "A checkout of another plan is open. Complete it, or cancel it with DELETE.");
    TRY(payments__find_operation(
        c, "checkout", typeid_text(c->arena, "checkout", p->checkout.id), &p->op, &found));
    return found ? NULL : &ERR_INTERNAL;
}

/* One open checkout at a time, under the account's lock: concurrent requests get the same page. */
static err intend(struct ctx *c, void *arg)
{
    struct purchase *p = arg;
    struct payments__account account;
    struct payments__price price;
    bool found;

    TRY(payments__find_price(c, p->plan, p->currency, p->period, &price, &found));
    if (!found)
        return problem(c, &PAYMENTS_PRICE_NOT_FOUND, "plan", "\"%s\" is not sold in %s per %s.",
            p->plan, p->currency, p->period);
    TRY(payments__lock_account(c, &account));
    TRY(refuse_second(c, p));
    TRY(payments__open_checkout(c, &p->checkout, &found));
    if (found)
        return reuse_checkout(c, p, &price);
    return make_checkout(c, p, &price,
        text_equal(account.provider, payments__provider()->name) ? account.customer : NULL);
}

static err reload(struct ctx *c, void *arg)
{
    struct purchase *p = arg;
    bool found;

    TRY(payments__get_checkout(c, c->org, p->checkout.id, &p->checkout, &found));
    return found ? NULL : &ERR_NOT_FOUND;
}

static err find_open(struct ctx *c, void *arg)
{
    struct payments__checkout *out = arg;
    bool found;

    TRY(payments__open_checkout(c, out, &found));
    if (!found)
        out->session = NULL;
    return NULL;
}

/* The page may be paid, closed or missing at the provider. A page that expired by the clock may
 * have been paid in its last second, so the provider's response is required. */
static err look_at_open_page(struct ctx *c)
{
    struct payments__checkout open = { .session = NULL };

    TRY(tx_read(c, find_open, &open));
    if (open.session == NULL)
        return NULL;
    return open.expires_at.us > clock_now().us ? payments__ask_before_reusing(c, &open)
                                               : payments__ask_page(c, &open);
}

/* The blocking subscription may have ended, or be missing, at the provider. */
static err intend_or_ask(struct ctx *c, struct purchase *p)
{
    err failed = tx_run(c, intend, p);

    if (failed != &PAYMENTS_ALREADY_SUBSCRIBED || p->in_the_way == NULL)
        return failed;
    TRY(payments__ask_before_refusing(c, p->in_the_way));
    return tx_run(c, intend, p);
}

struct customer_look {
    const char *was;
    bool is_replaced;
};

static err look_at_customer(struct ctx *c, void *arg)
{
    struct customer_look *look = arg;
    struct payments__account account;

    TRY(payments__lock_account(c, &account));
    look->is_replaced = look->was && !text_equal(account.customer, look->was);
    return NULL;
}

/* The customer may be missing at the provider. Then our record of it is cleared by now, by this or
 * another request, and the page is opened for a new customer. */
static err open_page(struct ctx *c, struct purchase *p)
{
    struct payments__answer answer;
    struct customer_look look;
    err failed = payments__run_operation(c, &p->op, &answer);

    if (failed != &PAYMENTS_NO_SUCH_CUSTOMER && failed != &PAYMENTS_PROVIDER_REFUSED)
        return failed;
    look = (struct customer_look){ .was = p->checkout.customer };
    TRY(tx_run(c, look_at_customer, &look));
    if (!look.is_replaced)
        return failed;
    log_warn(c, "payments.customer_replaced", log_text("customer", look.was));
    TRY(tx_run(c, intend, p));
    return payments__run_operation(c, &p->op, &answer);
}

err payments__start_checkout(struct ctx *c, const char *plan, const char *currency,
    const char *period, struct payments__billing_checkout *out)
{
    struct purchase p = { .plan = plan, .currency = currency, .period = period };

    TRY(require_provider(c));
    TRY(look_at_open_page(c));
    TRY(intend_or_ask(c, &p));
    TRY(open_page(c, &p));
    TRY(tx_read(c, reload, &p));
    log_info(c, "payments.checkout_opened", log_text("plan", plan),
        log_text("checkout", typeid_text(c->arena, "checkout", p.checkout.id)),
        log_text("session", p.checkout.session));
    *out = payments__view_of_checkout(c, &p.checkout, false);
    return NULL;
}

struct abandon {
    struct payments__checkout open;
    struct payments__operation op;
    bool found, is_open;
};

static err intend_abandon(struct ctx *c, void *arg)
{
    struct abandon *a = arg;
    struct payments__account account;

    TRY(payments__lock_account(c, &account));
    TRY(payments__open_checkout(c, &a->open, &a->found));
    a->is_open = a->found && a->open.session;
    return a->is_open ? payments__insert_operation(c, "expire", a->open.session, &a->op) : NULL;
}

static err settle_abandoned(struct ctx *c, void *arg)
{
    const struct abandon *a = arg;

    return payments__settle_checkout(c, a->open.id, "abandoned", NULL);
}

err payments__abandon_checkout(struct ctx *c)
{
    struct abandon a = { .found = false };
    struct payments__answer answer;
    err failed;

    TRY(require_provider(c));
    TRY(tx_run(c, intend_abandon, &a));
    if (!a.found)
        return NULL;
    if (!a.is_open) { /* the page is being created: it can be cancelled when it exists */
        response_retry_after(c, 2);
        return problem(
            c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "The checkout is still being opened.");
    }
    failed = payments__run_operation(c, &a.op, &answer);
    if (failed == &PAYMENTS_PROVIDER_REFUSED) /* it has ended at the provider, perhaps paid */
        return payments__ask_page(c, &a.open);
    if (failed && failed != &PAYMENTS_NO_SUCH_OBJECT)
        return failed;
    return tx_run(c, settle_abandoned, &a);
}

/* --- Cancellation, resumption, portal --- */

struct change {
    const char *kind;         /* NULL: no call */
    const char *opposites[2]; /* NULL: no more */
    const char *subject;
    const struct payments__subscription *of; /* NULL for a portal */
    struct payments__operation op;
    bool cancel, is_done;
};

static err overtake_one(struct ctx *c, const struct change *k, const char *opposite)
{
    struct payments__operation op;
    bool found;

    TRY(payments__overtake_operation(c, opposite, k->subject));
    TRY(payments__find_operation(c, opposite, k->subject, &op, &found));
    if (!found || !text_equal(op.state, "pending"))
        return NULL;
    response_retry_after(c, 2);
    return problem(c, &PAYMENTS_PROVIDER_UNAVAILABLE, NULL, "The opposite is being done just now.");
}

/* A call without a response would be repeated after this one, and undo it. */
static err overtake(struct ctx *c, const struct change *k)
{
    for (size_t i = 0; i < COUNT(k->opposites) && k->opposites[i]; i++)
        TRY(overtake_one(c, k, k->opposites[i]));
    return NULL;
}

/* A repeated click joins the pending call. */
static err find_or_insert(struct ctx *c, struct change *k)
{
    bool found;

    TRY(payments__find_operation(c, k->kind, k->subject, &k->op, &found));
    if (found && text_equal(k->op.state, "pending"))
        return NULL;
    return payments__insert_operation(c, k->kind, k->subject, &k->op);
}

/* Chooses the call by the form of the scheduled end. */
static void choose_call(struct change *k, const struct payments__subscription *s)
{
    if (k->cancel) {
        k->kind = "cancel";
        k->opposites[0] = "resume";
        k->opposites[1] = "resume_date";
        return;
    }
    k->kind = s->cancel_at.us != 0 && !s->cancel_at_period_end ? "resume_date" : "resume";
    k->opposites[0] = "cancel";
}

static err intend_change(struct ctx *c, void *arg)
{
    struct change *k = arg;
    const struct payments__subscription *rows, *has;
    struct payments__account account;
    size_t n;

    TRY(payments__lock_account(c, &account));
    TRY(payments__list_subscriptions(c, &rows, &n));
    has = payments__effective(rows, n, clock_now(), grace_days());
    if (has == NULL)
        return problem(c, &PAYMENTS_NO_SUBSCRIPTION, NULL, "Nothing is subscribed here.");
    k->of = has;
    k->subject = has->external_id;
    k->kind = NULL; /* no provider to call */
    if (!text_equal(has->provider, payments__provider()->name))
        return NULL;
    choose_call(k, has);
    TRY(overtake(c, k));
    return find_or_insert(c, k);
}

static err look_whether_done(struct ctx *c, void *arg)
{
    struct change *k = arg;
    struct payments__subscription s;
    bool found;

    TRY(payments__get_subscription(c, payments__provider()->name, k->subject, &s, &found));
    k->is_done = found && (k->cancel ? payments__ends_with_period(&s) || s.ended_at.us != 0
                                     : payments__ends_at(&s).us == 0);
    return NULL;
}

static err call_for_change(struct ctx *c, struct change *k)
{
    struct payments__answer answer;

    return k->kind ? payments__run_operation(c, &k->op, &answer) : NULL;
}

/* One call, then a fetch of the provider's state. */
static err change_once(struct ctx *c, struct change *k)
{
    bool gone;
    err refused;

    TRY(tx_run(c, intend_change, k));
    refused = call_for_change(c, k);
    if (refused && refused != &PAYMENTS_PROVIDER_REFUSED)
        return refused;
    /* A refused change is often done already. */
    TRY(payments__ask_subscription(c, k->of, &gone));
    if (gone)
        return problem(c, &PAYMENTS_SUBSCRIPTION_GONE, NULL,
            "The provider has this subscription no more; it is recorded as ended.");
    TRY(refused);
    return tx_read(c, look_whether_done, k);
}

static err show(struct ctx *c, void *arg)
{
    return payments__show_billing(c, arg);
}

err payments__set_cancel(struct ctx *c, bool cancel, struct payments__billing *out)
{
    struct change k = { .cancel = cancel };

    TRY(require_provider(c));
    /* A second time when our row had a different form of the end than the provider. */
    for (int i = 0; i < CHANGE_ROUNDS && !k.is_done; i++)
        TRY(change_once(c, &k));
    if (k.is_done)
        return tx_read(c, show, out);
    log_error(c, "payments.change_failed", log_text("subscription", k.subject),
        log_text("wanted", cancel ? "cancel" : "resume"),
        log_text("runbook", "docs/runbooks/payment-disputed.md"));
    return problem(c, &PAYMENTS_NOT_CHANGED, NULL, "%s",
        cancel ? "The provider took the cancellation, and the subscription does not end."
               : "The provider accepted the request to resume, but the subscription still ends.");
}

static err intend_portal(struct ctx *c, void *arg)
{
    struct change *k = arg;
    struct payments__account account;

    TRY(payments__lock_account(c, &account));
    if (account.customer == NULL)
        return problem(c, &PAYMENTS_NO_CUSTOMER, NULL, "Nothing was ever bought here.");
    k->subject = account.customer;
    return payments__insert_operation(c, k->kind, k->subject, &k->op);
}

err payments__open_portal(struct ctx *c, const char **url)
{
    struct change k = { .kind = "portal" };
    struct payments__answer answer;
    err failed;

    TRY(require_provider(c));
    TRY(tx_run(c, intend_portal, &k));
    failed = payments__run_operation(c, &k.op, &answer);
    if (failed == &PAYMENTS_NO_SUCH_CUSTOMER)
        return problem(c, &PAYMENTS_NO_CUSTOMER, NULL,
            "The provider no longer has this customer. The next checkout creates a new one.");
    TRY(failed);
    *url = answer.url;
    return NULL;
}

/* --- Synchronisation --- */

struct known {
    struct payments__checkout last;
    bool has_last;
    const struct payments__subscription *rows;
    size_t n;
};

static err find_known(struct ctx *c, void *arg)
{
    struct known *k = arg;

    TRY(payments__last_checkout(c, &k->last, &k->has_last));
    return payments__list_subscriptions(c, &k->rows, &k->n);
}

/* Not for a recently missing subscription, which may exist again. */
static bool is_last_word(const struct payments__subscription *s)
{
    const struct instant since = instant_add(clock_now(), -DAYS(PAYMENTS__COMES_BACK_DAYS));

    return text_equal(s->status, "canceled") || text_equal(s->status, "incomplete_expired") ||
           (s->ended_at.us != 0 && s->ended_at.us <= since.us);
}

err payments__converge(struct ctx *c, struct payments__billing *out)
{
    struct known k = { .has_last = false };

    TRY(require_provider(c));
    TRY(tx_read(c, find_known, &k));
    if (k.has_last && k.last.session && !text_equal(k.last.state, "completed"))
        TRY(payments__ask_page(c, &k.last));
    for (size_t i = 0; i < k.n; i++) {
        bool gone;
        if (!is_last_word(&k.rows[i]))
            TRY(payments__ask_subscription(c, &k.rows[i], &gone));
    }
    return tx_read(c, show, out);
}
