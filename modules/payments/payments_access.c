/* Maps the provider's status to the access of an organisation: one table. */
#include "payments_internal.h"

/* Access by status, and after ASHLAR_PAYMENTS_GRACE_DAYS in it. Access is kept after the first
 * failed payment, because most are repaired by a retry. */
static const struct {
    const char *status;
    enum payments__access at_first, after_grace;
} rules[] = {
    { "trialing", PAYMENTS__FULL, PAYMENTS__FULL },
    { "active", PAYMENTS__FULL, PAYMENTS__FULL },
    { "past_due", PAYMENTS__FULL, PAYMENTS__LIMITED },
    { "unpaid", PAYMENTS__LIMITED, PAYMENTS__LIMITED },
    { "paused", PAYMENTS__LIMITED, PAYMENTS__LIMITED },
    /* An open first payment removes nothing: access by an earlier subscription stays. */
    { "incomplete", PAYMENTS__NONE, PAYMENTS__NONE },
    { "incomplete_expired", PAYMENTS__NONE, PAYMENTS__NONE },
    { "canceled", PAYMENTS__NONE, PAYMENTS__NONE },
};

const char *payments__access_text(enum payments__access access)
{
    static const char *const texts[] = {
        [PAYMENTS__NONE] = "none", [PAYMENTS__LIMITED] = "limited", [PAYMENTS__FULL] = "full"
    };

    return texts[access];
}

static bool is_reached(struct instant at, struct instant now)
{
    return at.us != 0 && at.us <= now.us;
}

struct instant payments__ends_at(const struct payments__subscription *s)
{
    struct instant end = s->ended_at;

    if (end.us == 0 && s->cancel_at_period_end)
        end = s->period_end;
    if (s->cancel_at.us != 0 && (end.us == 0 || s->cancel_at.us < end.us))
        end = s->cancel_at;
    return end;
}

const char *payments__status_of(const struct payments__subscription *s, struct instant now)
{
    if (!is_reached(payments__ends_at(s), now))
        return s->status;
    return text_starts_with(s->status, "incomplete") ? "incomplete_expired" : "canceled";
}

bool payments__ends_with_period(const struct payments__subscription *s)
{
    return s->cancel_at_period_end || (s->cancel_at.us != 0 && s->cancel_at.us <= s->period_end.us);
}

/* Rows older than the column: a payment counts as missing since the period began. */
static struct instant unpaid_since(const struct payments__subscription *s)
{
    return s->unpaid_since.us != 0 ? s->unpaid_since : s->period_start;
}

struct instant payments__limited_at(const struct payments__subscription *s, int64_t grace_days)
{
    return text_equal(s->status, "past_due") ? instant_add(unpaid_since(s), DAYS(grace_days))
                                             : INSTANT_NONE;
}

enum payments__access payments__access_of(
    const struct payments__subscription *s, struct instant now, int64_t grace_days)
{
    /* A scheduled end takes effect by our own clock, also without an event of the provider. */
    if (is_reached(payments__ends_at(s), now))
        return PAYMENTS__NONE;
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (text_equal(rules[i].status, s->status))
            return is_reached(instant_add(unpaid_since(s), DAYS(grace_days)), now)
                       ? rules[i].after_grace
                       : rules[i].at_first;
    }
    return PAYMENTS__NONE;
}

const struct payments__subscription *payments__effective(
    const struct payments__subscription *rows, size_t n, struct instant now, int64_t grace_days)
{
    const struct payments__subscription *best = NULL;
    enum payments__access most = PAYMENTS__NONE;

    for (size_t i = 0; i < n; i++) { /* newest first */
        enum payments__access access = payments__access_of(&rows[i], now, grace_days);
        if (access > most) {
            most = access;
            best = &rows[i];
        }
    }
    return best;
}
