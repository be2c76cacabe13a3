/* HTTP surface for SDKs: the long paths of Segment's HTTP API, and the short ones of its browser
 * library. Rules are in analytics_ingest_service.c. */
#include "analytics_internal.h"
#include <users.h>

struct messages_in {
    struct raw raw;
};
static const struct field messages_in_fields[] = { { .name = NULL } };
static const struct shape messages_in_shape = {
    .name = "messages_in",
    .size = sizeof(struct messages_in),
    .fields = messages_in_fields,
    .raw_at = 1 + offsetof(struct messages_in, raw),
};

static const struct field analytics_ingest_result_fields[] = {
    BOOL(analytics_ingest_result, success, .doc = "Always true. Rejected messages are counted."),
    INT(analytics_ingest_result, stored),
    INT(analytics_ingest_result, duplicates,
        .doc = "Number of messages whose messageId was received in the last two days"),
    INT(analytics_ingest_result, rejected,
        .doc = "Number of invalid messages. Sending them again does not help."),
    TEXT(analytics_ingest_result, reason, .optional = true, .doc = "Reason of the first rejection"),
    INT(analytics_ingest_result, unread_times,
        .doc = "Number of invalid timestamps. Their messages count as occurred on arrival."),
    TEXT(analytics_ingest_result, unread_time, .optional = true, .doc = "First invalid timestamp",
        .example = "timestamp: yesterday"),
};
SHAPE(analytics_ingest_result);

struct project_ref {
    const char *write_key;
};
static const struct field project_ref_fields[] = {
    TEXT(project_ref, write_key, .in = PATH, .format = TOKEN, .max = 80,
        .doc = "Write key of the project"),
};
static SHAPE(project_ref);

/* Whether the browser requests not to be tracked (W3C DNT, Global Privacy Control). */
static bool do_not_track(struct ctx *c)
{
    return setting_bool(&ASHLAR_ANALYTICS_DO_NOT_TRACK) &&
           (text_equal(request_header_value(c, "DNT"), "1") ||
               text_equal(request_header_value(c, "Sec-GPC"), "1"));
}

static err take(struct ctx *c, const struct messages_in *in, const char *type,
    struct analytics_ingest_result *out)
{
    const struct analytics__sent sent = {
        .body = in->raw.body,
        .type = type,
        .authorization = request_header_value(c, "Authorization"),
        .do_not_track = do_not_track(c),
    };

    return analytics__ingest(c, &sent, out);
}

HANDLER(take_batch, messages_in, analytics_ingest_result)
{
    return take(c, in, /* type= */ NULL, out);
}

HANDLER(take_track, messages_in, analytics_ingest_result)
{
    return take(c, in, "track", out);
}

HANDLER(take_identify, messages_in, analytics_ingest_result)
{
    return take(c, in, "identify", out);
}

HANDLER(take_page, messages_in, analytics_ingest_result)
{
    return take(c, in, "page", out);
}

HANDLER(take_screen, messages_in, analytics_ingest_result)
{
    return take(c, in, "screen", out);
}

HANDLER(take_group, messages_in, analytics_ingest_result)
{
    return take(c, in, "group", out);
}

HANDLER(take_alias, messages_in, analytics_ingest_result)
{
    return take(c, in, "alias", out);
}

/* Reports of the browser library about itself: accepted and discarded, so that it does not
 * retry. */
HANDLER(take_metrics, messages_in, nothing)
{
    (void)c;
    (void)in;
    (void)out;
    return NULL;
}

HANDLER(get_settings, project_ref, content)
{
    const char *text;

    TRY(analytics__browser_settings(c, in->write_key, &text));
    *out = (struct content){ "application/json", text, strlen(text) };
    return NULL;
}

