/* What people are told about their subscription, and in what words. Decides no rule. */
#include "payments_internal.h"

static void say(struct notifications_notice *out, const char *title, const char *text)
{
    *out = (struct notifications_notice){
        .title = title,
        .text = text,
        .action = "See the bill",
        .path = setting_text(&ASHLAR_BILLING_PATH),
    };
}

NOTICE_WORDS(say_started, payments_subscription_event)
{
    (void)locale;
    say(out, "Your subscription has started",
        arena_printf(c->arena, "The plan \"%s\" is in force. Thank you.", in->plan));
}

/* "2026-11-30"; by the world's clock, which is said. */
static const char *day_of(struct ctx *c, struct instant at)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format(at, text);
    return arena_printf(c->arena, "%.10s, %.5s UTC", text, text + strlen("2026-11-30T"));
}

NOTICE_WORDS(say_failed, payments_subscription_event)
{
    (void)locale;
    say(out, "A payment failed",
        arena_printf(c->arena,
            "The payment for the plan \"%s\" did not go through; please check the card. %s",
            in->plan,
            text_equal(in->access, "full") && in->limited_at.us != 0
                ? arena_printf(c->arena,
                      "It is tried again, and nothing is switched off for now. If it is not paid "
                      "by "
                      "%s, nothing can be added any more.",
                      day_of(c, in->limited_at))
                : "What is there stays, but nothing can be added until it is paid."));
}

static bool is_limited_first(const struct payments_subscription_event *in)
{
    return text_equal(in->access, "full") && in->limited_at.us != 0 &&
           (in->ends_at.us == 0 || in->limited_at.us < in->ends_at.us);
}

NOTICE_WORDS(say_ending, payments_subscription_event)
{
    (void)locale;
    if (is_limited_first(in))
        say(out, "Your access will be limited soon",
            arena_printf(c->arena,
                "A payment for the plan \"%s\" is still missing. If it is not paid by %s, what is "
                "there stays, but nothing can be added.",
                in->plan, day_of(c, in->limited_at)));
    else
        say(out, "Your subscription ends soon",
            arena_printf(c->arena,
                "The plan \"%s\" ends on %s, as it was cancelled. Until then it can be resumed.",
                in->plan, day_of(c, in->ends_at)));
}

NOTICE_WORDS(say_limited, payments_subscription_event)
{
    (void)locale;
    say(out, "Your access is limited",
        arena_printf(c->arena,
            "The plan \"%s\" is not paid, or paused. What is there stays, but nothing can be added "
            "until that is settled.",
            in->plan));
}

NOTICE_WORDS(say_ended, payments_subscription_event)
{
    (void)locale;
    say(out, "Your subscription has ended",
        arena_printf(c->arena,
            "The plan \"%s\" is over. What is there stays; what goes beyond the plan you have now "
            "cannot be added to.",
            in->plan));
}

#define KIND(variable, word, heading, text, fn, ...)                                               \
    NOTICE_KIND(variable, payments_subscription_event, fn, .name = "payments." word,               \
        .title = heading, .doc = text, .category = NOTIFICATIONS_TRANSACTIONAL,                    \
        .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL __VA_OPT__(, ) __VA_ARGS__)

KIND(payments__started_notice, "subscription_started", "A subscription starts",
    "Those who may manage payments hear when a paid plan begins", say_started);
KIND(payments__failed_notice, "payment_failed", "A payment fails",
    "Those who may manage payments hear when a payment does not go through", say_failed,
    .mandatory = true);
KIND(payments__ended_notice, "subscription_ended", "A subscription ends",
    "Those who may manage payments hear when a paid plan is over", say_ended, .mandatory = true);
KIND(payments__ending_notice, "access_ending", "Access ends soon",
    "Those who may manage payments hear three days before access ends or becomes limited",
    say_ending, .mandatory = true);
KIND(payments__limited_notice, "access_limited", "Access is limited",
    "Those who may manage payments hear when nothing can be added any more", say_limited,
    .mandatory = true);
