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

NOTICE_WORDS(say_failed, payments_subscription_event)
{
    (void)locale;
    say(out, "A payment failed",
        arena_printf(c->arena,
            "The payment for the plan \"%s\" did not go through; please check the card. %s",
            in->plan,
            text_equal(in->access, "full")
                ? "It is tried again, and nothing is switched off for now."
                : "What is there stays, but nothing can be added until it is paid."));
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

#define KIND(variable, word, heading, text, fn)                                                    \
    NOTICE_KIND(variable, payments_subscription_event, fn, .name = "payments." word,               \
        .title = heading, .doc = text, .category = NOTIFICATIONS_TRANSACTIONAL,                    \
        .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL)

KIND(payments__started_notice, "subscription_started", "A subscription starts",
    "Those who may manage payments hear when a paid plan begins", say_started);
KIND(payments__failed_notice, "payment_failed", "A payment fails",
    "Those who may manage payments hear when a payment does not go through", say_failed);
KIND(payments__ended_notice, "subscription_ended", "A subscription ends",
    "Those who may manage payments hear when a paid plan is over", say_ended);