#define INTAKE(at, name, text, more, most, fn)                                                     \
    {                                                                                              \
        .method = POST, .path = at, .id = name, .summary = text, .doc = more, .auth = AUTH_PUBLIC, \
        .any_origin = true, .rate = RATE_INGEST, .idempotency = KEY_IGNORED, .lenient = true,      \
        .body_max = most, .status = 200,                                                           \
        .errors = ERRORS(                                                                          \
            &ANALYTICS_UNKNOWN_WRITE_KEY, &ANALYTICS_MESSAGE_REFUSED, &USERS_ORG_SUSPENDED),       \
        .handler = BY(fn)                                                                          \
    }
enum { ONE = 64 * 1024, MANY = ANALYTICS__BATCH_BYTES };

const struct route analytics__ingest_routes[] = {
    INTAKE("/v1/batch", "batchEvents", "Track events in a batch",
        "A batch contains at most 2,500 messages.", MANY, take_batch),
    INTAKE("/v1/track", "trackEvent", "Track an event", "Records that a visitor did something.",
        ONE, take_track),
    INTAKE("/v1/identify", "identifyVisitor", "Identify a visitor",
        "Records the user id and the traits of a visitor.", ONE, take_identify),
    INTAKE("/v1/page", "pageViewed", "Track a page view", NULL, ONE, take_page),
    INTAKE("/v1/screen", "screenViewed", "Track a screen view", NULL, ONE, take_screen),
    INTAKE("/v1/group", "groupVisitor", "Assign a visitor to a group",
        "Records the group and its traits.", ONE, take_group),
    INTAKE("/v1/alias", "aliasVisitor", "Alias a visitor id", "Joins a previous id to a user.", ONE,
        take_alias),
    {
        .method = GET,
        .path = "/v1/projects/{write_key}/settings",
        .id = "getBrowserSettings",
        .summary = "Get SDK settings",
        .doc = "The browser SDK requests them before it sends events.",
        .auth = AUTH_PUBLIC,
        .any_origin = true,
        .rate = RATE_INGEST,
        .status = 200,
        .errors = ERRORS(&USERS_ORG_SUSPENDED),
        .handler = BY(get_settings),
    },
    { .id = NULL },
};

#define ALIAS(at, name, most, fn)                                                                  \
    {                                                                                              \
        .method = POST, .path = at, .id = name, .summary = "Receive SDK messages on a short path", \
        .auth = AUTH_PUBLIC, .any_origin = true, .rate = RATE_INGEST, .idempotency = KEY_IGNORED,  \
        .lenient = true, .body_max = most, .status = 200,                                          \
        .errors = ERRORS(                                                                          \
            &ANALYTICS_UNKNOWN_WRITE_KEY, &ANALYTICS_MESSAGE_REFUSED, &USERS_ORG_SUSPENDED),       \
        .hidden = true, .handler = BY(fn)                                                          \
    }

/* Paths that the libraries contain. */
const struct route analytics__alias_routes[] = {
    ALIAS("/v1/b", "sdkBatch", MANY, take_batch),
    ALIAS("/v1/import", "sdkImport", MANY, take_batch),
    ALIAS("/v1/t", "sdkTrack", ONE, take_track),
    ALIAS("/v1/i", "sdkIdentify", ONE, take_identify),
    ALIAS("/v1/p", "sdkPage", ONE, take_page),
    ALIAS("/v1/s", "sdkScreen", ONE, take_screen),
    ALIAS("/v1/g", "sdkGroup", ONE, take_group),
    ALIAS("/v1/a", "sdkAlias", ONE, take_alias),
    {
        .method = POST,
        .path = "/v1/m",
        .id = "sdkMetrics",
        .summary = "Discard SDK metrics",
        .doc = "Accepts the browser SDK's reports about itself and stores nothing.",
        .auth = AUTH_PUBLIC,
        .any_origin = true,
        .rate = RATE_INGEST,
        .idempotency = KEY_IGNORED,
        .lenient = true,
        .status = 202,
        .errors = NO_ERRORS,
        .hidden = true,
        .handler = BY(take_metrics),
    },
    { .id = NULL },
};
