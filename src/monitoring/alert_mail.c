/* Alert emails, sent directly to the mail server, because the job queue or its database may be the
 * cause. */
#include "alerts.h"
#include "base/ctx_open.h"
#include "config/settings_check.h"
#include "config/platform_settings.h"
#include <ashlar/log.h>
#include <ashlar/mail.h>
#include <ashlar/text.h>
#include <unistd.h>

enum { MAIL_MS = 5000, ALL_MS = 10000, RECIPIENTS_MAX = 5 };

static const struct {
    const char *what, *unit;
} texts[ALERTS] = {
    [ALERT_ERRORS] = { "Requests are failing",
        "% of the requests of the last five minutes returned 5xx" },
    [ALERT_QUEUE] = { "Jobs are waiting", " s is the waiting time of the oldest due job" },
    [ALERT_CLAIMS] = { "No job is claimed", " s have jobs been due without a claim" },
    [ALERT_CALLBACKS] = { "A provider's callback is overdue", " s has a callback been overdue" },
    [ALERT_DATABASE] = { "The database is unreachable", " s since its last response" },
    [ALERT_DISK] = { "The disk is filling up", "% of the disk is used" },
};

static const char *host_name(struct arena *a)
{
    char host[64] = "";

    gethostname(host, sizeof host - 1);
    return arena_strdup(a, host);
}

static const char *subject(struct arena *a, const struct alerts *all, enum alert_name which)
{
    return arena_printf(a, "[%s] %s%s (%s, %s)", environment_name(config_environment()),
        all->states[which].firing ? "" : "Resolved: ", texts[which].what, all->rules[which].name,
        host_name(a));
}

static const char *body(struct arena *a, const struct alerts *all, enum alert_name which)
{
    const struct alert_state *s = &all->states[which];

    return arena_printf(a,
        "%s: %s\n\n"
        "Now:        %lld%s\n"
        "Threshold:  %lld\n"
        "Seen by:    %s\n"
        "Server:     %s\n\n"
        "What to do: docs/alerts.md#%s\n"
        "%s\n",
        s->firing ? "Firing" : "Resolved", texts[which].what, (long long)s->value,
        texts[which].unit, (long long)all->rules[which].high, all->instance,
        setting_text(&ASHLAR_PUBLIC_URL), all->rules[which].name,
        s->firing ? "Another email follows when the alert is resolved."
                  : "This is the last email about this alert.");
}

/* True when it was sent, perhaps sent, or permanently rejected. */
static bool send_one(const struct alerts *all, enum alert_name which, const char *to, int within_ms)
{
    struct arena *a = arena_new(0);
    struct mail m = { .to = to, .subject = subject(a, all, which), .text = body(a, all, which) };
    const char *answer = "";
    struct ctx c;
    err e;

    ctx_open_system(&c, a, "alerts.mail", within_ms);
    m.message_id = arena_printf(a, "%s@alerts.ashlar", c.request_id);
    e = mail_send(&c, &m, &answer);
    if (e != NULL)
        log_error(&c, "alert.mail_failed", log_text("alert", all->rules[which].name),
            log_text("code", e->code), log_text("answer", answer));
    arena_free(a);
    return e == NULL || e == &MAIL_REFUSED || e == &MAIL_NO_MAILBOX || e == &MAIL_UNKNOWN;
}

/* One successful recipient is enough, because a retry would send to all again. All recipients
 * together have ten seconds, since this thread has other work. */
bool alerts_mail(const struct alerts *all, enum alert_name which)
{
    const int64_t until_us = clock_monotonic_us() + (int64_t)ALL_MS * 1000;
    const char *to = setting_text(&ASHLAR_ALERT_TO);
    struct arena *a;
    bool done = false;

    if (to == NULL || !mail_has_server())
        return true; /* the log and the metric report it */
    a = arena_new(0);
    for (int n = 0; *to && n < RECIPIENTS_MAX; n++) {
        const int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;
        size_t size = strcspn(to, ",");
        if (left_ms <= 0)
            break;
        done = send_one(all, which, text_trim(a, arena_strndup(a, to, size)),
                   (int)(left_ms < MAIL_MS ? left_ms : MAIL_MS)) ||
               done;
        to += size + (to[size] == ',');
    }
    arena_free(a);
    return done;
}
