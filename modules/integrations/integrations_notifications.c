/* Notifications about endpoints: recipients and texts. Decides no rule. */
#include "integrations_internal.h"

struct integrations__failing {
    struct uuid endpoint_id;
    const char *url;
    int64_t days;
    bool disabled;
};
static const struct field integrations__failing_fields[] = {
    ID(integrations__failing, endpoint_id, "endpoint", .doc = "Id of the endpoint"),
    TEXT(integrations__failing, url, .max = 2048, .doc = "URL of the endpoint"),
    INT(integrations__failing, days, .doc = "Number of days without a successful delivery"),
    BOOL(integrations__failing, disabled, .doc = "Whether the endpoint was disabled"),
};
static SHAPE(integrations__failing);

NOTIFICATION_WORDS(say_failing, integrations__failing)
{
    (void)locale;
    *out = (struct notifications_content){
        .title = in->disabled ? "A webhook endpoint was disabled" : "A webhook endpoint is failing",
        .text = arena_printf(c->arena,
            in->disabled
                ? "No delivery to %s has succeeded for %lld days, so the endpoint was disabled. "
                  "Enable it when it works, then replay the undelivered events."
                : "No delivery to %s has succeeded for %lld days. Deliveries are retried. After "
                  "five days the endpoint is disabled. Undelivered events can be replayed.",
            in->url, (long long)in->days),
        .action = "View the endpoint",
        .path = "/webhooks",
    };
}

NOTIFICATION_KIND(integrations__failing_kind, integrations__failing, say_failing,
    .name = "integrations.endpoint_failing", .title = "A webhook endpoint is failing",
    .doc = "Sent to those who manage webhook endpoints after one day and after three days of "
           "failures, and when an endpoint is disabled",
    .category = NOTIFICATIONS_TRANSACTIONAL, .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL);

err integrations__notify_failing(struct ctx *c, struct uuid endpoint, int64_t stage)
{
    static const int64_t days[] = { 0, 1, 3, 5 };
    struct integrations_webhook_endpoint e;

    TRY(integrations__get_endpoint(c, endpoint, &e));
    return notifications_notify(c, &integrations__failing_kind,
        &(struct notifications_audience){ .permission = "integrations.manage" },
        &(struct integrations__failing){ endpoint, e.url, days[stage], !e.enabled });
}
