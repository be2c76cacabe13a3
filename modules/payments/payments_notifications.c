/* Notifications about subscriptions: recipients and texts. Decides no rule. */
#include "payments_internal.h"

static void say(struct notifications_content *out, const char *title, const char *text)
{
    *out = (struct notifications_content){
        .title = title,
        .text = text,
        .action = "View billing",
        .path = setting_text(&ASHLAR_BILLING_PATH),
    };
}

NOTIFICATION_WORDS(say_started, payments_subscription_event)
{
    (void)locale;
    say(out, "Your subscription has started",
        arena_printf(c->arena, "The plan \"%s\" is active. Thank you.", in->plan));
}

/* "2026-11-30", in UTC, which the text states. */
static const char *day_of(struct ctx *c, struct instant at)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format(at, text);
    return arena_printf(c->arena, "%.10s, %.5s UTC", text, text + strlen("2026-11-30T"));
}

NOTIFICATION_WORDS(say_failed, payments_subscription_event)
{
    (void)locale;
    say(out, "A payment failed",
        arena_printf(c->arena, "The payment for the plan \"%s\" failed. Please check the card. %s",
            in->plan,
            text_equal(in->access, "full") && in->limited_at.us != 0
                ? arena_printf(c->arena,
                      "The payment is retried, and your access stays unchanged for now. If it is "
                      "not paid by %s, nothing can be added.",
                      day_of(c, in->limited_at))
                : "Existing data stays available, but nothing can be added until it is paid."));
}

static bool is_limited_first(const struct payments_subscription_event *in)
{
    return text_equal(in->access, "full") && in->limited_at.us != 0 &&
           (in->ends_at.us == 0 || in->limited_at.us < in->ends_at.us);
}

NOTIFICATION_WORDS(say_ending, payments_subscription_event)
{
    (void)locale;
    if (is_limited_first(in))
        say(out, "Your access will be limited soon",
            arena_printf(c->arena,
                "A payment for the plan \"%s\" is still missing. If it is not paid by %s, existing "
                "data stays available, but nothing can be added.",
                in->plan, day_of(c, in->limited_at)));
    else
        say(out, "Your subscription ends soon",
            arena_printf(c->arena,
                "The plan \"%s\" was cancelled and ends on %s. You can resume it until then.",
                in->plan, day_of(c, in->ends_at)));
}

NOTIFICATION_WORDS(say_limited, payments_subscription_event)
{
    (void)locale;
    say(out, "Your access is limited",
        arena_printf(c->arena,
            "The plan \"%s\" is unpaid or paused. Existing data stays available, but nothing can "
            "be added until the payment is settled.",
            in->plan));
}

NOTIFICATION_WORDS(say_ended, payments_subscription_event)
{
    (void)locale;
    say(out, "Your subscription has ended",
        arena_printf(c->arena,
            "The plan \"%s\" has ended. Existing data stays available. Nothing can be added above "
            "the limits of your current plan.",
            in->plan));
}

#define KIND(variable, word, heading, text, fn, ...)                                               \
    NOTIFICATION_KIND(variable, payments_subscription_event, fn, .name = "payments." word,         \
        .title = heading, .doc = text, .category = NOTIFICATIONS_TRANSACTIONAL,                    \
        .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL __VA_OPT__(, ) __VA_ARGS__)

KIND(payments__started_notification, "subscription_started", "Subscription started",
    "Sent to those who manage payments when a paid plan starts", say_started);
KIND(payments__failed_notification, "payment_failed", "Payment failed",
    "Sent to those who manage payments when a payment fails", say_failed, .mandatory = true);
KIND(payments__ended_notification, "subscription_ended", "Subscription ended",
    "Sent to those who manage payments when a paid plan ends", say_ended, .mandatory = true);
KIND(payments__ending_notification, "access_ending", "Access ends soon",
    "Sent to those who manage payments three days before access ends or becomes limited",
    say_ending, .mandatory = true);
KIND(payments__limited_notification, "access_limited", "Access limited",
    "Sent to those who manage payments when access becomes limited", say_limited,
    .mandatory = true);
