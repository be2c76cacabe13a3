/*
 * Announcements of subscription changes, to subscribers and to the organisation's payers. They are
 * made on each change, and by our own clock, so that no access is lost without notice.
 */
#include "payments_internal.h"

enum { WARN_DAYS = 3 };

static struct payments_subscription_event event_of(
    const struct payments__subscription *s, enum payments__access access)
{
    return (struct payments_subscription_event){
        .subscription_id = s->id,
        .plan = s->plan,
        .status = payments__status_of(s, clock_now()),
        .access = payments__access_text(access),
        .period_end = s->period_end,
        .cancel_at_period_end = payments__ends_with_period(s),
        .ends_at = payments__ends_at(s),
        .limited_at = access == PAYMENTS__NONE
                          ? INSTANT_NONE
                          : payments__limited_at(s, setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS)),
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

bool payments__is_unpaid(const char *status)
{
    return text_equal(status, "past_due") || text_equal(status, "unpaid");
}

static err announce(struct ctx *c, const EVENT(payments_subscription_event) * kind,
    const NOTIFICATION(payments_subscription_event) * notification,
    const struct payments_subscription_event *event)
{
    TRY(event_publish(c, kind, event->subscription_id, event));
    return notifications_notify(c, notification,
        &(struct notifications_audience){ .permission = "payments.manage" }, event);
}

/* Once per subscription, from the provider or from our own clock. */
static err announce_end(struct ctx *c, const struct payments__subscription *s)
{
    struct payments_subscription_event event = event_of(s, PAYMENTS__NONE);
    bool first;

    TRY(payments__note_end_announced(c, s->provider, s->external_id, &first));
    return first ? announce(c, &PAYMENTS_SUBSCRIPTION_ENDED, &payments__ended_notification, &event)
                 : NULL;
}

/* Whether access is lost with it: another subscription may give the same access. */
static err is_the_one_that_counts(struct ctx *c, const struct payments__subscription *s, bool *out)
{
    const struct payments__subscription *rows, *has;
    size_t n;

    TRY(payments__list_subscriptions(c, &rows, &n));
    has = payments__effective(rows, n, clock_now(), setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS));
    *out = has && text_equal(has->external_id, s->external_id);
    return NULL;
}

/* Once until access is full again, from the provider or from our own clock. */
static err announce_limited(struct ctx *c, const struct payments__subscription *s)
{
    const struct payments_subscription_event event = event_of(s, PAYMENTS__LIMITED);
    bool first, counts;

    TRY(payments__note_limited_announced(c, s->id, &first));
    if (!first)
        return NULL;
    TRY(is_the_one_that_counts(c, s, &counts));
    return counts ? announce(c, &PAYMENTS_ACCESS_LIMITED, &payments__limited_notification, &event)
                  : NULL;
}

