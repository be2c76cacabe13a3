/*
 * Subscriptions and checkout pages that the provider no longer has. They were deleted, or the key
 * is of another account, intended or not. So a scheduled check removes no access. The subscription
 * ends when a member acts on it, is checked for some days more, and is restored with its account.
 */
#include "payments_internal.h"

/* For a request that can respond without it. */
enum { BRIEF_S = 5 };

const struct metric PAYMENTS__METRIC_VANISHED = {
    .name = "ashlar_payments_vanished_total",
    .help = "Checks of subscriptions that the provider no longer has, by result: kept unchanged, "
            "or ended by the caller.",
    .kind = METRIC_COUNTER,
    .label = "outcome",
    .values = "kept|ended",
};

static void log_for_operators(struct ctx *c, const char *outcome, const char *external_id,
    const char *customer, const char *provider)
{
    metric_add(&PAYMENTS__METRIC_VANISHED, outcome, 1);
    log_error(c, "payments.subscription_vanished", log_text("subscription", external_id),
        log_text("customer", customer), log_text("provider", provider),
        log_text("outcome", outcome),
        log_text("hint", "is the key of the account that these customers pay to?"),
        log_text("runbook", "docs/runbooks/payment-disputed.md"));
}

/* --- Subscriptions --- */

struct vanished {
    const struct payments__subscription *s;
    int64_t fetch_sequence;
    bool ended, had_ended; /* by this check; by an earlier one */
};

static err next_fetch_sequence(struct ctx *c, void *arg)
{
    struct vanished *v = arg;

    return payments__next_fetch_sequence(c, v->s->provider, v->s->external_id, &v->fetch_sequence);
}

static err end(struct ctx *c, void *arg)
{
    struct vanished *v = arg;
    const struct instant now = clock_now();
    struct payments__subscription before, after;
    struct payments__account account;
    struct instant promised;
    bool found;

    TRY(payments__lock_account(c, &account));
    TRY(payments__get_subscription(c, v->s->provider, v->s->external_id, &before, &found));
    if (!found)
        return NULL;
    v->had_ended = before.ended_at.us != 0;
    after = before;
    promised = payments__ends_at(&before);
    after.ended_at = promised.us != 0 && promised.us < now.us ? promised : now;
    TRY(payments__end_vanished(c, &before, v->fetch_sequence, after.ended_at, &v->ended));
    return v->ended ? payments__announce_vanished(c, &before, &after) : NULL;
}

/* PAYMENTS_NO_SUCH_OBJECT: missing, or its provider is not in use. */
static err ask_provider(struct ctx *c, struct vanished *v)
{
    struct payments_remote_subscription remote;
    err failed;

    if (!text_equal(v->s->provider, payments__provider()->name)) {
        TRY(tx_run(c, next_fetch_sequence, v));
        return &PAYMENTS_NO_SUCH_OBJECT;
    }
    TRY(payments__fetch_subscription(c, v->s->external_id, &remote, &v->fetch_sequence));
    failed = payments__apply_subscription(c, &remote, v->fetch_sequence);
    return failed == &PAYMENTS_UNKNOWN_PRICE ? NULL : failed; /* it has the previous plan */
}

err payments__ask_subscription(struct ctx *c, const struct payments__subscription *s, bool *gone)
{
    struct vanished v = { .s = s };
    err failed = ask_provider(c, &v);

    *gone = false;
    if (failed != &PAYMENTS_NO_SUCH_OBJECT)
        return failed;
    TRY(tx_run(c, end, &v));
    *gone = v.ended || v.had_ended;
    if (v.ended)
        log_for_operators(c, "ended", s->external_id, s->customer, s->provider);
    return NULL;
}

struct left {
    const char *external_id;
    struct payments__subscription row;
    bool found;
};

/* Recorded as checked, so that it does not block the check of others. */
static err leave(struct ctx *c, void *arg)
{
    struct left *l = arg;
    const char *provider = payments__provider()->name;
    struct uuid org;

    TRY(payments__find_subscription_org(c, provider, l->external_id, &org, &l->found));
    if (!l->found)
        return NULL;
    TRY(tx_enter_org(c, org));
    TRY(payments__get_subscription(c, provider, l->external_id, &l->row, &l->found));
    return l->found ? payments__note_asked(c, &l->row) : NULL;
}

err payments__leave_vanished(struct ctx *c, const char *external_id)
{
    struct left l = { .external_id = external_id };

    TRY(tx_run(c, leave, &l));
    if (l.found && l.row.ended_at.us == 0)
        log_for_operators(c, "kept", external_id, l.row.customer, l.row.provider);
    return NULL;
}

/* --- Pages --- */

static err close_page(struct ctx *c, void *arg)
{
    const struct payments__checkout *page = arg;

    if (uuid_is_nil(c->org))
        TRY(tx_enter_org(c, page->org_id));
    return payments__settle_checkout(
        c, page->id, "expired", "The payment provider has this page no more.");
}

static err settle_page(struct ctx *c, const struct payments__checkout *page)
{
    struct payments__checkout copy = *page;

    log_warn(c, "payments.page_vanished", log_text("session", page->session),
        log_text("provider", page->provider),
        log_text("checkout", typeid_text(c->arena, "checkout", page->id)));
    return tx_run(c, close_page, &copy);
}

err payments__ask_page(struct ctx *c, const struct payments__checkout *page)
{
    const bool is_open = text_equal(page->state, "open");
    err failed = &PAYMENTS_NO_SUCH_OBJECT;

    if (text_equal(page->provider, payments__provider()->name))
        failed = payments__sync_checkout(c, page->session);
    if (failed != &PAYMENTS_NO_SUCH_OBJECT)
        return failed;
    return is_open ? settle_page(c, page) : NULL;
}

err payments__leave_vanished_page(struct ctx *c, const struct payments__checkout *page)
{
    return page->expires_at.us <= clock_now().us ? settle_page(c, page) : NULL;
}

/* --- Before a rejection --- */

/* Returns the deadline to restore. */
static int64_t be_brief(struct ctx *c)
{
    const int64_t whole = c->deadline_us, brief = clock_monotonic_us() + SECONDS(BRIEF_S);

    if (whole == 0 || brief < whole)
        c->deadline_us = brief;
    return whole;
}

err payments__ask_before_refusing(struct ctx *c, const struct payments__subscription *s)
{
    const int64_t whole = be_brief(c);
    bool gone;
    err failed = payments__ask_subscription(c, s, &gone);

    c->deadline_us = whole;
    if (failed)
        log_warn(c, "payments.check_failed", log_text("subscription", s->external_id),
            log_text("why", failed->title));
    return NULL;
}

err payments__ask_before_reusing(struct ctx *c, const struct payments__checkout *page)
{
    const int64_t whole = be_brief(c);
    err failed = payments__ask_page(c, page);

    c->deadline_us = whole;
    if (failed == NULL || failed == &PAYMENTS_UNKNOWN_PRICE)
        return failed;
    log_warn(c, "payments.check_failed", log_text("session", page->session),
        log_text("why", failed->title));
    return NULL;
}
