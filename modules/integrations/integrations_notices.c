/* What people are told about their endpoints, and in what words. Decides no rule. */
#include "integrations_internal.h"
#include "notifications.h"

struct failing {
    struct uuid endpoint_id;
    const char *url;
    int64_t days;
    bool disabled;
};
static const struct field failing_fields[] = {
    ID(failing, endpoint_id, "endpoint", .doc = "The endpoint"),
    TEXT(failing, url, .max = 2048, .doc = "Its address"),
    INT(failing, days, .doc = "For how many days nothing has arrived"),
    BOOL(failing, disabled, .doc = "Is nothing sent there any more?"),
};
static SHAPE(failing);

static void say_failing(
    struct ctx *c, const char *locale, const void *data, struct notifications_notice *out)
{
    const struct failing *f = data;

    (void)locale;
    *out = (struct notifications_notice){
        .title = f->disabled ? "A webhook endpoint was disabled" : "A webhook endpoint is failing",
        .text = arena_printf(c->arena,
            f->disabled
                ? "Nothing has arrived at %s for %lld days, so nothing is sent there any more. "
                  "Enable it once it works, and replay what it missed."
                : "Nothing has arrived at %s for %lld days. We go on trying; after five days the "
                  "endpoint is disabled. Nothing is lost: what it missed can be replayed.",
            f->url, (long long)f->days),
        .action = "See the endpoint",
        .path = "/webhooks",
    };
}

const struct notifications_kind integrations__failing_kind = {
    .name = "integrations.endpoint_failing",
    .title = "A webhook endpoint is failing",
    .doc =
        "Those who may change endpoints hear after one day, after three, and when it is disabled",
    .category = NOTIFICATIONS_TRANSACTIONAL,
    .channels = NOTIFICATIONS_INBOX | NOTIFICATIONS_MAIL,
    .data = &failing_shape,
    .say = say_failing,
};

err integrations__tell_failing(struct ctx *c, struct uuid endpoint, int64_t stage)
{
    static const int64_t days[] = { 0, 1, 3, 5 };
    struct integrations_endpoint e;

    TRY(integrations__get_endpoint(c, endpoint, &e));
    return notifications_notify(c, &integrations__failing_kind,
        &(struct notifications_audience){ .permission = "integrations.manage" },
        &(struct failing){ endpoint, e.url, days[stage], !e.enabled });
}