/* Two subscriptions with access are two bills. A person must decide which one to end. */
static err warn_of_two(struct ctx *c, const struct payments__subscription *after)
{
    const struct payments__subscription *rows;
    size_t n;

    TRY(payments__list_subscriptions(c, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (text_equal(rows[i].external_id, after->external_id) ||
            access_now(&rows[i]) == PAYMENTS__NONE)
            continue;
        log_error(c, "payments.subscription_duplicated", log_text("one", after->external_id),
            log_text("other", rows[i].external_id),
            log_text("runbook", "docs/runbooks/payment-disputed.md"));
        break;
    }
    return NULL;
}

static err announce_start(struct ctx *c, const struct payments__subscription *after,
    const struct payments_subscription_event *now)
{
    TRY(payments__forget_end_announced(c, after->id));
    TRY(warn_of_two(c, after));
    return announce(c, &PAYMENTS_SUBSCRIPTION_STARTED, &payments__started_notification, now);
}

/* In addition to the change: a start, a missing payment, or reduced access. */
static err announce_transition(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after, const struct payments_subscription_event *now)
{
    const enum payments__access access = access_now(after);
    const bool gave = before && access_now(before) != PAYMENTS__NONE;

    if (!gave && access != PAYMENTS__NONE)
        TRY(announce_start(c, after, now));
    if (payments__is_unpaid(after->status) && !(before && payments__is_unpaid(before->status)))
        TRY(announce(c, &PAYMENTS_PAYMENT_FAILED, &payments__failed_notification, now));
    if (access == PAYMENTS__FULL)
        return payments__forget_limited_announced(c, after->id);
    if (access == PAYMENTS__LIMITED)
        return gave ? announce_limited(c, after) : NULL;
    /* A subscription that was never paid has no access to lose. */
    return before && !text_starts_with(before->status, "incomplete") ? announce_end(c, after)
                                                                     : NULL;
}

static err announce_change(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after)
{
    struct payments_subscription_event now = event_of(after, access_now(after)), then;

    if (before)
        then = event_of(before, access_now(before));
    TRY(audit(c, PAYMENTS_SUBSCRIPTION_UPDATED.kind.name, "sub", after->id,
        payments_subscription_event, before ? &then : NULL, &now));
    TRY(event_publish(c, &PAYMENTS_SUBSCRIPTION_UPDATED, after->id, &now));
    return announce_transition(c, before, after, &now);
}

err payments__announce(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after)
{
    if (before && is_same(before, after))
        return NULL;
    TRY(payments__expect_event(c, after->provider, after->external_id));
    return announce_change(c, before, after);
}

err payments__announce_vanished(struct ctx *c, const struct payments__subscription *before,
    const struct payments__subscription *after)
{
    return announce_change(c, before, after);
}

/* --- By our own clock --- */

err payments__announce_ends(struct ctx *c)
{
    const char *provider = payments__provider()->name;
    const struct payments__object *rows;
    size_t n;

    TRY(payments__list_unannounced_ends(c, provider, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct payments__subscription s;
        bool found;
        TRY(tx_enter_org(c, rows[i].org_id));
        TRY(payments__get_subscription(c, provider, rows[i].id, &s, &found));
        if (found && access_now(&s) == PAYMENTS__NONE)
            TRY(announce_end(c, &s));
        TRY(tx_leave_org(c));
    }
    return NULL;
}

/* The earlier of the end and the last day of grace. None: neither. */
static struct instant next_loss(const struct payments__subscription *s)
{
    const struct instant ends = payments__ends_at(s);
    const struct instant limited =
        payments__limited_at(s, setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS));

    if (ends.us == 0)
        return limited;
    return limited.us > clock_now().us && limited.us < ends.us ? limited : ends;
}

/* Also recorded when no notification is sent, because another subscription gives the same
 * access. */
static err warn_of(struct ctx *c, const struct payments__subscription *s)
{
    const struct payments_subscription_event event = event_of(s, access_now(s));
    const struct instant at = next_loss(s), now = clock_now();
    bool first, counts;

    if (at.us <= now.us || at.us > instant_add(now, DAYS(WARN_DAYS)).us)
        return NULL;
    TRY(payments__note_warned(c, s->id, at, &first));
    if (!first)
        return NULL;
    TRY(is_the_one_that_counts(c, s, &counts));
    return counts ? announce(c, &PAYMENTS_ACCESS_ENDING, &payments__ending_notification, &event)
                  : NULL;
}

static err announce_loss(struct ctx *c, const struct payments__subscription *s)
{
    if (access_now(s) == PAYMENTS__LIMITED && text_equal(s->status, "past_due"))
        TRY(announce_limited(c, s));
    return access_now(s) == PAYMENTS__NONE ? NULL : warn_of(c, s);
}

err payments__announce_losses(struct ctx *c)
{
    const char *provider = payments__provider()->name;
    const struct payments__object *rows;
    size_t n;

    TRY(payments__list_losses(
        c, provider, setting_int(&ASHLAR_PAYMENTS_GRACE_DAYS), WARN_DAYS, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct payments__subscription s;
        bool found;
        TRY(tx_enter_org(c, rows[i].org_id));
        TRY(payments__get_subscription(c, provider, rows[i].id, &s, &found));
        if (found)
            TRY(announce_loss(c, &s));
        TRY(tx_leave_org(c));
    }
    return NULL;
}
